import { refuse } from "@haggle/abi";
import { verifyRoot } from "@haggle/sdk";
import { type ChainedRoot, verifyNextRoot } from "@haggle/sdk/trust";
import type { Queryable } from "../../platform/database/database.ts";
import type { LiveRelease } from "./live-release.ts";
import { findFirstRoot, findRoot } from "./store.ts";

type Dependencies = {
  findLive: () => LiveRelease | undefined;
  /** The operator's root. */
  pinned: Uint8Array | undefined;
  /** A production server refuses a development root. */
  production: boolean;
};

/** Finds the root by which new documents are judged, which may be ahead of the one that shoppers have. */
export function createRootFinder({ findLive, pinned, production }: Dependencies) {
  /**
   * The newest root of the registry, from the one that this process trusts on: the live one's, the operator's, or the
   * registry's first.
   *
   * @throws HaggleError SERVER_NO_ROOT, SERVER_DEVELOPMENT_ROOT, DOCUMENT_*
   */
  return async (db: Queryable): Promise<ChainedRoot> => {
    let last = await findTrusted(db);
    for (;;) {
      const next = await findRoot(db, last.trusted.root.version + 1);
      if (next === undefined) return last;
      last = await verifyNextRoot(next.document, last);
    }
  };

  async function findTrusted(db: Queryable): Promise<ChainedRoot> {
    const live = findLive();
    if (live !== undefined) return { trusted: live.trusted, bytes: live.files.root };
    const bytes = pinned ?? (await findFirstRoot(db));
    if (bytes === undefined) throw refuse("SERVER_NO_ROOT", "root");
    const trusted = await verifyRoot(bytes);
    if (production && trusted.root.development) throw refuse("SERVER_DEVELOPMENT_ROOT", "root");
    return { trusted, bytes };
  }
}
