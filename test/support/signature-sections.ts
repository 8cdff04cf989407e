import { readFileSync } from "node:fs";
import { pushU32 } from "@haggle/abi";
import {
  encodeSignedHashes,
  importPublicKey,
  type PublicKey,
  sectionKeyId,
  sha256,
  verifyBundleSignature,
} from "@haggle/sdk";
import { parsePublicKey, type Signer, signerFromSecretKey } from "@haggle/sdk/sign";
import { expect } from "vitest";

// Signature sections in pieces, written by hand and not by the signer under test, and the vectors of wasmsign2.

export const VECTORS = new URL("../vectors/wasmsign2/", import.meta.url);
export const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export const pw1 = await loadKey("pw1");
export const pw2 = await loadKey("pw2");
export const rfc1 = await loadKey("rfc1");
export const rfc2 = await loadKey("rfc2");
export const rfc3 = await loadKey("rfc3");
export const all = [pw1, pw2, rfc1, rfc2, rfc3];

export type Parts = {
  good: number[];
  section: number[];
  sets: number[][];
  hash: Uint8Array;
  id: Uint8Array;
  signature: Uint8Array;
  body: number[];
};

/** A module signed by one key, in pieces: `unsigned/add.wasm` by pw1, where nobody says otherwise. */
export async function signedParts(
  unsigned: Uint8Array = load("unsigned/add.wasm"),
  signer?: Signer,
): Promise<Parts> {
  const { publicKey, sign } = signer ?? (await loadSigner("pw1"));
  const body = [...unsigned.subarray(HEADER.length)];
  const hash = await sha256(Uint8Array.from(body));
  const id = await sectionKeyId({ bytes: publicKey });
  const signature = await sign(encodeSignedHashes([hash]));
  const sets = [set([hash], [record(id, signature)])];
  return {
    good: assemble(sets, body),
    section: custom("signature", payload(sets)),
    sets,
    hash,
    id,
    signature,
    body,
  };
}

export async function signedSet(hashes: Uint8Array[]): Promise<number[]> {
  return set(hashes, [
    record(await idOf(pw1), await (await loadSigner("pw1")).sign(encodeSignedHashes(hashes))),
  ]);
}

export function assemble(sets: number[][], body: number[], preamble?: number[]): number[] {
  return [...HEADER, ...custom("signature", payload(sets, preamble)), ...body];
}

export function payload(sets: number[][], preamble = [1, 1, 1]): number[] {
  return [...preamble, ...leb(sets.length), ...sets.flatMap(sized)];
}

export function set(hashes: Uint8Array[], records: number[][]): number[] {
  return [
    ...leb(hashes.length),
    ...hashes.flatMap((hash) => [...hash]),
    ...leb(records.length),
    ...records.flatMap(sized),
  ];
}

export function record(keyId: ArrayLike<number>, signature: ArrayLike<number>, algorithm = 1): number[] {
  return [...sized(Array.from(keyId)), algorithm, ...sized(Array.from(signature))];
}

export function custom(name: string, content: number[]): number[] {
  return [0, ...sized([...sized(text(name)), ...content])];
}

export function sized(bytes: number[]): number[] {
  return [...leb(bytes.length), ...bytes];
}

function leb(value: number): number[] {
  const out: number[] = [];
  pushU32(out, value);
  return out;
}

export function text(name: string): number[] {
  return [...new TextEncoder().encode(name)];
}

export async function expectRefused(
  bytes: Uint8Array,
  code: string,
  keys = [pw1],
  threshold = 1,
): Promise<void> {
  await expect(verifyBundleSignature(bytes, keys, threshold)).rejects.toMatchObject({ code });
}

export function idOf(key: PublicKey): Promise<Uint8Array> {
  return sectionKeyId(key);
}

export function load(path: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(path, VECTORS)));
}

function loadKey(name: string): Promise<PublicKey> {
  return importPublicKey(parsePublicKey(load(`keys/${name}.pk`)));
}

export function loadSigner(name: string): Promise<Signer> {
  return signerFromSecretKey(load(`keys/${name}.sk`));
}
