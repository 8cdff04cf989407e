import { decodeBase64, encodeBase64 } from "./base64.ts";
import { HaggleError, refuse } from "./errors.ts";
import { list, matching, object } from "./shape.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** What a signed document is. The name is part of the signed bytes: no role's signature passes for another's. */
export type DocumentType = "root" | "release" | "channel" | "prices" | "receipt" | "experiments";

/** Whose keys sign documents. Experiments are the channel's, which says who gets what as they do. */
export type DocumentRole = Exclude<DocumentType, "experiments">;

/** The role whose keys sign documents of a type. */
export function roleOf(type: DocumentType): DocumentRole {
  return type === "experiments" ? "channel" : type;
}

/** What an envelope may hold: documents, and heads of the audit log, which no storefront reads. */
export type EnvelopeType = DocumentType | "audit-head";

/** A signed document before its payload is read: the exact bytes that were signed, and by whom. */
export type Envelope<Type extends EnvelopeType = DocumentType> = {
  type: Type;
  payload: Uint8Array<ArrayBuffer>;
  signatures: EnvelopeSignature[];
};

/** `keyid` is the lower-case hex SHA-256 of the 32 public-key bytes, `signature` 64 bytes of Ed25519. */
export type EnvelopeSignature = { keyid: string; signature: Uint8Array<ArrayBuffer> };

/**
 * A release carries every promotion of a shop and the full table, prices carry one for each of its skus; other documents
 * are fetched by every page view.
 */
export const MAX_RELEASE_ENVELOPE_BYTES = 24 * 1024 * 1024;
export const MAX_PRICES_ENVELOPE_BYTES = 16 * 1024 * 1024;
/** Conditions, and units that are forced, take their room. */
export const MAX_EXPERIMENTS_ENVELOPE_BYTES = 256 * 1024;
export const MAX_ENVELOPE_BYTES = 64 * 1024;

/** Each signature by a known key costs a verification, so their number bounds the work an envelope can ask for. */
export const MAX_ENVELOPE_SIGNATURES = 16;

export const ED25519_SIGNATURE_BYTES = 64;

/** The 64 bytes of an Ed25519 signature. */
const SIGNATURE_BASE64 = /^[A-Za-z0-9+/]{86}==$/;

/** The lower-case hex SHA-256 that names keys, payloads and bundles. */
export const SHA256_HEX = /^[0-9a-f]{64}$/;

/** The DSSE payload type of a document, such as `application/vnd.haggle.release+json`. */
export function payloadType(type: EnvelopeType): string {
  return `application/vnd.haggle.${type}+json`;
}

/** The bytes that are signed (DSSE v1, pre-authentication encoding): lengths first, so nothing can be shifted. */
export function encodeSigned(type: EnvelopeType, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = payloadType(type);
  const head = encodeUtf8(`DSSEv1 ${name.length} ${name} ${payload.length} `);
  const signed = new Uint8Array(head.length + payload.length);
  signed.set(head);
  signed.set(payload, head.length);
  return signed;
}

/** The JSON bytes of an envelope, as they are stored and sent. */
export function encodeEnvelope(envelope: Envelope<EnvelopeType>): Uint8Array<ArrayBuffer> {
  const signatures = envelope.signatures.map(({ keyid, signature }) => ({
    keyid,
    sig: encodeBase64(signature),
  }));
  return encodeUtf8(
    JSON.stringify({
      payload: encodeBase64(envelope.payload),
      payloadType: payloadType(envelope.type),
      signatures,
    }),
  );
}

/**
 * Reads an envelope that should hold a document of this type. Verifies no signature, and reads no payload.
 *
 * @throws HaggleError DOCUMENT_TOO_LARGE, DOCUMENT_NOT_JSON, DOCUMENT_BAD_ENVELOPE, DOCUMENT_BAD_BASE64,
 * DOCUMENT_WRONG_TYPE
 */
export function parseEnvelope<Type extends EnvelopeType>(
  input: Uint8Array | string,
  type: Type,
): Envelope<Type> {
  const json = readJson(parseEnvelopeJson(input, type));
  if (json.payloadType !== payloadType(type)) {
    throw refuse("DOCUMENT_WRONG_TYPE", "payloadType", json.payloadType);
  }
  return {
    type,
    payload: decodeBase64(json.payload, "payload"),
    signatures: json.signatures.map(({ keyid, sig }, index) => ({
      keyid,
      signature: decodeBase64(sig, `signatures[${index}].sig`),
    })),
  };
}

/** Any JSON value from UTF-8 bytes. Ill-formed UTF-8 and a byte order mark are refused. */
export function parseJson(bytes: Uint8Array | string, at: string): unknown {
  try {
    return JSON.parse(typeof bytes === "string" ? bytes : decodeUtf8(bytes));
  } catch (cause) {
    throw refuse("DOCUMENT_NOT_JSON", at, undefined, cause);
  }
}

/** More than this of a document's envelope is not read. */
export function maxEnvelopeBytes(type: EnvelopeType): number {
  if (type === "release") return MAX_RELEASE_ENVELOPE_BYTES;
  if (type === "experiments") return MAX_EXPERIMENTS_ENVELOPE_BYTES;
  return type === "prices" ? MAX_PRICES_ENVELOPE_BYTES : MAX_ENVELOPE_BYTES;
}

type EnvelopeJson = {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string }[];
};

function parseEnvelopeJson(input: Uint8Array | string, type: EnvelopeType): unknown {
  if (typeof input !== "string" && !(input instanceof Uint8Array)) {
    throw refuse("DOCUMENT_WRONG_TYPE", type, input);
  }
  if (input.length > maxEnvelopeBytes(type)) throw refuse("DOCUMENT_TOO_LARGE", type, input.length);
  return parseJson(input, "envelope");
}

function readJson(value: unknown): EnvelopeJson {
  const text = matching(/^/);
  const read = object<EnvelopeJson>({
    payload: text,
    payloadType: text,
    signatures: list(
      object({ keyid: matching(SHA256_HEX), sig: matching(SIGNATURE_BASE64) }),
      MAX_ENVELOPE_SIGNATURES,
    ),
  });
  try {
    return read(value, "envelope");
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    throw refuse("DOCUMENT_BAD_ENVELOPE", cause.at, cause.value, cause);
  }
}
