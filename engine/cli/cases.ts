// The cases beside a rule: carts and what they must come to, as JSON, run through the whole way from source to price.

import { basename, dirname, join, relative, sep } from "node:path";
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
import { type Signer, signerFromSeed } from "@haggle/sdk/sign";
import {
  type Build,
  build,
  type Diagnostic,
  defaultPromotions,
  RULE_SUFFIX,
  signRelease,
} from "@haggle/toolchain";
import { checkCartFields } from "./cart-fields.ts";
import { getJson, listFolder } from "./files.ts";
import { createKeptCompiler } from "./kept-compiler.ts";
import type { ProjectFolder } from "./project.ts";
import { expandVariants } from "./promotion-files/variants.ts";

/** One case of a file. */
export type Case = {
  name: string;
  cart: unknown;
  /** A part of the decision's JSON: objects may leave fields out, arrays are compared whole. */
  expect: unknown;
  /** What runs; every rule of the file (of the folder, for `cases.json`) with its defaults when left out. */
  promotions?: Promotion[];
  /** Instead of the defaults, for the only rule that the cases belong to. */
  parameters?: Record<string, unknown>;
  /** What differs from the project's policy. */
  policy?: Partial<Policy>;
  /** The variants that the cart's customer is in, by experiment. */
  experiments?: Record<string, string>;
};

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

export type CasesOutcome =
  | { ok: false; diagnostics: Diagnostic[] }
  | { ok: true; rules: readonly RuleMetadata[]; results: CaseResult[]; diagnostics: Diagnostic[] };

const CASES_SUFFIX = ".cases.json";
const FOLDER_CASES = "cases.json";
/** The documents of a test run live for one process. */
const TEST_TIME = 0;

/**
 * Builds the project once and runs all its cases.
 *
 * @throws HaggleError CLI_CASES, CLI_NOT_JSON for a file that is not one of cases; CART_UNKNOWN_FIELD for a cart in it
 */
export async function runCases(project: ProjectFolder): Promise<CasesOutcome> {
  const stated = await readCases(project.root);
  const signer = await signerFromSeed(crypto.getRandomValues(new Uint8Array(32)));
  const compiler = await createKeptCompiler();
  const built = await build(project, {
    compiler,
    signer,
    version: 1,
    now: TEST_TIME,
    development: true,
    ...project.data,
  });
  if (!built.ok) return built;
  const results: CaseResult[] = [];
  for (const { file, cases } of stated) {
    const rules = built.metadata.rules.filter((rule) => belongs(rule, file));
    if (rules.length === 0)
      throw new HaggleError("CLI_CASES", "No rule stands beside these cases", { at: file });
    const engines = new Map<string, Promise<Engine>>();
    for (const each of cases) {
      const promotions = each.promotions ?? promotionsOf(each, rules, file);
      const policy = policyOf(each, project.data.policy, file);
      const key = JSON.stringify([promotions, policy]);
      const engine = engines.get(key) ?? engineOf(built, signer, promotions, policy);
      engines.set(key, engine);
      const decision: unknown = JSON.parse(JSON.stringify((await engine).evaluate(cartOf(each))));
      const problems = differences(each.expect, decision, "");
      results.push({ file, name: each.name, stated: each, rules, decision, problems });
    }
  }
  return { ok: true, rules: built.metadata.rules, results, diagnostics: built.diagnostics };
}

/** All of them before anything is compiled, which takes longer. */
async function readCases(root: string): Promise<{ file: string; cases: Case[] }[]> {
  const paths = await findCaseFiles(join(root, "rules"));
  return Promise.all(
    paths.map(async (path) => {
      const file = relative(root, path).split(sep).join("/");
      return { file, cases: parseCases(await getJson(path), file) };
    }),
  );
}

/** `a.cases.json` belongs to `a.rule.ts`, `cases.json` to every rule of its folder. */
function belongs(rule: RuleMetadata, file: string): boolean {
  if (dirname(rule.file) !== dirname(file)) return false;
  if (basename(file) === FOLDER_CASES) return true;
  return basename(rule.file, RULE_SUFFIX) === basename(file, CASES_SUFFIX);
}

/** The file's rules as promotions, a single one with the parameters of its case. */
function promotionsOf(
  { name, parameters }: Case,
  rules: readonly RuleMetadata[],
  file: string,
): readonly Promotion[] {
  const promotions = defaultPromotions(rules);
  if (parameters === undefined) return promotions;
  if (promotions.length > 1)
    throw refuse("Parameters need a single rule beside the cases; state promotions", file, name);
  return parsePromotions([{ ...promotions[0], parameters }], `${file}: ${name}`);
}

