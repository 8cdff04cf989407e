import { sha256 } from "@haggle/sdk";
import {
  assemble,
  custom,
  HEADER,
  idOf,
  type Parts,
  payload,
  record,
  rfc1,
  set,
  signedSet,
  sized,
  text,
} from "./signature-sections.ts";

// Signature sections that a strict verifier refuses, rule by rule. Every case differs from an accepted module in the
// one thing that its name says.

export type HostileSection = [code: string, make: (parts: Parts) => number[] | Promise<number[]>];

type Rules = Record<string, Record<string, HostileSection>>;

/** What the parser must refuse before any hash or signature is computed. */
export const RULES_OF_FORM: Rules = {
  "the header is a core module's": {
    "no bytes": ["SIGNATURE_MALFORMED", () => []],
    "a component header": ["SIGNATURE_MALFORMED", ({ good }) => good.with(4, 0x0d).with(6, 1)],
    "version 2 of the format": ["SIGNATURE_MALFORMED", ({ good }) => good.with(4, 2)],
    "a magic with a bit flipped": ["SIGNATURE_MALFORMED", ({ good }) => good.with(1, 0x60)],
  },
  "the signature is the first section": {
    "no signature section": ["SIGNATURE_MISSING", ({ body }) => [...HEADER, ...body]],
    "nothing but a header": ["SIGNATURE_MISSING", () => HEADER],
    "a section before the signature": [
      "SIGNATURE_NOT_FIRST",
      ({ good }) => [...HEADER, ...custom("name", []), ...good.slice(8)],
    ],
    "the signature at the end": [
      "SIGNATURE_NOT_FIRST",
      ({ body, section }) => [...HEADER, ...body, ...section],
    ],
  },
  "there is one signature section": {
    "two signature sections": [
      "SIGNATURE_DUPLICATE",
      ({ good, section }) => [...HEADER, ...section, ...good.slice(8)],
    ],
    "a second one at the end": ["SIGNATURE_DUPLICATE", ({ good }) => [...good, ...custom("signature", [])]],
    "a second one whose name has a padded length": [
      "SIGNATURE_DUPLICATE",
      ({ good }) => [...good, 0, 11, 0x89, 0, ...text("signature")],
    ],
  },
  "numbers have their shortest form": {
    "a padded number of sets": [
      "SIGNATURE_MALFORMED",
      ({ sets, body }) => withPayload([1, 1, 1, 0x81, 0, ...sized(sets[0]!)], body),
    ],
    "a padded length of a set": [
      "SIGNATURE_MALFORMED",
      ({ sets: [only], body }) => withPayload([1, 1, 1, 1, ...padded(only!.length), ...only!], body),
    ],
    "a padded number of hashes": [
      "SIGNATURE_MALFORMED",
      ({ sets: [only], body }) => assemble([[...padded(1), ...only!.slice(1)]], body),
    ],
    "a padded number of signatures": [
      "SIGNATURE_MALFORMED",
      ({ sets: [only], body }) => assemble([[...only!.slice(0, 33), ...padded(1), ...only!.slice(34)]], body),
    ],
    "a padded length of a record": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) => {
        const only = record(id, signature);
        return assemble([[1, ...hash, 1, ...padded(only.length), ...only]], body);
      },
    ],
    "a padded length of a key id": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) =>
        assemble([set([hash], [[...padded(id.length), ...id, 1, ...sized([...signature])]])], body),
    ],
    "a padded length of a signature": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) =>
        assemble([set([hash], [[...sized([...id]), 1, ...padded(64), ...signature]])], body),
    ],
    "a padded length of the section": [
      "SIGNATURE_MALFORMED",
      ({ sets, body }) => {
        const content = [...sized(text("signature")), ...payload(sets)];
        const low = (content.length & 127) | 128;
        return [...HEADER, 0, low, (content.length >> 7) | 128, 0, ...content, ...body];
      },
    ],
    "a padded length of the section's name": [
      "SIGNATURE_MALFORMED",
      ({ sets, body }) => [
        ...HEADER,
        0,
        ...sized([...padded(9), ...text("signature"), ...payload(sets)]),
        ...body,
      ],
    ],
    "a number of six bytes": [
      "SIGNATURE_MALFORMED",
      ({ body }) => withPayload([1, 1, 1, 0x81, 0x80, 0x80, 0x80, 0x80, 0], body),
    ],
    "a number above 32 bits, whose low bits are right": [
      "SIGNATURE_MALFORMED",
      ({ sets, body }) => withPayload([1, 1, 1, 0x81, 0x80, 0x80, 0x80, 0x10, ...sized(sets[0]!)], body),
    ],
  },
  "nothing is left over at any level": {
    // The certificate count that a fork of the format appends.
    "bytes left over in a record": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) => assemble([set([hash], [[...record(id, signature), 0]])], body),
    ],
    "bytes left over in a set": [
      "SIGNATURE_MALFORMED",
      ({ sets, body }) => assemble([[...sets[0]!, 0]], body),
    ],
    "bytes left over behind the sets": [
      "SIGNATURE_MALFORMED",
      ({ sets, body }) => withPayload([...payload(sets), 0], body),
    ],
    "a set longer than the section": [
      "SIGNATURE_MALFORMED",
      ({ body }) => withPayload([1, 1, 1, 1, 100, 1], body),
    ],
    "a record longer than its set": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) => assemble([[1, ...hash, 1, 100, ...record(id, signature)]], body),
    ],
    "a body cut inside a section": ["SIGNATURE_MALFORMED", ({ good }) => good.slice(0, -1)],
  },
  "it is version 1, a module, SHA-256 and Ed25519 with 64 bytes": {
    "version 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [2, 1, 1])],
    "content type 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [1, 2, 1])],
    "hash function 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [1, 1, 2])],
    "algorithm 2": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) => assemble([set([hash], [record(id, signature, 2)])], body),
    ],
    "a signature of no bytes": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, body }) => assemble([set([hash], [record(id, [])])], body),
    ],
    "a signature of 63 bytes": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) => assemble([set([hash], [record(id, signature.slice(1))])], body),
    ],
    "a signature of 65 bytes": [
      "SIGNATURE_MALFORMED",
      ({ hash, id, signature, body }) => assemble([set([hash], [record(id, [...signature, 0])])], body),
    ],
  },
  "counts are capped before anything is made of them, and none is zero": {
    "no sets": ["SIGNATURE_MALFORMED", ({ body }) => assemble([], body)],
    "no hashes": [
      "SIGNATURE_MALFORMED",
      ({ id, signature, body }) => assemble([set([], [record(id, signature)])], body),
    ],
    "no signatures": ["SIGNATURE_MALFORMED", ({ hash, body }) => assemble([set([hash], [])], body)],
    "more sets than the format has": [
      "SIGNATURE_TOO_MANY",
      ({ sets, body }) => assemble(Array<number[]>(65).fill(sets[0]!), body),
    ],
    "more hashes than the format has": [
      "SIGNATURE_TOO_MANY",
      ({ hash, id, signature, body }) =>
        assemble([set(Array<Uint8Array>(65).fill(hash), [record(id, signature)])], body),
    ],
    "more signatures than anyone needs": [
      "SIGNATURE_TOO_MANY",
      ({ hash, id, signature, body }) =>
        assemble([set([hash], Array<number[]>(17).fill(record(id, signature)))], body),
    ],
    "more delimiters than the format has": [
      "SIGNATURE_TOO_MANY",
      ({ good }) => [...good, ...Array<number[]>(65).fill(DELIMITER).flat()],
    ],
    "four thousand million sets announced": [
      "SIGNATURE_TOO_MANY",
      ({ body }) => withPayload([1, 1, 1, ...MAX_U32], body),
    ],
    "four thousand million hashes announced": [
      "SIGNATURE_TOO_MANY",
      ({ body }) => assemble([[...MAX_U32]], body),
    ],
    "four thousand million signatures announced": [
      "SIGNATURE_TOO_MANY",
      ({ hash, body }) => assemble([[1, ...hash, ...MAX_U32]], body),
    ],
    "more bytes than a bundle may have": [
      "PROFILE_TOO_LARGE",
      ({ good }) => [...good, ...custom("name", Array(256 * 1024).fill(0))],
    ],
  },
};

