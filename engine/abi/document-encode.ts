import {
  type Documents,
  parseChannel,
  parsePrices,
  parseReceipt,
  parseRoot,
  type Role,
  type Root,
} from "./documents.ts";
import type { DocumentType } from "./envelope.ts";
import { HaggleError } from "./errors.ts";
import { parseExperiments } from "./experiments.ts";
import { parseReleaseFields } from "./release-strict.ts";
import { encodeUtf8 } from "./utf8.ts";

/**
 * The payload bytes of a document: JSON with the fields in the order of its shape, so that equal documents have equal
 * bytes. What a reader would refuse is refused here before anyone signs it, and so is what no reader could ever use.
 *
 * @throws HaggleError DOCUMENT_BAD_FIELD, DOCUMENT_UNKNOWN_FIELD, PROMOTION_*
 */
export function encodeDocument(document: Documents[DocumentType]): Uint8Array<ArrayBuffer> {
  const checked = parsePayload(document.type, encodeUtf8(JSON.stringify(document)));
  checkUsable(checked);
  return encodeUtf8(JSON.stringify(checked));
}

/** Reads the payload of a document with all its fields, as those do who sign or show it. Throws DOCUMENT_*, PROMOTION_*. */
export function parsePayload<Type extends DocumentType>(type: Type, payload: Uint8Array): Documents[Type] {
  return PARSERS[type](payload);
}

const PARSERS: { readonly [Type in DocumentType]: (payload: Uint8Array) => Documents[Type] } = {
  root: parseRoot,
  release: parseReleaseFields,
  channel: parseChannel,
  prices: parsePrices,
  receipt: parseReceipt,
  experiments: parseExperiments,
};

/** Mistakes of the author. They make a document that nobody accepts, so readers need no check of their own. */
function checkUsable(document: Documents[DocumentType]): void {
  const { type, issued, expires } = document;
  if (expires <= issued) throw mistake("expires before it is issued", `${type}.expires`, expires);
  if (type === "root")
    for (const [name, role] of Object.entries(document.roles)) if (role) checkRole(document, name, role);
}

function checkRole(root: Root, name: string, { keyids, threshold }: Role): void {
  const at = `root.roles.${name}`;
  if (new Set(keyids).size !== keyids.length) throw mistake("a key is listed twice", `${at}.keyids`, keyids);
  if (threshold > keyids.length) throw mistake("more than the role's keys", `${at}.threshold`, threshold);
  for (const keyid of keyids) {
    if (!Object.hasOwn(root.keys, keyid)) throw mistake("not among the root's keys", `${at}.keyids`, keyid);
  }
}

function mistake(message: string, at: string, value: unknown): HaggleError {
  return new HaggleError("DOCUMENT_BAD_FIELD", message, { at, value });
}
