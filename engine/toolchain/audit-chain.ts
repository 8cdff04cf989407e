// Whether an audit log is whole and unchanged, from its export alone: what the server and its database say about
// themselves counts nothing.

import {
  AUDIT_START,
  type AuditHead,
  type AuditLine,
  type Code,
  decodeUtf8,
  encodeAuditLink,
  HaggleError,
  parseAuditHead,
  parseAuditLine,
  parseAuditRecord,
  parseEnvelope,
  refuse,
} from "@haggle/abi";
import { type PublicKey, sha256Hex, verifySignatures } from "@haggle/sdk";

export type AuditVerification = {
  /** Lines of the heads that a server kept outside of its database, signed or not. */
  heads?: readonly string[];
  /** When there are any, only heads that one of them signed count, and there must be one. */
  keys?: readonly PublicKey[];
};

export type AuditFinding = { code: Code /** The record's number. */; at?: string | number; message: string };

export type AuditVerdict = {
  tenant: string | undefined;
  /** How many records there are, and the hash of the last. */
  records: number;
  hash: string;
  /** How many heads that are known from elsewhere were found in the chain. */
  heads: number;
  /** Empty for a sound log. At most 100. */
  findings: AuditFinding[];
};

const MAX_FINDINGS = 100;

/**
 * Reads the lines of an export and tells everything that is wrong with it: records that were changed, deleted, added, put
 * into another order or cut off the end, and, by heads that were kept elsewhere, a log that was written anew or restored
 * from an older copy.
 */
export async function verifyAuditChain(
  lines: Iterable<string> | AsyncIterable<string>,
  { heads = [], keys = [] }: AuditVerification = {},
): Promise<AuditVerdict> {
  const verdict: AuditVerdict = { tenant: undefined, records: 0, hash: AUDIT_START, heads: 0, findings: [] };
  const known = new Map<number, AuditHead[]>();
  const hashes = new Map<number, string>([[0, AUDIT_START]]);
  let hasSigned = false;
  let end: AuditHead | undefined;
  let seq = 0;

  function tell(failure: HaggleError): void {
    const { code, at, message } = failure;
    if (verdict.findings.length < MAX_FINDINGS)
      verdict.findings.push({ code, ...(at !== undefined && { at }), message });
  }

  /** Goes on behind what is wrong with one line or head. */
  async function attempt(work: () => Promise<void> | void, at?: string): Promise<void> {
    try {
      await work();
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw cause;
      tell(at === undefined || cause.at !== undefined ? cause : refuse(cause.code, at, cause.value));
    }
  }

  async function remember(text: string): Promise<void> {
    const head = await readHead(text, keys);
    if (head === undefined) return;
    hasSigned = true;
    known.set(head.seq, [...(known.get(head.seq) ?? []), head]);
  }

  async function takeRecord({ record: text, hash }: Extract<AuditLine, { record: string }>): Promise<void> {
    const record = parseAuditRecord(text);
    verdict.tenant ??= record.tenant;
    if (record.tenant !== verdict.tenant) tell(refuse("AUDIT_TENANT", record.seq, record.tenant));
    if (record.seq !== seq + 1) tell(refuse("AUDIT_GAP", record.seq, seq + 1));
    if (record.prev !== verdict.hash) tell(refuse("AUDIT_LINK", record.seq));
    if (hash !== (await sha256Hex(encodeAuditLink(record.prev, text))))
      tell(refuse("AUDIT_HASH", record.seq));
    seq = record.seq;
    verdict.hash = hash;
    verdict.records++;
    if (known.has(seq)) hashes.set(seq, hash);
  }

  for (const [index, text] of heads.entries()) await attempt(() => remember(text), `heads line ${index + 1}`);
  let number = 0;
  for await (const text of lines) {
    number++;
    await attempt(async () => {
      const line = parseAuditLine(text);
      if ("record" in line) return takeRecord(line);
      if (number > 1) throw refuse("AUDIT_BAD_LINE");
      end = line.head;
      if (line.signed !== undefined) await remember(JSON.stringify(line.signed));
    }, `line ${number}`);
  }
  hashes.set(seq, verdict.hash);

  function compare(head: AuditHead): void {
    if (verdict.tenant !== undefined && head.tenant !== verdict.tenant) {
      tell(refuse("AUDIT_TENANT", head.seq, head.tenant));
    } else if (head.seq > seq) tell(refuse("AUDIT_TRUNCATED", head.seq, seq));
    else if (hashes.get(head.seq) !== head.hash) tell(refuse("AUDIT_HEAD", head.seq));
    else verdict.heads++;
  }

  for (const each of known.values()) for (const head of each) compare(head);
  const { heads: found } = verdict;
  if (end === undefined) tell(refuse("AUDIT_BAD_LINE", "line 1"));
  else if (end.seq !== seq) tell(refuse(end.seq > seq ? "AUDIT_TRUNCATED" : "AUDIT_GAP", end.seq, seq));
  else compare(end);
  if (keys.length > 0 && !hasSigned) tell(refuse("AUDIT_SIGNATURE"));
  return { ...verdict, tenant: verdict.tenant ?? end?.tenant, heads: found };
}

/** Undefined for an unsigned head where only signed ones count. @throws HaggleError AUDIT_BAD_LINE, AUDIT_SIGNATURE */
async function readHead(text: string, keys: readonly PublicKey[]): Promise<AuditHead | undefined> {
  if (!isEnvelope(text)) return keys.length === 0 ? parseAuditHead(text) : undefined;
  try {
    const envelope = parseEnvelope(text, "audit-head");
    const known = new Map(keys.map((key) => [key.keyid, key]));
    if (keys.length > 0) await verifySignatures(envelope, { keys: known, threshold: 1 });
    return parseAuditHead(decodeUtf8(envelope.payload));
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    throw refuse(
      /^DOCUMENT_(?:UNSIGNED|BAD_SIG|THRESH)/.test(cause.code) ? "AUDIT_SIGNATURE" : "AUDIT_BAD_LINE",
    );
  }
}

function isEnvelope(text: string): boolean {
  return text.includes('"payloadType"');
}