/** What the signatures must say, once they are read. */
export const RULES_OF_TRUST: Rules = {
  "the list of hashes is the module's own, complete and in order": {
    "another body": ["SIGNATURE_HASH_MISMATCH", ({ good }) => [...good, ...custom("name", [])]],
    // With a list that is compared no further than it goes, a body without delimiters is compared with nothing.
    "another body, all of it, without a delimiter": [
      "SIGNATURE_HASH_MISMATCH",
      ({ section }) => [...HEADER, ...section, ...custom("name", [1, 2, 3])],
    ],
    "no body": ["SIGNATURE_HASH_MISMATCH", ({ section }) => [...HEADER, ...section]],
    "a module cut at a delimiter": [
      "SIGNATURE_HASH_MISMATCH",
      async () =>
        assemble([await signedSet(await hashesOf(TWO_PARTS))], TWO_PARTS.slice(0, DELIMITER.length)),
    ],
    "only the first of two hashes": [
      "SIGNATURE_HASH_MISMATCH",
      async () => assemble([await signedSet((await hashesOf(TWO_PARTS)).slice(0, 1))], TWO_PARTS),
    ],
    "only the last of two hashes": [
      "SIGNATURE_HASH_MISMATCH",
      async () => assemble([await signedSet((await hashesOf(TWO_PARTS)).slice(1))], TWO_PARTS),
    ],
    "one hash more than there are parts": [
      "SIGNATURE_HASH_MISMATCH",
      async ({ hash, body }) => assemble([await signedSet([hash, hash])], body),
    ],
    "hashes in another order": [
      "SIGNATURE_HASH_MISMATCH",
      async () => assemble([await signedSet((await hashesOf(TWO_PARTS)).reverse())], TWO_PARTS),
    ],
    "two sets over the same hashes": [
      "SIGNATURE_DUPLICATE",
      ({ sets, body }) => assemble([sets[0]!, sets[0]!], body),
    ],
  },
  "a key id, where there is one, is the key's": {
    "another key's id": [
      "SIGNATURE_UNKNOWN_KEY",
      async ({ hash, signature, body }) =>
        assemble([set([hash], [record(await idOf(rfc1), signature)])], body),
    ],
    "the beginning of the id": [
      "SIGNATURE_UNKNOWN_KEY",
      ({ hash, id, signature, body }) => assemble([set([hash], [record(id.slice(0, 11), signature)])], body),
    ],
    "an id with a byte more": [
      "SIGNATURE_UNKNOWN_KEY",
      ({ hash, id, signature, body }) => assemble([set([hash], [record([...id, 0], signature)])], body),
    ],
  },
  "a signature that names a known key holds": {
    "a known key's id over a signature that is not its own": [
      "SIGNATURE_INVALID",
      ({ hash, id, signature, body }) => assemble([set([hash], [record(id, flipped(signature))])], body),
    ],
    "a good signature and a bad one by the same key": [
      "SIGNATURE_INVALID",
      ({ hash, id, signature, body }) =>
        assemble([set([hash], [record(id, signature), record(id, flipped(signature))])], body),
    ],
    "an anonymous signature that holds for nobody": [
      "SIGNATURE_UNKNOWN_KEY",
      ({ hash, signature, body }) => assemble([set([hash], [record([], flipped(signature))])], body),
    ],
    "a signature of the hashes of another module": [
      "SIGNATURE_INVALID",
      async ({ hash, body }) => {
        const [elsewhere] = [await signedSet(await hashesOf(TWO_PARTS.slice(0, DELIMITER.length)))];
        return assemble([[1, ...hash, ...elsewhere!.slice(33)]], body);
      },
    ],
  },
};

const MAX_U32 = [0xff, 0xff, 0xff, 0xff, 0x0f];
const DELIMITER = custom("signature_delimiter", Array(16).fill(7));
/** A module's body that is signed in two parts. */
const TWO_PARTS = [...DELIMITER, ...custom("name", [])];

async function hashesOf(body: number[]): Promise<Uint8Array[]> {
  const ends = body.length > DELIMITER.length ? [DELIMITER.length, body.length] : [body.length];
  return Promise.all(ends.map((end) => sha256(Uint8Array.from(body.slice(0, end)))));
}

function withPayload(content: number[], body: number[]): number[] {
  return [...HEADER, ...custom("signature", content), ...body];
}

/** A number below 128 (or below 16384) in one byte more than it needs. */
function padded(value: number): number[] {
  return value < 128 ? [value | 128, 0] : [(value & 127) | 128, (value >> 7) | 128, 0];
}

function flipped(signature: Uint8Array): Uint8Array {
  return signature.with(9, signature[9]! ^ 1);
}
