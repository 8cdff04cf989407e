import {
  type Documents,
  type DocumentType,
  type Envelope,
  type EnvelopeType,
  encodeDocument,
  encodeEnvelope,
  encodeSigned,
} from "@haggle/abi";
import { sha256Hex } from "../crypto.ts";
import type { Signer } from "./signer.ts";

/** A document ready to be stored: `sha256` of its payload is its name, `bytes` the JSON of its envelope. */
export type SignedDocument<Type extends EnvelopeType = DocumentType> = {
  envelope: Envelope<Type>;
  bytes: Uint8Array<ArrayBuffer>;
  sha256: string;
};

/**
 * Checks a document, encodes it and has all signers sign it.
 *
 * @throws HaggleError DOCUMENT_BAD_FIELD, DOCUMENT_UNKNOWN_FIELD, PROMOTION_*
 */
export async function signDocument(
  document: Documents[DocumentType],
  signers: readonly Signer[],
): Promise<SignedDocument> {
  const { type } = document;
  return cosign({ type, payload: encodeDocument(document), signatures: [] }, signers);
}

/**
 * Adds the signatures of more signers to an envelope. Its payload is signed as it is: whoever signs has read it. A key
 * that signed before gets its place again, with the new signature.
 */
export async function cosign<Type extends EnvelopeType>(
  envelope: Envelope<Type>,
  signers: readonly Signer[],
): Promise<SignedDocument<Type>> {
  const { type, payload } = envelope;
  const signed = encodeSigned(type, payload);
  const added = await Promise.all(
    signers.map(async (signer) => ({
      keyid: await sha256Hex(signer.publicKey),
      signature: Uint8Array.from(await signer.sign(signed)),
    })),
  );
  const signatures = new Map(
    [...envelope.signatures, ...added].map((signature) => [signature.keyid, signature]),
  );
  const whole: Envelope<Type> = { type, payload, signatures: [...signatures.values()] };
  return { envelope: whole, bytes: encodeEnvelope(whole), sha256: await sha256Hex(payload) };
}
