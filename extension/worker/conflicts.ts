// What the promotions of a project do that nobody wants, by the toolchain's own check: as `haggle check` says it.

import { createEngine } from "@haggle/sdk";
import { type CheckReport, checkPromotions, signRelease } from "@haggle/toolchain";
import type { ConflictReport } from "../shared/conflicts.ts";
import type { CallContext } from "./calls.ts";
import type { KeptBuild } from "./kept-builds.ts";

/** `now` is epoch ms: what is over by then never applies. */
export type ConflictsOptions = { now: number; currency?: string };

/** @throws whatever the call was aborted with, between two checks */
export async function findConflicts(
  { built, signer }: KeptBuild,
  { now, currency }: ConflictsOptions,
  { signal, onProgress }: Pick<CallContext, "signal" | "onProgress">,
): Promise<ConflictReport> {
  const { bundle, release, root, metadata } = built;
  const host = { bundle, root: root.bytes, server: true, development: true };
  const engine = await createEngine({ ...host, release: release.bytes });
  const { promotions, policy } = engine;
  const reference = { sha256: built.digest, size: bundle.length };
  const report: CheckReport = await checkPromotions({
    ...{ promotions, policy, metadata, now },
    price: (cart) => engine.evaluate(cart),
    async reorder(reordered) {
      const parts = { signer, now, metadata, policy, version: 1, bundle: reference, promotions: reordered };
      const other = await createEngine({ ...host, release: (await signRelease(parts)).bytes });
      return (cart) => other.evaluate(cart);
    },
    async onProgress(done, of) {
      onProgress({ done, of });
      // Messages come between two tasks: one of them may be that nobody wants to know any more.
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
    },
    ...(currency !== undefined && { currency }),
  });
  return { ok: true, ...report, promotions: promotions.length };
}
