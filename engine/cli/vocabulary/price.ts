// Prices cases by the engine's own way from data to price: one bundle without rules, a signed release for each case.

import { HaggleError, type Promotion } from "@haggle/abi";
import { createEngine, type PricedDecision } from "@haggle/sdk";
import { signerFromSeed } from "@haggle/sdk/sign";
import { build, type Compiler, signRelease } from "@haggle/toolchain";
import type { Converted } from "./convert.ts";

/** What a storefront would load to price one case. */
export type CaseFiles = { bundle: Uint8Array; release: Uint8Array; root: Uint8Array };

export type Pricer = {
  sign(converted: Converted): Promise<CaseFiles>;
  /** @throws HaggleError when the release or the cart is refused */
  price(converted: Converted): Promise<PricedDecision>;
};

/** The documents live for one process. */
const ISSUED = 0;
/** A build needs rules or promotions; every case has a release of its own. */
const NO_EFFECT: Promotion = { id: "none", priority: 0, effects: [{ target: "order", amount: 0 }] };

/** Compiles the runtime once, and signs with a key that is thrown away. */
export async function createPricer(compiler: Compiler): Promise<Pricer> {
  const signer = await signerFromSeed(crypto.getRandomValues(new Uint8Array(32)));
  const options = { compiler, signer, version: 1, now: ISSUED, promotions: [NO_EFFECT] };
  const built = await build({ files: {} }, options);
  if (!built.ok) throw new HaggleError("ENGINE_COMPILE", JSON.stringify(built.diagnostics));
  const { bundle, root, metadata, digest } = built;
  const sign = async ({ promotions, policy }: Converted) => {
    const release = await signRelease({
      signer,
      version: 1,
      now: ISSUED,
      bundle: { sha256: digest, size: bundle.length },
      metadata,
      promotions,
      policy,
    });
    return { bundle, release: release.bytes, root: root.bytes };
  };
  return {
    sign,
    async price(converted) {
      const engine = await createEngine(await sign(converted));
      const decision = engine.evaluate(converted.cart);
      if (!decision.ok) throw decision.error;
      return decision;
    },
  };
}
