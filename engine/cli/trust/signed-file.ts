// Signed documents in files: read by their own type, written back with more signatures.

import {
  type Documents,
  type DocumentType,
  decodeBase64,
  type Envelope,
  HaggleError,
  MAX_ENVELOPE_SIGNATURES,
  parseEnvelope,
  parseJson,
  parsePayload,
  type Root,
} from "@haggle/abi";
import {
  importPublicKey,
  type PublicKey,
  type Signers,
  sha256Hex,
  signersOf,
  type TrustedRoot,
  verifySignatures,
} from "@haggle/sdk";
import { getFile } from "../files.ts";

/** A document of some type, parsed in full and not verified. */
export type AnyDocument = {
  [Type in DocumentType]: { type: Type; document: Documents[Type] };
}[DocumentType] & { envelope: Envelope; bytes: Uint8Array; sha256: string };

export type DocumentOf<Type extends DocumentType> = Extract<AnyDocument, { type: Type }>;

/** @throws HaggleError CLI_FILE, DOCUMENT_*, PROMOTION_* */
export async function readDocument(path: string): Promise<AnyDocument> {
  return parseDocument(await getFile(path), path);
}

/** @throws HaggleError likewise; DOCUMENT_WRONG_TYPE for a document of another type */
export async function readDocumentOf<Type extends DocumentType>(
  type: Type,
  path: string,
): Promise<DocumentOf<Type>> {
  const found = await readDocument(path);
  if (found.type !== type) {
    throw new HaggleError("DOCUMENT_WRONG_TYPE", `Not a ${type}`, { at: path, value: found.type });
  }
  return found as DocumentOf<Type>;
}

export async function parseDocument(bytes: Uint8Array, path: string): Promise<AnyDocument> {
  try {
    const type = typeOf(bytes);
    const envelope = parseEnvelope(bytes, type);
    const document = parsePayload(type, envelope.payload);
    return { type, document, envelope, bytes, sha256: await sha256Hex(envelope.payload) } as AnyDocument;
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    throw new HaggleError(cause.code, cause.message, { at: path, cause });
  }
}

function typeOf(bytes: Uint8Array): DocumentType {
  const json = parseJson(bytes, "envelope") as { payloadType?: unknown } | null;
  const stated = String(json?.payloadType);
  const type = /^application\/vnd\.haggle\.(root|release|channel|prices|receipt|experiments)\+json$/.exec(
    stated,
  )?.[1];
  if (type === undefined) throw new HaggleError("DOCUMENT_WRONG_TYPE", "Not a document of ours");
  return type as DocumentType;
}

/** Who has signed of those that may, and who may still. */
export type Tally = { threshold: number; signed: string[]; open: string[]; isComplete: boolean };

/** @throws HaggleError DOCUMENT_BAD_SIGNATURE for a signature by one of the keys that does not hold */
export async function tallyOf(envelope: Envelope, { keys, threshold }: Signers): Promise<Tally> {
  const named = new Set(envelope.signatures.map(({ keyid }) => keyid));
  const signed = [...keys.keys()].filter((keyid) => named.has(keyid));
  if (signed.length > 0) await verifySignatures(envelope, { keys, threshold: 1 });
  return talliedFrom(signed, { keys, threshold });
}

export function talliedFrom(signed: string[], { keys, threshold }: Signers): Tally {
  const open = [...keys.keys()].filter((keyid) => !signed.includes(keyid));
  return { threshold, signed, open, isComplete: signed.length >= threshold };
}

/** The keys of a root that nobody may have signed yet, each checked. @throws HaggleError SIGNATURE_BAD_KEY, DOCUMENT_BAD_KEY */
async function keysOf(root: Root): Promise<ReadonlyMap<string, PublicKey>> {
  const entries = Object.entries(root.keys).map(async ([keyid, { public: text }]) => {
    const key = await importPublicKey(decodeBase64(text, `root.keys.${keyid}`));
    if (key.keyid !== keyid)
      throw new HaggleError("DOCUMENT_BAD_KEY", "A key of another name", { at: keyid });
    return [keyid, key] as const;
  });
  return new Map(await Promise.all(entries));
}

/** Whose signatures a root needs: its own root role's, and, unless it is the first, that of the root before it. */
export type RootTally = { own: Tally; old?: Tally };

export async function tallyRoot(root: DocumentOf<"root">, old: TrustedRoot | undefined): Promise<RootTally> {
  const keys = await keysOf(root.document);
  const own = await tallyOf(root.envelope, signersOf({ root: root.document, keys }, "root"));
  return old === undefined ? { own } : { own, old: await tallyOf(root.envelope, signersOf(old, "root")) };
}

/** A place for one more signature. @throws HaggleError DOCUMENT_BAD_ENVELOPE */
export function checkRoom({ signatures }: Envelope, keyid: string): void {
  if (signatures.length < MAX_ENVELOPE_SIGNATURES || signatures.some((one) => one.keyid === keyid)) return;
  throw new HaggleError("DOCUMENT_BAD_ENVELOPE", `At most ${MAX_ENVELOPE_SIGNATURES} signatures`, {
    value: signatures.length,
  });
}
