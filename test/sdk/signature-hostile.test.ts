import { sha256 } from "@haggle/sdk";
import { describe, expect, it } from "vitest";
import {
  assemble,
  custom,
  expectRefused,
  HEADER,
  idOf,
  load,
  type Parts,
  payload,
  record,
  rfc1,
  set,
  signedParts,
  signedSet,
  sized,
  text,
} from "../support/signature-sections.ts";

/** Every case differs from an accepted module in the one thing that its name says. */
const HOSTILE: Record<string, [code: string, make: (parts: Parts) => number[] | Promise<number[]>]> = {
  "no signature section": ["SIGNATURE_MISSING", ({ body }) => [...HEADER, ...body]],
  "nothing but a header": ["SIGNATURE_MISSING", () => HEADER],
  "no bytes": ["SIGNATURE_MALFORMED", () => []],
  "a component header": ["SIGNATURE_MALFORMED", ({ good }) => good.with(4, 0x0d).with(6, 1)],
  "a section before the signature": [
    "SIGNATURE_NOT_FIRST",
    ({ good }) => [...HEADER, ...custom("name", []), ...good.slice(8)],
  ],
  "two signature sections": [
    "SIGNATURE_DUPLICATE",
    ({ good, section }) => [...HEADER, ...section, ...good.slice(8)],
  ],
  "a second signature section at the end": [
    "SIGNATURE_DUPLICATE",
    ({ good }) => [...good, ...custom("signature", [])],
  ],
  "a second one whose name has a padded length": [
    "SIGNATURE_DUPLICATE",
    ({ good }) => [...good, 0, 11, 0x89, 0, ...text("signature")],
  ],
  "version 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [2, 1, 1])],
  "content type 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [1, 2, 1])],
  "hash function 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [1, 1, 2])],
  "algorithm 2": [
    "SIGNATURE_MALFORMED",
    ({ hash, id, signature, body }) => assemble([set([hash], [record(id, signature, 2)])], body),
  ],
  "a signature of 63 bytes": [
    "SIGNATURE_MALFORMED",
    ({ hash, id, signature, body }) => assemble([set([hash], [record(id, signature.slice(1))])], body),
  ],
  "no sets": ["SIGNATURE_MALFORMED", ({ body }) => assemble([], body)],
  "no hashes": [
    "SIGNATURE_MALFORMED",
    ({ id, signature, body }) => assemble([set([], [record(id, signature)])], body),
  ],
  "no signatures": ["SIGNATURE_MALFORMED", ({ hash, body }) => assemble([set([hash], [])], body)],
  "more sets than the format has": [
    "SIGNATURE_TOO_MANY",
    ({ sets, body }) =>
      assemble(
        Array.from({ length: 65 }, () => sets[0]!),
        body,
      ),
  ],
  "more hashes than the format has": [
    "SIGNATURE_TOO_MANY",
    ({ hash, id, signature, body }) =>
      assemble(
        [
          set(
            Array.from({ length: 65 }, () => hash),
            [record(id, signature)],
          ),
        ],
        body,
      ),
  ],
  "more signatures than anyone needs": [
    "SIGNATURE_TOO_MANY",
    ({ hash, id, signature, body }) =>
      assemble(
        [
          set(
            [hash],
            Array.from({ length: 17 }, () => record(id, signature)),
          ),
        ],
        body,
      ),
  ],
  "four thousand million sets announced": [
    "SIGNATURE_TOO_MANY",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]), ...body],
  ],
  "more delimiters than the format has": [
    "SIGNATURE_TOO_MANY",
    ({ good }) => [
      ...good,
      ...Array.from({ length: 65 }, () => custom("signature_delimiter", Array(16).fill(7))).flat(),
    ],
  ],
  "bytes left over in a record": [
    "SIGNATURE_MALFORMED",
    ({ hash, id, signature, body }) => assemble([set([hash], [[...record(id, signature), 0]])], body),
  ],
  "bytes left over in a set": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble([[...sets[0]!, 0]], body)],
  "bytes left over behind the sets": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => [...HEADER, ...custom("signature", [...payload(sets), 0]), ...body],
  ],
  "a padded number of sets": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0x81, 0, ...sized(sets[0]!)]), ...body],
  ],
  "a padded length of a set": [
    "SIGNATURE_MALFORMED",
    ({ sets: [only], body }) => [
      ...HEADER,
      ...custom("signature", [1, 1, 1, 1, (only!.length & 127) | 128, 128, 0, ...only!]),
      ...body,
    ],
  ],
  "a number of six bytes": [
    "SIGNATURE_MALFORMED",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0x81, 0x80, 0x80, 0x80, 0x80, 0]), ...body],
  ],
  "a number above 32 bits": [
    "SIGNATURE_MALFORMED",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0x81, 0x80, 0x80, 0x80, 0x10]), ...body],
  ],
  "a padded length of the section": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => {
      const content = [...sized(text("signature")), ...payload(sets)];
      return [
        ...HEADER,
        0,
        (content.length & 127) | 128,
        (content.length >> 7) | 128,
        0,
        ...content,
        ...body,
      ];
    },
  ],
  "a padded length of the section's name": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => [...HEADER, 0, ...sized([0x89, 0, ...text("signature"), ...payload(sets)]), ...body],
  ],
  "a set longer than the section": [
    "SIGNATURE_MALFORMED",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 1, 100, 1]), ...body],
  ],
  "another body": ["SIGNATURE_HASH_MISMATCH", ({ good }) => [...good, ...custom("name", [])]],
  "no body": ["SIGNATURE_HASH_MISMATCH", ({ section }) => [...HEADER, ...section]],
  "a body cut inside a section": ["SIGNATURE_MALFORMED", ({ good }) => good.slice(0, -1)],
  "one hash more than there are parts": [
    "SIGNATURE_HASH_MISMATCH",
    async ({ hash, body }) => assemble([await signedSet([hash, hash])], body),
  ],
  "hashes in another order": [
    "SIGNATURE_HASH_MISMATCH",
    async () => {
      const body = [...custom("signature_delimiter", Array(16).fill(7)), ...custom("name", [])];
      const hashes = [await sha256(Uint8Array.from(body.slice(0, 38))), await sha256(Uint8Array.from(body))];
      return assemble([await signedSet(hashes.reverse())], body);
    },
  ],
  "only the last of two hashes": [
    "SIGNATURE_HASH_MISMATCH",
    async () => {
      const body = [...custom("signature_delimiter", Array(16).fill(7)), ...custom("name", [])];
      return assemble([await signedSet([await sha256(Uint8Array.from(body))])], body);
    },
  ],
  "two sets over the same hashes": [
    "SIGNATURE_DUPLICATE",
    ({ sets, body }) => assemble([sets[0]!, sets[0]!], body),
  ],
  "another key's id": [
    "SIGNATURE_UNKNOWN_KEY",
    async ({ hash, signature, body }) => assemble([set([hash], [record(await idOf(rfc1), signature)])], body),
  ],
  "a known key's id over a signature that is not its own": [
    "SIGNATURE_INVALID",
    ({ hash, id, signature, body }) =>
      assemble([set([hash], [record(id, signature.with(0, signature[0]! ^ 1))])], body),
  ],
  "a good signature and a bad one by the same key": [
    "SIGNATURE_INVALID",
    ({ hash, id, signature, body }) =>
      assemble(
        [set([hash], [record(id, signature), record(id, signature.with(0, signature[0]! ^ 1))])],
        body,
      ),
  ],
  "an anonymous signature that holds for nobody": [
    "SIGNATURE_UNKNOWN_KEY",
    ({ hash, signature, body }) =>
      assemble([set([hash], [record([], signature.with(9, signature[9]! ^ 1))])], body),
  ],
  "more bytes than a bundle may have": [
    "PROFILE_TOO_LARGE",
    ({ good }) => [...good, ...custom("name", Array(256 * 1024).fill(0))],
  ],
};

describe("hostile signature sections", () => {
  it("are built from parts that are accepted", async () => {
    const { good } = await signedParts();
    expect(Uint8Array.from(good)).toEqual(load("valid/add.k1.simple.wasm"));
  });

  it.each(Object.entries(HOSTILE))("refuses %s", async (_name, [code, make]) => {
    await expectRefused(Uint8Array.from(await make(await signedParts())), code);
  });
});
