import { parseEnvelope, refuse } from "@haggle/abi";
import { signersOf, type TrustedRoot, verifyRoot, verifySignatures } from "../verify.ts";
import type { ReleaseSource } from "./source.ts";

// The chain of roots: from the one that the program brought along to the newest, each let in by the one before.

export type ChainedRoot = { trusted: TrustedRoot; bytes: Uint8Array };

/** A source that never ends must not hold an update; a client that is further behind goes on with the next update. */
const MAX_NEW_ROOTS = 64;
/** Far more than a shop ever makes: each is verified at each start, and whoever can write a store must not keep it busy. */
const MAX_STORED_ROOTS = 1_024;

/**
 * Verifies the successor of a root: exactly one version above, of the same tenant, signed by the threshold of the old
 * root role and of its own. The old one may have expired by now: somebody has to let the next one in.
 *
 * @throws HaggleError DOCUMENT_*, SIGNATURE_BAD_KEY, SIGNATURE_UNSUPPORTED
 */
export async function verifyNextRoot(bytes: Uint8Array, { trusted: old }: ChainedRoot): Promise<ChainedRoot> {
  const next = await verifyRoot(bytes);
  const { version, tenant } = next.root;
  if (version === old.root.version && next.sha256 !== old.sha256) {
    throw refuse("DOCUMENT_EQUIVOCATION", "root", next.sha256);
  }
  if (version <= old.root.version) throw refuse("DOCUMENT_ROLLBACK", "root.version", version);
  if (version !== old.root.version + 1) throw refuse("DOCUMENT_BAD_FIELD", "root.version", version);
  if (tenant !== old.root.tenant) throw refuse("DOCUMENT_WRONG_TENANT", "root.tenant", tenant);
  await verifySignatures(parseEnvelope(bytes, "root"), signersOf(old, "root"));
  return { trusted: next, bytes };
}

/**
 * The chain from the pinned root over stored ones. What is below the pinned root is left out: the program knows better.
 *
 * @throws HaggleError DOCUMENT_EQUIVOCATION for another root of the pinned version, DOCUMENT_TOO_LARGE; likewise all of
 * `verifyNextRoot`
 */
export async function joinRoots(pinned: ChainedRoot, stored: readonly Uint8Array[]): Promise<ChainedRoot[]> {
  if (stored.length > MAX_STORED_ROOTS) throw refuse("DOCUMENT_TOO_LARGE", "roots", stored.length);
  const chain = [pinned];
  for (const bytes of stored) {
    const { root, sha256 } = await verifyRoot(bytes);
    const { version } = pinned.trusted.root;
    if (root.version > version) chain.push(await verifyNextRoot(bytes, chain.at(-1)!));
    if (root.version === version && sha256 !== pinned.trusted.sha256) {
      throw refuse("DOCUMENT_EQUIVOCATION", "root", sha256);
    }
  }
  return chain;
}

/** The next that there may be. */
export function rootAfter(chain: readonly ChainedRoot[]) {
  return { kind: "root", version: chain.at(-1)!.trusted.root.version + 1 } as const;
}

/** The chain with the roots behind it that the source has, asked for by number until there is none. */
export async function followRoots(
  chain: readonly ChainedRoot[],
  source: ReleaseSource,
  signal: AbortSignal | undefined,
): Promise<ChainedRoot[]> {
  const roots = [...chain];
  for (let count = 0; count < MAX_NEW_ROOTS; count++) {
    const last = roots.at(-1)!;
    const bytes = await source(rootAfter(roots), signal);
    if (bytes === undefined) break;
    roots.push(await verifyNextRoot(bytes, last));
  }
  return roots;
}
