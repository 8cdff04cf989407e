// What a store gives back: whether it still holds, and by which root.

import type { HaggleError } from "@haggle/abi";
import { verifyRelease } from "../verify.ts";
import { ifVerified } from "./memory.ts";
import type { ChainedRoot } from "./roots.ts";

/**
 * A stored release, by the newest root under which it holds: the root that came with a stop may have other authors. What
 * may price is held against the newest all the same.
 */
export async function verifyStored(bytes: Uint8Array, roots: readonly ChainedRoot[]) {
  const [{ trusted: newest }, ...older] = roots.toReversed() as [ChainedRoot, ...ChainedRoot[]];
  try {
    return { ...(await verifyRelease(bytes, newest)), root: newest };
  } catch (cause) {
    for (const { trusted: root } of older) {
      const verified = await ifVerified(verifyRelease(bytes, root));
      if (verified) return { ...verified, root };
    }
    throw cause;
  }
}

/** Whether stored documents do not hold; the others are what this program does not want, or cannot run. */
export function isDamage({ code }: HaggleError): boolean {
  if (["DOCUMENT_ROLLBACK", "DOCUMENT_NO_ARM", "SIGNATURE_UNSUPPORTED"].includes(code)) return false;
  return /^(?:DOCUMENT|SIGNATURE)_/.test(code) || code === "ENGINE_BUNDLE_MISMATCH";
}
