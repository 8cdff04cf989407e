// Runs the cases of a project through the whole way from a built bundle to a price, each as a shop's page would.

import {
  type Cart,
  DEFAULT_POLICY,
  HaggleError,
  type Policy,
  type Promotion,
  parsePolicy,
  parsePromotions,
  type RuleMetadata,
} from "@haggle/abi";
import { createEngine, type Engine } from "@haggle/sdk";
import { withVariants } from "@haggle/sdk/experiments";
import type { Signer } from "@haggle/sdk/sign";
import type { Build } from "../build.ts";
import { defaultPromotions } from "../default-promotions.ts";
import { signRelease } from "../signed-documents.ts";
import { problemsOf } from "./differences.ts";
import { belongsTo, type Case, type CaseFile } from "./parse-cases.ts";

export type CaseResult = {
  file: string;
  name: string;
  stated: Case;
  /** Those that the file belongs to. */
  rules: readonly RuleMetadata[];
  /** As JSON. */
  decision: unknown;
  problems: string[];
};

/** What `build` gives for a project that is right, as far as cases need it. */
export type BuiltProject = Pick<Extract<Build, { ok: true }>, "bundle" | "digest" | "root" | "metadata">;

export type CaseRunner = {
  /** The rules that a file of cases belongs to. @throws HaggleError CLI_CASES where there is none */
  rulesOf(file: string): readonly RuleMetadata[];
  /** The engine that prices a case: cases with the same promotions and policy share one. */
  engineOf(file: string, stated: Case): Promise<Engine>;
  /** Prices the case and holds the decision against what it expects. */
  run(file: string, stated: Case): Promise<CaseResult>;
};

/** The documents of a test run live as long as it does. */
const TEST_TIME = 0;

/**
 * Runs cases one by one, for programs that end between two of them. `signer` is the one that the bundle was built with,
 * `policy` the project's; with `server` they are priced as a server would.
 *
 * @example
 * const runner = createCaseRunner(built, { signer });
 * const { problems } = await runner.run("rules/a.cases.json", { name: "x", cart, expect: { total: 900 } });
 */
export function createCaseRunner(
  built: BuiltProject,
  { signer, policy: base, server = false }: { signer: Signer; policy?: Policy | undefined; server?: boolean },
): CaseRunner {
  const engines = new Map<string, Promise<Engine>>();

  function rulesOf(file: string): readonly RuleMetadata[] {
    const rules = built.metadata.rules.filter((rule) => belongsTo(rule, file));
    if (rules.length > 0) return rules;
    throw new HaggleError("CLI_CASES", "No rule stands beside these cases", { at: file });
  }

  async function engineOf(file: string, stated: Case): Promise<Engine> {
    const promotions = stated.promotions ?? promotionsOf(stated, rulesOf(file), file);
    const policy = policyOf(stated, base, file);
    const key = JSON.stringify([promotions, policy]);
    const engine = engines.get(key) ?? startEngine(built, signer, promotions, policy, server);
    engines.set(key, engine);
    return engine;
  }

  async function run(file: string, stated: Case): Promise<CaseResult> {
    const rules = rulesOf(file);
    const engine = await engineOf(file, stated);
    const cart = cartOf(stated);
    const decided = engine.evaluate(cart);
    const decision: unknown = JSON.parse(JSON.stringify(decided));
    const problems = problemsOf(stated.expect, decided, decision, cart);
    return { file, name: stated.name, stated, rules, decision, problems };
  }

  return { rulesOf, engineOf, run };
}

/**
 * Runs all cases of all files, in their order.
 *
 * @throws HaggleError CLI_CASES for cases that belong to no rule
 */
export async function runCases(
  built: BuiltProject,
  files: readonly CaseFile[],
  options: { signer: Signer; policy?: Policy | undefined },
): Promise<CaseResult[]> {
  const runner = createCaseRunner(built, options);
  const results: CaseResult[] = [];
  for (const { file, cases } of files) {
    runner.rulesOf(file); // also where a file says no case
    for (const stated of cases) results.push(await runner.run(file, stated));
  }
  return results;
}

/** The cart as whoever prices gives it to the engine. What is no cart is for the engine to refuse. */
export function cartOf({ cart, experiments }: Case): unknown {
  if (experiments === undefined || typeof cart !== "object" || cart === null) return cart;
  const { customer } = cart as { customer?: { segments?: unknown } | null };
  if (customer !== undefined && !Array.isArray(customer?.segments)) return cart;
  const assignments = Object.entries(experiments).map(([experiment, variant]) => ({ experiment, variant }));
  return withVariants(cart as Cart, assignments);
}

/** The file's rules as promotions, a single one with the parameters of its case. */
function promotionsOf(
  { name, parameters }: Case,
  rules: readonly RuleMetadata[],
  file: string,
): readonly Promotion[] {
  const promotions = defaultPromotions(rules);
  if (parameters === undefined) return promotions;
  if (promotions.length > 1) {
    const message = "Parameters need a single rule beside the cases; state promotions";
    throw new HaggleError("CLI_CASES", message, { at: file, value: name });
  }
  return parsePromotions([{ ...promotions[0], parameters }], `${file}: ${name}`);
}

function policyOf({ name, policy }: Case, base: Policy | undefined, file: string): Policy | undefined {
  if (policy === undefined) return base;
  return parsePolicy({ ...(base ?? DEFAULT_POLICY), ...policy }, `${file}: ${name}`);
}

async function startEngine(
  built: BuiltProject,
  signer: Signer,
  promotions: readonly Promotion[],
  policy: Policy | undefined,
  server: boolean,
): Promise<Engine> {
  const release = await signRelease({
    signer,
    version: 1,
    now: TEST_TIME,
    bundle: { sha256: built.digest, size: built.bundle.length },
    metadata: built.metadata,
    promotions,
    ...(policy === undefined ? {} : { policy }),
  });
  return createEngine({
    bundle: built.bundle,
    release: release.bytes,
    root: built.root.bytes,
    server,
    development: true,
  });
}
