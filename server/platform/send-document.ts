import { hash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Document } from "./document.ts";

export const IMMUTABLE = "public, max-age=31536000, immutable";
/** Kept by caches, asked for again on every use: a swap or a kill must not wait for an age to run out. */
export const REVALIDATE = "public, no-cache";

/** The best is slow: half a second for a bundle of full size. */
const MAX_BEST_BYTES = 256 * 1024;
const QUICK = 5;

/**
 * It takes a thread of the four that files and names are read by, and anybody can ask for anything that was ever stored:
 * while so many are under way, others are sent as they are.
 */
const MAX_COMPRESSING = 2;
/** What is kept of it, the last used longest: some hundreds of bundles. */
const MAX_COMPRESSED_BYTES = 16 * 1024 * 1024;

const compress = promisify(brotliCompress);
/** By the digest of what it was, which every shopper fetches. */
const compressed = new Map<string, Document>();
const compressing = new Map<string, Promise<Document>>();
let compressedBytes = 0;

/** Sends signed bytes under a strong tag, or 304 to whoever has them. */
export function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: Document,
  { type, caching }: { type: string; caching: string },
): FastifyReply {
  const tag = `"${document.sha256}"`;
  reply.header("etag", tag).header("cache-control", caching);
  if (hasTag(request.headers["if-none-match"], tag)) return reply.code(304).send();
  return reply.type(type).send(Buffer.from(document.bytes));
}

/**
 * Sends what is named by its digest, compressed by brotli for whoever takes that. The two forms have tags of their own,
 * as strong ones must, and each says its digest, which is that of the bytes in the answer (RFC 9530).
 */
export async function sendCompressible(
  request: FastifyRequest,
  reply: FastifyReply,
  document: Document,
  type: string,
): Promise<FastifyReply> {
  const small = takesBrotli(request.headers["accept-encoding"]) ? await findCompressed(document) : undefined;
  const form = small ?? document;
  const digest = hash("sha256", form.bytes, "base64");
  reply.header("vary", "accept-encoding").header("repr-digest", `sha-256=:${digest}:`);
  if (small !== undefined) reply.header("content-encoding", "br");
  return sendDocument(request, reply, form, { type, caching: IMMUTABLE });
}

function findCompressed(document: Document): Promise<Document> | Document | undefined {
  const { sha256 } = document;
  const known = compressed.get(sha256);
  if (known !== undefined) return keep(sha256, known);
  const made = compressing.get(sha256);
  if (made !== undefined || compressing.size >= MAX_COMPRESSING) return made;
  const making = compressOnce(document).finally(() => compressing.delete(sha256));
  compressing.set(sha256, making);
  return making;
}

async function compressOnce({ bytes, sha256 }: Document): Promise<Document> {
  const quality = bytes.length > MAX_BEST_BYTES ? QUICK : constants.BROTLI_MAX_QUALITY;
  const params = {
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    [constants.BROTLI_PARAM_QUALITY]: quality,
  };
  const small = new Uint8Array(await compress(bytes, { params }));
  return keep(sha256, { bytes: small, sha256: `${sha256}-br` });
}

/** As the one that was used last. */
function keep(sha256: string, form: Document): Document {
  if (compressed.delete(sha256)) compressedBytes -= form.bytes.length;
  compressed.set(sha256, form);
  compressedBytes += form.bytes.length;
  for (const [oldest, { bytes }] of compressed) {
    if (compressedBytes <= MAX_COMPRESSED_BYTES) break;
    compressed.delete(oldest);
    compressedBytes -= bytes.length;
  }
  return form;
}

function takesBrotli(header: string | string[] | undefined): boolean {
  return String(header ?? "")
    .split(",")
    .some((part) => /^\s*br\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(part));
}

/** Weak comparison: a proxy that compressed the body has put `W/` before the tag. */
function hasTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((part) => part.trim().replace(/^W\//, "") === tag);
}
