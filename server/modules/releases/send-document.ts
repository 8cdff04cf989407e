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

const compress = promisify(brotliCompress);
/** Once for each document: what is named by a digest is fetched by every shopper. */
const compressed = new WeakMap<Document, Promise<Document>>();

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
  const isSmaller = takesBrotli(request.headers["accept-encoding"]);
  const form = isSmaller ? await compressOnce(document) : document;
  const digest = hash("sha256", form.bytes, "base64");
  reply.header("vary", "accept-encoding").header("repr-digest", `sha-256=:${digest}:`);
  if (isSmaller) reply.header("content-encoding", "br");
  return sendDocument(request, reply, form, { type, caching: IMMUTABLE });
}

function compressOnce(document: Document): Promise<Document> {
  const known = compressed.get(document);
  if (known !== undefined) return known;
  const { bytes, sha256 } = document;
  const quality = bytes.length > MAX_BEST_BYTES ? QUICK : constants.BROTLI_MAX_QUALITY;
  const params = {
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    [constants.BROTLI_PARAM_QUALITY]: quality,
  };
  const made = compress(bytes, { params }).then((small) => ({
    bytes: new Uint8Array(small),
    sha256: `${sha256}-br`,
  }));
  compressed.set(document, made);
  return made;
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
