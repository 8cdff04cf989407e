import { HaggleError, parseEnvelope } from "@haggle/abi";
import { signersOf, type TrustedRoot, verifyRoot, verifySignatures } from "@haggle/sdk";
import type { ReleaseSource } from "@haggle/sdk/trust";

/** Clients that are further behind than this need a newer program. */
const MAX_ROOTS = 64;

type Newest = { trusted: TrustedRoot; bytes: Uint8Array };

/**
 * The roots from which clients can find their way to the newest one, by version. They are followed backwards: whoever
 * let in a root that is trusted, by the threshold of its own root role, was a root of this shop.
 */
export async function readRootHistory(
  source: ReleaseSource,
  newest: Newest,
): Promise<Map<number, Uint8Array>> {
  const roots = new Map([[newest.trusted.root.version, newest.bytes]]);
  let next = newest;
  while (next.trusted.root.version > 1 && roots.size < MAX_ROOTS) {
    const before = await findBefore(source, next);
    if (before === undefined) break;
    roots.set(before.trusted.root.version, before.bytes);
    next = before;
  }
  return roots;
}

/** Undefined where the folder has none, or another one. */
async function findBefore(source: ReleaseSource, next: Newest): Promise<Newest | undefined> {
  const version = next.trusted.root.version - 1;
  try {
    const bytes = await source({ kind: "root", version });
    if (bytes === undefined) return undefined;
    const trusted = await verifyRoot(bytes);
    if (trusted.root.version !== version || trusted.root.tenant !== next.trusted.root.tenant)
      return undefined;
    await verifySignatures(parseEnvelope(next.bytes, "root"), signersOf(trusted, "root"));
    return { trusted, bytes };
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}
