import { SHA256_HEX } from "./envelope.ts";
import { refuse } from "./errors.ts";
import { integer, matching, name, object, open, optional, type Read } from "./shape.ts";
import { encodeUtf8 } from "./utf8.ts";

// The audit log as it is chained, exported and verified. A record is stored and hashed as its exact JSON text, so that no
// second spelling of the same fields can take its place.

/** One change. `prev` is the hash of the record before it. */
export type AuditRecord = {
  tenant: string;
  /** 1, 2, 3 ... */
  seq: number;
  /** Epoch ms, by the clock of the server that wrote it. */
  time: number;
  actor: { id: string; name: string };
  /** Such as `rollout.start`. */
  action: string;
  /** What it was done to, such as `key:3fGh...`. */
  object: string;
  before?: unknown;
  /** SHA-256 of the JSON of what is too large to be kept. */
  beforeDigest?: string;
  after?: unknown;
  afterDigest?: string;
  note?: string;
  requestId?: string;
  prev: string;
};

/** The end of a chain at some time. */
export type AuditHead = {
  tenant: string;
  /** 0 for a log without records. */
  seq: number;
  hash: string;
  time: number;
};

/** A line of an export: a record, or the first line, which says where the log ends. */
export type AuditLine =
  | { record: string; hash: string }
  /** `signed` is the newest signed head that the server has. */
  | { head: AuditHead; signed?: object | undefined };

/** What comes before the first record. */
export const AUDIT_START = "0".repeat(64);

/** The bytes whose SHA-256 is a record's hash. */
export function encodeAuditLink(prev: string, record: string): Uint8Array<ArrayBuffer> {
  const text = encodeUtf8(record);
  const bytes = new Uint8Array(prev.length / 2 + text.length);
  for (let at = 0; at < prev.length; at += 2) bytes[at / 2] = Number.parseInt(prev.slice(at, at + 2), 16);
  bytes.set(text, prev.length / 2);
  return bytes;
}

/** What a verifier looks at. @throws HaggleError AUDIT_BAD_LINE */
export function parseAuditRecord(text: string): AuditRecord {
  return parseAuditJson(
    text,
    open<AuditRecord>({ tenant: name, seq: integer(1), prev: matching(SHA256_HEX) }),
  );
}

/** @throws HaggleError AUDIT_BAD_LINE */
export function parseAuditLine(text: string): AuditLine {
  return parseAuditJson(text, (value, at): AuditLine => {
    const isHead = typeof value === "object" && value !== null && "head" in value;
    return isHead ? headLine(value, at) : recordLine(value, at);
  });
}

/** @throws HaggleError AUDIT_BAD_LINE */
export function parseAuditHead(text: string): AuditHead {
  return parseAuditJson(text, head);
}

const head: Read<AuditHead> = object({
  tenant: name,
  seq: integer(0),
  hash: matching(SHA256_HEX),
  time: integer(0),
});

const recordLine: Read<AuditLine> = object({ record: matching(/^\{/), hash: matching(SHA256_HEX) });
const headLine: Read<AuditLine> = object({ head, signed: optional(open<object>({})) });

function parseAuditJson<T>(text: string, read: Read<T>): T {
  try {
    return read(JSON.parse(text), "line");
  } catch (cause) {
    throw refuse("AUDIT_BAD_LINE", undefined, undefined, cause);
  }
}
