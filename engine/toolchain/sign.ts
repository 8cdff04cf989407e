import {
  ByteReader,
  equalBytes,
  HaggleError,
  pushBytes,
  pushU32,
  SECTION_CUSTOM,
  SIGNATURE_SECTION,
  WASM_HEADER,
} from "@haggle/abi";
import {
  ALGORITHM_ED25519,
  DELIMITER_SECTION,
  encodeSignedHashes,
  parseSignedModule,
  readSectionName,
  type SectionSignature,
  SIGNATURE_PREAMBLE,
  sectionKeyId,
  sha256,
} from "@haggle/sdk";
import type { Signer } from "@haggle/sdk/sign";

/**
 * Adds a signature over the whole module, byte for byte as wasmsign2 0.2.6 does: the section comes first, and the
 * lengths of all sections are rewritten in their shortest form. A module that is signed already gets one signature
 * more, behind the others. `keyId: false` leaves out the name of the key.
 *
 * @throws HaggleError SIGNATURE_*
 */
export async function signBundle(
  bytes: Uint8Array,
  signer: Signer,
  { keyId = true }: { keyId?: boolean } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { body, partEnds, isSigned } = rewriteBody(bytes);
  const hashes = await Promise.all(partEnds.map((end) => sha256(body.subarray(0, end))));
  const signature: SectionSignature = {
    keyId: keyId ? await sectionKeyId({ bytes: signer.publicKey }) : new Uint8Array(),
    signature: await signer.sign(encodeSignedHashes(hashes)),
  };
  const signatures = isSigned ? earlierSignatures(bytes, hashes) : [];
  if (!signatures.some((earlier) => equalBytes(earlier.signature, signature.signature)))
    signatures.push(signature);
  const out = [...WASM_HEADER];
  pushSection(out, SECTION_CUSTOM, encodeSignatureSection(hashes, signatures));
  pushBytes(out, body);
  return Uint8Array.from(out);
}

type Body = { body: Uint8Array; partEnds: number[]; isSigned: boolean };

/** All sections but the signature, with minimal lengths, and where each part with a hash of its own ends in them. */
function rewriteBody(bytes: Uint8Array): Body {
  if (!equalBytes(bytes.subarray(0, WASM_HEADER.length), WASM_HEADER)) {
    throw new HaggleError("SIGNATURE_MALFORMED", "not a WebAssembly core module", { at: 0 });
  }
  const file = reader(bytes, WASM_HEADER.length, bytes.length);
  const out: number[] = [];
  const partEnds: number[] = [];
  let isSigned = false;
  while (file.at < file.end) {
    const isFirst = file.at === WASM_HEADER.length;
    const id = file.byte();
    const content = file.take(file.u32());
    const name = id === SECTION_CUSTOM ? readSectionName(reader(content, 0, content.length)) : "";
    if (isFirst && name === SIGNATURE_SECTION) {
      isSigned = true;
      continue;
    }
    if (name === SIGNATURE_SECTION) {
      throw new HaggleError("SIGNATURE_NOT_FIRST", "the signature is not the first section", { at: file.at });
    }
    pushSection(out, id, content);
    if (name === DELIMITER_SECTION) partEnds.push(out.length);
  }
  if (partEnds.at(-1) !== out.length) partEnds.push(out.length);
  return { body: Uint8Array.from(out), partEnds, isSigned };
}

/** The signatures that a module has over these hashes. What was signed over other bytes is not carried along. */
function earlierSignatures(bytes: Uint8Array, hashes: readonly Uint8Array[]): SectionSignature[] {
  const { sets } = parseSignedModule(bytes);
  const [set] = sets;
  const isSame =
    set?.hashes.length === hashes.length && hashes.every((hash, at) => equalBytes(hash, set.hashes[at]!));
  if (!set || !isSame || sets.length > 1) {
    throw new HaggleError("SIGNATURE_HASH_MISMATCH", "the module is signed, but not as it is now", {
      value: sets.length,
    });
  }
  return [...set.signatures];
}

function encodeSignatureSection(
  hashes: readonly Uint8Array[],
  signatures: readonly SectionSignature[],
): number[] {
  const set: number[] = [];
  pushU32(set, hashes.length);
  for (const hash of hashes) pushBytes(set, hash);
  pushU32(set, signatures.length);
  for (const { keyId, signature } of signatures) {
    const record: number[] = [];
    pushSized(record, keyId);
    record.push(ALGORITHM_ED25519);
    pushSized(record, signature);
    pushSized(set, record);
  }

  const content: number[] = [];
  pushSized(
    content,
    [...SIGNATURE_SECTION].map((letter) => letter.charCodeAt(0)),
  );
  pushBytes(content, SIGNATURE_PREAMBLE);
  pushU32(content, 1); // one set: the whole module
  pushSized(content, set);
  return content;
}

function pushSection(out: number[], id: number, content: ArrayLike<number>): void {
  out.push(id);
  pushSized(out, content);
}

function pushSized(out: number[], bytes: ArrayLike<number>): void {
  pushU32(out, bytes.length);
  pushBytes(out, bytes);
}

function reader(bytes: Uint8Array, at: number, end: number): ByteReader {
  return new ByteReader(bytes, at, end, "SIGNATURE_MALFORMED", "SIGNATURE_MALFORMED");
}