function policyOf({ name, policy }: Case, base: Policy | undefined, file: string): Policy | undefined {
  if (policy === undefined) return base;
  return parsePolicy({ ...(base ?? DEFAULT_POLICY), ...policy }, `${file}: ${name}`);
}

async function engineOf(
  built: Extract<Build, { ok: true }>,
  signer: Signer,
  promotions: readonly Promotion[],
  policy: Policy | undefined,
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
    development: true,
  });
}

async function findCaseFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await listFolder(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await findCaseFiles(path)));
    else if (entry.name === FOLDER_CASES || entry.name.endsWith(CASES_SUFFIX)) found.push(path);
  }
  return found.sort();
}

function parseCases(value: unknown, file: string): Case[] {
  if (!Array.isArray(value)) throw refuse("Cases are an array", file, value);
  return value.map((entry: unknown, index) => {
    const at = `${file}[${index}]`;
    if (typeof entry !== "object" || entry === null) throw refuse("A case is an object", at, entry);
    const { name, cart, expect, ...rest } = entry as Record<string, unknown>;
    const unknown = Object.keys(rest).find((key) => !OPTIONS.includes(key));
    if (unknown !== undefined)
      throw refuse(`A case has name, cart, expect, ${OPTIONS.join(", ")}`, at, unknown);
    if (typeof name !== "string" || name === "") throw refuse("A case needs a name", at, name);
    if (cart === undefined || expect === undefined)
      throw refuse("A case needs a cart and what to expect", at, name);
    checkCartFields(cart, `${at}.cart`);
    const { promotions, parameters, policy, experiments } = rest;
    if (promotions !== undefined && parameters !== undefined)
      throw refuse("A case states promotions or parameters", at, name);
    return {
      name,
      cart,
      expect,
      ...(promotions === undefined
        ? {}
        : { promotions: parsePromotions(withSiblings(promotions), `${at}.promotions`) }),
      ...(parameters === undefined ? {} : { parameters: getObject(parameters, `${at}.parameters`) }),
      ...(policy === undefined ? {} : { policy: getObject(policy, `${at}.policy`) }),
      ...(experiments === undefined ? {} : { experiments: getVariants(experiments, `${at}.experiments`) }),
    };
  });
}

const OPTIONS = ["promotions", "parameters", "policy", "experiments"];

function withSiblings(promotions: unknown): unknown {
  if (!Array.isArray(promotions)) return promotions;
  return promotions.flatMap((each) => expandVariants(each).map(({ value }) => value));
}

/** The cart as whoever prices gives it to the engine. What is no cart is for the engine to refuse. */
function cartOf({ cart, experiments }: Case): unknown {
  if (experiments === undefined || typeof cart !== "object" || cart === null) return cart;
  const { customer } = cart as { customer?: { segments?: unknown } | null };
  if (customer !== undefined && !Array.isArray(customer?.segments)) return cart;
  const assignments = Object.entries(experiments).map(([experiment, variant]) => ({ experiment, variant }));
  return withVariants(cart as Cart, assignments);
}

function getVariants(value: unknown, at: string): Record<string, string> {
  const variants = getObject(value, at);
  const wrong = Object.entries(variants).find(([, variant]) => typeof variant !== "string");
  if (wrong !== undefined) throw refuse("A variant is text", `${at}.${wrong[0]}`, wrong[1]);
  return variants as Record<string, string>;
}

function getObject(value: unknown, at: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw refuse("These are an object", at, value);
}

function refuse(message: string, at: string, value: unknown): HaggleError {
  return new HaggleError("CLI_CASES", message, { at, value });
}

/** Where `actual` is not what `expected` says, as lines for people. */
function differences(expected: unknown, actual: unknown, at: string): string[] {
  const place = at === "" ? "decision" : at;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) {
      return [`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
    }
    return expected.flatMap((item, index) => differences(item, actual[index], `${at}[${index}]`));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) {
      return [`${place}: expected an object, got ${JSON.stringify(actual)}`];
    }
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, (actual as Record<string, unknown>)[key], at === "" ? key : `${at}.${key}`),
    );
  }
  if (Object.is(expected, actual)) return [];
  return [`${place}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
}
