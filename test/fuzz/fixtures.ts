// What the fuzzer starts from: one shop, built and signed once, and passed to the worker as bytes.

import type { BundleMetadata, DocumentType, Experiments, Prices, Receipt } from "@haggle/abi";
import { type SignedDocument, signDocument, signerFromSeed } from "@haggle/sdk/sign";
import { signChannel, signRoot } from "@haggle/toolchain";
import { buildDemoRules, signTestRelease } from "../support/rules.ts";

const NOW = 1_780_000_000_000;

export type Fixtures = {
  bundle: Uint8Array;
  metadata: BundleMetadata;
  /** The seed of the one key that has every role. */
  seed: Uint8Array;
  documents: Record<DocumentType, { bytes: Uint8Array; payload: Uint8Array }>;
};

/** The key of test/support/rules.ts, which signed bundle and release. */
const SEED = new Uint8Array(32).fill(7);

export async function makeFixtures(): Promise<Fixtures> {
  const built = await buildDemoRules();
  const signer = await signerFromSeed(SEED);
  const release = await signTestRelease(built, built.promotions);
  const channel = await signChannel({
    ...{ signer, channel: "stable", version: 3, release: release.sha256, now: NOW },
  });
  const prices: Prices = {
    ...{
      type: "prices",
      channel: "stable",
      version: 2,
      issued: NOW,
      expires: NOW + 1000,
      release: release.sha256,
    },
    ...{ strategy: { version: 1, id: "clearance" }, prices: [{ sku: "sku-1", unitPrice: 900 }] },
  };
  const receipt: Receipt = {
    ...{ type: "receipt", tenant: "shop", quote: "q1", currency: "EUR", release: release.sha256 },
    ...{ cart: "a".repeat(64), decision: "b".repeat(64), issued: NOW, expires: NOW + 1000 },
  };
  const experiments: Experiments = {
    ...{ type: "experiments", channel: "stable", version: 1, issued: NOW, expires: NOW + 1000 },
    experiments: [
      {
        ...{ key: "threshold", unit: "customer", seed: "threshold:1", bucketing: "hash2", coverage: 1 },
        variants: [
          { key: "control", weight: 0.5 },
          { key: "b", weight: 0.5 },
        ],
        condition: { country: { $regex: "^(de|at)$" } },
        forced: { "qa-1": "b" },
      },
    ],
  };
  const keep = ({ bytes, envelope }: SignedDocument) => ({ bytes, payload: envelope.payload });
  return {
    bundle: built.bundle,
    metadata: built.metadata,
    seed: SEED,
    documents: {
      root: keep(await signRoot({ signer, now: NOW })),
      release: keep(release),
      channel: keep(channel),
      prices: keep(await signDocument(prices, [signer])),
      receipt: keep(await signDocument(receipt, [signer])),
      experiments: keep(await signDocument(experiments, [signer])),
    },
  };
}
