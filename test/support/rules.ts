// Rule sources to engines, the way a shop gets them: built, signed, verified. Compiled once per set of sources.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Cart, type Channel, DEFAULT_POLICY, type Policy, type Promotion } from "@haggle/abi";
import { createEngine, type Decision, type Engine, type PricedDecision } from "@haggle/sdk";
import { type SignedDocument, signDocument, signerFromSeed } from "@haggle/sdk/sign";
import {
  type Build,
  build,
  type Compiler,
  createCompiler,
  defaultPromotions,
  signRelease,
} from "@haggle/toolchain";
import { readRuntimeSources } from "../../engine/cli/runtime-sources.ts";
import { keepBuild } from "./keep-build.ts";

export type BuiltRules = Build & { ok: true };

const RULES = join(import.meta.dirname, "../../rules/promotions");
const NOW = 1_780_000_000_000;
const DAY_MS = 24 * 60 * 60 * 1000;

let compiler: Promise<Compiler> | undefined;

/** Builds sources given by the name of their rule file: `{ half: "@promo(...) ..." }`. */
export async function buildSources(sources: Readonly<Record<string, string>>): Promise<Build> {
  compiler ??= readRuntimeSources().then((runtime) => createCompiler({ runtime }));
  const files = Object.fromEntries(
    Object.entries(sources).map(([name, text]) => [`rules/${name}.rule.ts`, text]),
  );
  return build({ files }, { compiler: await compiler, signer: await testSigner(), version: 1, now: NOW });
}

/** Like `buildSources`, of sources that compile, which each run of the tests compiles once. */
export function buildRules(sources: Readonly<Record<string, string>>): Promise<BuiltRules> {
  return keepBuild("rules", sources, async () => {
    const built = await buildSources(sources);
    if (!built.ok) throw new Error(JSON.stringify(built.diagnostics, null, 1));
    return built;
  });
}

let demo: Promise<BuiltRules> | undefined;

/** The rules of the demo shop. */
export function buildDemoRules(): Promise<BuiltRules> {
  demo ??= readDemoSources().then(buildRules);
  return demo;
}

/** The sources of those rules of rules/promotions that are promotions by themselves, by the name of their files. */
export async function readDemoSources(): Promise<Record<string, string>> {
  const sources: Record<string, string> = {};
  for (const name of await readdir(RULES)) {
    const source = await readFile(join(RULES, name, `${name}.rule.ts`), "utf8");
    if (!source.includes("template=true")) sources[name] = source;
  }
  return sources;
}

export type EngineSetup = {
  /** Instead of one promotion for each rule. */
  promotions?: readonly Promotion[];
  policy?: Partial<Policy>;
  /** What the channel switches off. */
  off?: Partial<Channel["off"]>;
  server?: boolean;
};

/** Signs a release of the built rules and makes the engine that a storefront makes of it. */
export async function makeEngine(built: BuiltRules, setup: EngineSetup = {}): Promise<Engine> {
  const { promotions = defaultPromotions(built.metadata.rules), policy = {}, off, server = false } = setup;
  const release = await signTestRelease(built, promotions, policy);
  const channel = off && (await signChannel(release.sha256, off));
  return createEngine({
    bundle: built.bundle,
    release: release.bytes,
    root: built.root.bytes,
    ...(channel === undefined ? {} : { channel: channel.bytes }),
    server,
  });
}

/** A release of the built rules, under the default policy but for what is given. */
export async function signTestRelease(
  built: BuiltRules,
  promotions: readonly Promotion[],
  policy: Partial<Policy> = {},
): Promise<SignedDocument> {
  return signRelease({
    signer: await testSigner(),
    version: 1,
    now: NOW,
    bundle: { sha256: built.digest, size: built.bundle.length },
    metadata: built.metadata,
    promotions,
    policy: { ...DEFAULT_POLICY, ...policy },
  });
}

async function signChannel(release: string, off: Partial<Channel["off"]>) {
  return signDocument(
    {
      type: "channel",
      channel: "stable",
      version: 1,
      issued: NOW,
      expires: NOW + DAY_MS,
      arms: [{ release, range: [0, 10_000], seed: "stable" }],
      off: { promotions: [], rules: [], releases: [], ...off },
      minRelease: 0,
    },
    [await testSigner()],
  );
}

function testSigner() {
  return signerFromSeed(new Uint8Array(32).fill(7));
}

/** A decision that must be a price. */
export function priceOf(engine: Engine, cart: Cart): PricedDecision {
  return expectPriced(engine.evaluate(cart));
}

export function expectPriced(decision: Decision): PricedDecision {
  if (!decision.ok) throw decision.error;
  return decision;
}
