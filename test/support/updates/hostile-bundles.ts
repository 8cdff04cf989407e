import { SIGNATURE_SECTION } from "@haggle/abi";
import { encodeSignedHashes, sectionKeyId, sha256 } from "@haggle/sdk";
import type { Signer } from "@haggle/sdk/sign";
import { assemble, custom, HEADER, record, set } from "../signature-sections.ts";
import {
  alice,
  bob,
  bodyAndHash,
  bundleOf,
  makeBundle,
  mallory,
  one,
  online,
  type SignedBundle,
} from "./world.ts";

export type HostileBundle = { bundle: SignedBundle; code: string; at?: string; alarm?: boolean };

/** Bundles that a release names rightly, and that nobody may run. */
export async function hostileBundles(): Promise<Record<string, HostileBundle>> {
  const { body, hash } = await bodyAndHash("one.wasm");
  const signedBy = async (signer: Signer, hashes: Uint8Array[], named: Signer | null = signer) =>
    record(
      named ? await sectionKeyId({ bytes: named.publicKey }) : [],
      await signer.sign(encodeSignedHashes(hashes)),
    );
  const of = async (sets: number[][], rest = body) => bundleOf(Uint8Array.from(assemble(sets, rest)));
  const both = [await signedBy(alice, [hash]), await signedBy(bob, [hash])];

  const delimiter = custom("signature_delimiter", Array(16).fill(7));
  const parts = [...body, ...delimiter, ...custom("added", [1])];
  const ends = [body.length + delimiter.length, parts.length];
  const hashes = await Promise.all(ends.map((end) => sha256(Uint8Array.from(parts.slice(0, end)))));
  const beginning = [await signedBy(alice, hashes.slice(0, 1)), await signedBy(bob, hashes.slice(0, 1))];

  return {
    unsigned: { bundle: await makeBundle("one.wasm", []), code: "SIGNATURE_MISSING" },
    "signed by one of two": { bundle: await makeBundle("one.wasm", [alice]), code: "SIGNATURE_THRESHOLD" },
    "signed by one, twice": {
      bundle: await of([set([hash], [await signedBy(alice, [hash]), await signedBy(alice, [hash])])]),
      code: "SIGNATURE_THRESHOLD",
    },
    "signed by one, with its key's name and without": {
      bundle: await of([set([hash], [await signedBy(alice, [hash]), await signedBy(alice, [hash], null)])]),
      code: "SIGNATURE_THRESHOLD",
    },
    "signed by one, under two names": {
      bundle: await of([set([hash], [await signedBy(alice, [hash]), await signedBy(alice, [hash], bob)])]),
      code: "SIGNATURE_INVALID",
    },
    "signed by one and a stranger": {
      bundle: await makeBundle("one.wasm", [alice, mallory]),
      code: "SIGNATURE_THRESHOLD",
    },
    "signed by online keys": {
      bundle: await makeBundle("one.wasm", [online, mallory]),
      code: "SIGNATURE_UNKNOWN_KEY",
    },
    "signed for its beginning only": {
      bundle: await of([set(hashes.slice(0, 1), beginning)], parts),
      code: "SIGNATURE_HASH_MISMATCH",
    },
    "signed for its beginning by enough, for all of it by one": {
      bundle: await of(
        [set(hashes.slice(0, 1), beginning), set(hashes, [await signedBy(alice, hashes)])],
        parts,
      ),
      code: "SIGNATURE_THRESHOLD",
    },
    "with two signature sections": {
      bundle: await bundleOf(
        Uint8Array.of(
          ...HEADER,
          ...one.bytes.subarray(8, 8 + one.bytes.length - HEADER.length - body.length),
          ...one.bytes.subarray(8),
        ),
      ),
      code: "SIGNATURE_DUPLICATE",
      at: "221",
    },
    "with a section before its signature": {
      bundle: await bundleOf(Uint8Array.of(...HEADER, ...custom("name", []), ...one.bytes.subarray(8))),
      code: "SIGNATURE_NOT_FIRST",
      at: "15",
    },
    "longer than what was signed": {
      bundle: await bundleOf(Uint8Array.of(...one.bytes, ...custom("added", [1]))),
      code: "SIGNATURE_HASH_MISMATCH",
    },
    "with a byte behind its signatures": {
      bundle: await bundleOf(
        Uint8Array.of(
          ...HEADER,
          ...custom(SIGNATURE_SECTION, [1, 1, 1, 1, ...lengthOf(set([hash], both)), ...set([hash], both), 0]),
          ...body,
        ),
      ),
      code: "SIGNATURE_MALFORMED",
      at: "221",
    },
    "rightly signed, with an import": {
      bundle: await makeBundle(WITH_IMPORT),
      code: "PROFILE_IMPORT",
      at: "230",
    },
    "rightly signed, with no memory, no exports, nothing": {
      bundle: await makeBundle(Uint8Array.from(HEADER)),
      code: "PROFILE_SECTION_MISSING",
      at: "221",
    },
    "rightly signed, with a custom section of its own": {
      bundle: await makeBundle(Uint8Array.of(...HEADER, ...body, ...custom("added", [1]))),
      code: "PROFILE_CUSTOM_SECTION",
      at: "36005",
    },
    "rightly signed, in two parts": {
      bundle: await of([set(hashes, [await signedBy(alice, hashes), await signedBy(bob, hashes)])], parts),
      code: "PROFILE_CUSTOM_SECTION",
      at: "36037",
    },
  };
}

/** `(module (import "env" "f" (func)))` */
const WITH_IMPORT = Uint8Array.of(
  ...HEADER,
  ...[1, 4, 1, 0x60, 0, 0],
  ...[2, 9, 1, 3, 0x65, 0x6e, 0x76, 1, 0x66, 0, 0],
);

function lengthOf(content: number[]): number[] {
  return [(content.length & 127) | 128, content.length >> 7];
}
