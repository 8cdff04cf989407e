import {
  ByteReader,
  ED25519_SIGNATURE_BYTES,
  equalBytes,
  type HaggleError,
  MAX_BUNDLE_BYTES,
  MAX_SECTION_NAME_BYTES,
  refuse,
  SECTION_CUSTOM,
  SIGNATURE_SECTION,
  WASM_HEADER,
} from "@haggle/abi";

// Where the embedded signature of wasmsign2 0.2.6 stands in a module, byte for byte as that code writes it (its
// Signatures.md leaves out the two length prefixes).

/** Signatures over one list of hashes. The last hash of a complete list covers all bytes after the section. */
export type SignatureSet = { hashes: Uint8Array[]; signatures: SectionSignature[] };

/** `keyId` is empty or the 12 bytes of `sectionKeyId`. */
export type SectionSignature = { keyId: Uint8Array; signature: Uint8Array };

/** A module taken apart as far as signatures go. */
export type SignedModule = {
  sets: SignatureSet[];
  /** Where the signed bytes begin: behind the signature section. */
  bodyAt: number;
  /** Where each part that has a hash of its own ends: behind every delimiter, and at the end of the file. */
  partEnds: number[];
};

export const DELIMITER_SECTION = "signature_delimiter";

/** Specification version 1, content type wasm module, SHA-256. */
export const SIGNATURE_PREAMBLE: Uint8Array = Uint8Array.of(1, 1, 1);
export const ALGORITHM_ED25519 = 1;

const HASH_BYTES = 32;

// The first two are wasmsign2's own limits. Each hash costs a pass over the module, at most 64 x 256 KiB.
const MAX_SETS = 64;
const MAX_HASHES = 64;
/** wasmsign2 allows 256; each one by a known key costs a verification, and nobody needs so many signers. */
const MAX_SIGNATURES = 16;

/**
 * Takes a signed module apart without verifying anything. Every length must be in its shortest form and nothing may
 * be left over at any level, for these bytes are not covered by the signature.
 *
 * @throws HaggleError SIGNATURE_MISSING, SIGNATURE_NOT_FIRST, SIGNATURE_DUPLICATE, SIGNATURE_MALFORMED,
 * SIGNATURE_TOO_MANY, PROFILE_TOO_LARGE
 */
export function parseSignedModule(bytes: Uint8Array): SignedModule {
  if (bytes.length > MAX_BUNDLE_BYTES) throw refuse("PROFILE_TOO_LARGE", 0, bytes.length);
  if (!equalBytes(bytes.subarray(0, WASM_HEADER.length), WASM_HEADER)) {
    throw malformed(0);
  }
  const file = reader(bytes, WASM_HEADER.length, bytes.length);
  let signed: SignedModule | undefined;
  const partEnds: number[] = [];

  while (file.at < file.end) {
    const start = file.at;
    const id = file.byte();
    const size = file.u32();
    file.take(size);
    if (id !== SECTION_CUSTOM) continue;
    const content = reader(bytes, file.at - size, file.at);
    const name = readSectionName(content);
    if (name === SIGNATURE_SECTION) {
      if (signed) throw refuse("SIGNATURE_DUPLICATE", start);
      if (start > WASM_HEADER.length) throw refuse("SIGNATURE_NOT_FIRST", start);
      checkHead(reader(bytes, start, file.at));
      signed = { sets: readSets(content), bodyAt: file.at, partEnds };
    } else if (name === DELIMITER_SECTION) {
      checkCount(partEnds.push(file.at), MAX_HASHES, start);
    }
  }

  if (!signed) throw refuse("SIGNATURE_MISSING");
  if (partEnds.at(-1) !== file.end) partEnds.push(file.end);
  return signed;
}

/** The name of a custom section; names too long to be one of ours read as empty. They are ASCII, so bytes are letters. */
export function readSectionName(content: ByteReader): string {
  const name = content.take(content.u32());
  return name.length > MAX_SECTION_NAME_BYTES ? "" : String.fromCharCode(...name);
}

/** The head of the section is not signed either: section id, size and the length of the name, in shortest form. */
function checkHead(head: ByteReader): void {
  head.byte();
  head.minimalU32();
  head.minimalU32();
}

function readSets(payload: ByteReader): SignatureSet[] {
  if (!equalBytes(payload.take(SIGNATURE_PREAMBLE.length), SIGNATURE_PREAMBLE)) {
    throw malformed(payload.at);
  }
  const sets = readList(payload, MAX_SETS, () => readSized(payload, readSet));
  checkEnd(payload);
  return sets;
}

function readSet(set: ByteReader): SignatureSet {
  const hashes = readList(set, MAX_HASHES, () => set.take(HASH_BYTES));
  return { hashes, signatures: readList(set, MAX_SIGNATURES, () => readSized(set, readSignature)) };
}

function readSignature(record: ByteReader): SectionSignature {
  const keyId = record.take(record.minimalU32());
  if (record.byte() !== ALGORITHM_ED25519) throw malformed(record.at - 1);
  const length = record.minimalU32();
  if (length !== ED25519_SIGNATURE_BYTES) throw malformed(record.at, length);
  return { keyId, signature: record.take(length) };
}

/** A list may not be empty: a set without hashes would sign nothing, one without signatures by nobody. */
function readList<T>(from: ByteReader, max: number, read: () => T): T[] {
  const at = from.at;
  const count = from.minimalU32();
  if (count === 0) throw malformed(at, count);
  checkCount(count, max, at);
  return Array.from({ length: count }, read);
}

/** What a length announces must be used up to the last byte. */
function readSized<T>(from: ByteReader, read: (part: ByteReader) => T): T {
  const size = from.minimalU32();
  const start = from.at;
  from.take(size);
  const part = reader(from.bytes, start, from.at);
  const value = read(part);
  checkEnd(part);
  return value;
}

function checkEnd(part: ByteReader): void {
  if (part.at !== part.end) throw malformed(part.at, part.end - part.at);
}

function checkCount(count: number, max: number, at: number): void {
  if (count > max) throw refuse("SIGNATURE_TOO_MANY", at, count);
}

function reader(bytes: Uint8Array, at: number, end: number): ByteReader {
  return new ByteReader(bytes, at, end, "SIGNATURE_MALFORMED", "SIGNATURE_MALFORMED");
}

function malformed(at: number, value?: number): HaggleError {
  return refuse("SIGNATURE_MALFORMED", at, value);
}
