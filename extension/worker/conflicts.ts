// What the promotions of a project do that nobody wants, by the toolchain's own check: as `haggle check` says it.

import { type CheckReport, checkPromotions, signRelease } from "@haggle/toolchain";
import { createEngine } from "@haggle/sdk";
import type { ConflictReport } from "../shared/conflicts.ts";
import type { KeptBuild } from "./kept-builds.ts";

export type ConflictsOptions = {
  currency?: string | undefined;
  /** Epoch ms. */
  now: number;
  onProgress: (done: number, of: number) => void;
  /** Looked at between two checks. */
  signal: AbortSignal;
};

/** @throws whatever `signal` was aborted with */
export async function findConflicts(kept: KeptBuild, options: ConflictsOptions): Promise<ConflictReport> {
  const { built, signer } = kept;
  const { currency, now, onProgress, signal } = options;
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
      onProgress(done, of);
      // Messages come between two tasks: one of them may be that nobody wants to know any more.
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
    },
    ...(currency !== undefined && { currency }),
  });
  return { ok: true, ...report, promotions: promotions.length };
}
