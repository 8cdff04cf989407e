// Roots in files, complete ones: what every other document is held against.

import { type TrustedRoot, verifyRoot } from "@haggle/sdk";
import { type ChainedRoot, verifyNextRoot } from "@haggle/sdk/trust";
import { getFile } from "../files.ts";
import { explaining } from "./refusals.ts";

/** A complete root. It may have expired. @throws HaggleError CLI_FILE, DOCUMENT_*, SIGNATURE_* */
export async function readRoot(path: string): Promise<ChainedRoot> {
  const bytes = await getFile(path);
  return { trusted: await explaining({ type: "root", bytes, path }, () => verifyRoot(bytes)), bytes };
}

/** Whether `next` follows `old`: the same root, or the next version signed by both. @throws HaggleError DOCUMENT_* */
export async function verifyFollows(next: Uint8Array, old: ChainedRoot, path?: string): Promise<TrustedRoot> {
  return explaining({ type: "root", bytes: next, by: old.trusted, path }, async () => {
    const trusted = await verifyRoot(next);
    return trusted.sha256 === old.trusted.sha256 ? trusted : (await verifyNextRoot(next, old)).trusted;
  });
}
