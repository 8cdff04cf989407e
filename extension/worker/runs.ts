// Runs cases in the sandbox that the storefront has, from the build that is kept, and tells what each came to: the
// decision, what each rule gave, fuel, time, and where a rule stopped.

import {
  explainError,
  findMinorDigits,
  HaggleError,
  isTooLargeForProject,
  nameAllMissing,
  type Promotion,
  type RuleMetadata,
  refuse,
} from "@haggle/abi";
import type { Cart, Decision, DecisionJson, Engine } from "@haggle/sdk";
import { explain } from "@haggle/sdk/explain";
import { defaultPromotions } from "@haggle/toolchain";
import {
  belongsTo,
  type Case,
  cartOf,
  createCaseRunner,
  parseCases,
  problemsOf,
} from "@haggle/toolchain/cases";
import { caseNameOf } from "../shared/case-names.ts";
import type { CaseOutcome, RuleGift, TracedPromotion, TraceReport, TraceRequest } from "../shared/runs.ts";
import type { CallContext } from "./calls.ts";
import { findFaults } from "./faults.ts";
import { fuelLimitOf } from "./fuel.ts";
import type { KeptBuild } from "./kept-builds.ts";

export type RunOptions = {
  /** Texts of the project's cases by their files. */
  cases: Readonly<Record<string, string>>;
  /** Cases of this file, beside this rule, of these names; all where none is said. */
  file?: string | undefined;
  rule?: string | undefined;
  names?: readonly string[] | undefined;
};

/** So long nobody is heard: messages come between two tasks, and one of them may be that this run is not wanted any more. */
const DEAF_MS = 20;

/**
 * Runs cases in their order. A file or a case that is wrong is told as an outcome with an error, and the others run.
 *
 * @throws whatever `signal` was aborted with
 */
export async function runCases(
  kept: KeptBuild,
  { cases, file, rule, names }: RunOptions,
  { signal, onProgress }: Pick<CallContext, "signal" | "onProgress">,
): Promise<CaseOutcome[]> {
  const { rules } = kept.built.metadata;
  const wantedRule = rules.find(({ name }) => name === rule);
  const isWanted = (each: string) =>
    (file === undefined || each === file) &&
    (rule === undefined || (wantedRule !== undefined && belongsTo(wantedRule, each)));
  const wanted = Object.keys(cases)
    .filter(isWanted)
    .sort()
    .flatMap((each) => readEntries(each, cases[each]!))
    .filter(({ name }) => names === undefined || names.includes(name));

  const run = createRun(kept);
  const outcomes: CaseOutcome[] = [];
  let told = 0;
  let heard = performance.now();
  for (const entry of wanted) {
    if (performance.now() - heard > DEAF_MS) {
      onProgress({ done: outcomes.length, of: wanted.length, part: outcomes.slice(told) });
      told = outcomes.length;
      await new Promise((resolve) => setTimeout(resolve));
      heard = performance.now();
    }
    signal.throwIfAborted();
    outcomes.push((await run(entry)).outcome);
  }
  return outcomes;
}

/** Runs a case, or prices a cart by the defaults of a rule, and tells what became of each promotion, in sentences. */
export async function traceCase(
  kept: KeptBuild,
  cases: Readonly<Record<string, string>>,
  request: TraceRequest,
): Promise<TraceReport> {
  const entry = "cart" in request ? ruleAlone(kept, request.rule, request.cart) : caseAt(cases, request);
  const { outcome, engine, cart } = await createRun(kept)(entry);
  if (engine === undefined) return { ok: true, outcome, cart: undefined, trace: [] };
  const decision = outcome.decision as DecisionJson & { error?: unknown };
  const trace = decision.error === undefined ? traceOf(decision, engine, cart as Cart, request.locale) : [];
  return { ok: true, outcome, cart, trace };
}

/** One case of a file, before anybody knows whether it is one. */
type Entry = { file: string; index: number; name: string; parse: () => Case };

/** Errors of a whole file stand where its first case would. */
function readEntries(file: string, text: string): Entry[] {
  try {
    if (isTooLargeForProject(text)) throw refuse("CLI_FILE_TOO_LARGE", file, text.length);
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) parseCases(value, file);
    return (value as unknown[]).map((entry, index) => entryOf(file, entry, index));
  } catch (error) {
    const parse = () => {
      throw error instanceof SyntaxError
        ? new HaggleError("CLI_NOT_JSON", error.message, { at: file })
        : error;
    };
    return [{ file, index: 0, name: "", parse }];
  }
}

function entryOf(file: string, entry: unknown, index: number): Entry {
  const { name } = (typeof entry === "object" && entry !== null ? entry : {}) as { name?: unknown };
  // Alone, so that what is wrong with one case does not keep the others from running.
  return { file, index, name: caseNameOf(name, index), parse: () => parseCases([entry], file)[0]! };
}

function caseAt(
  cases: Readonly<Record<string, string>>,
  { file, index }: { file: string; index: number },
): Entry {
  const entries = readEntries(file, cases[file] ?? "");
  const missing = () => {
    throw new HaggleError("CLI_CASES", "There is no such case any more", { at: `${file}[${index}]` });
  };
  return entries[index] ?? { file, index, name: "", parse: missing };
}

function ruleAlone({ built }: KeptBuild, rule: string, cart: unknown): Entry {
  const known = built.metadata.rules.filter(({ name }) => name === rule);
  const parse = (): Case => {
    if (known.length > 0) return { name: rule, cart, expect: {}, promotions: defaultPromotions(known) };
    throw new HaggleError("PROMOTION_UNKNOWN_RULE", "The project has no such rule", { at: rule });
  };
  return { file: known[0]?.file ?? "", index: 0, name: rule, parse };
}

type Ran = { outcome: CaseOutcome; engine?: Engine; cart?: unknown };

function createRun(kept: KeptBuild): (entry: Entry) => Promise<Ran> {
  const { built, signer, policy } = kept;
  const runner = createCaseRunner(built, { signer, policy });

  return async ({ file, index, name, parse }) => {
    const rules = built.metadata.rules.filter((rule) => belongsTo(rule, file) || rule.file === file);
    const of = { file, index, name, rules: rules.map((rule) => rule.name) };
    try {
      const stated = parse();
      const engine = await runner.engineOf(file, stated);
      const cart = cartOf(stated);
      const { decision, durationMs } = evaluate(engine, cart);
      const json = JSON.parse(JSON.stringify(decision));
      const problems = problemsOf(stated.expect, decision, json, cart);
      const faults = await findFaults({
        ...{ decision, engine, cart, bundle: built.bundle, findMap: kept.findMap },
        refusing: (promotions) =>
          runner.engineOf(file, {
            ...{ name, cart, expect: {}, promotions: [...promotions] },
            policy: { ...stated.policy, onFault: "refuse" },
          }),
      });
      const outcome: CaseOutcome = {
        ...{
          ...of,
          passed: problems.length === 0,
          problems,
          expect: stated.expect,
          decision: json,
          durationMs,
          faults,
        },
        gave: decision.ok ? giftsOf(json, engine.promotions, built.metadata.rules, cart as Cart) : [],
        minorDigits: decision.ok ? (findMinorDigits(decision.currency) ?? 0) : 0,
        ...(decision.ok
          ? { fuel: decision.fuelUsed, fuelLimit: fuelLimitOf(engine, decision) }
          : { refusal: refusalOf(decision.error, cart) }),
      };
      return { outcome, engine, cart };
    } catch (error) {
      if (!(error instanceof HaggleError)) throw error;
      // It was parsed as the only one of its file.
      const place = (text: string) => text.replaceAll(`${file}[0]`, `${file}[${index}]`);
      const { code, at } = error;
      const told = {
        code,
        message: place(explainError(error)),
        ...(at !== undefined && { at: place(String(at)) }),
      };
      const nothing = {
        problems: [],
        expect: undefined,
        gave: [],
        minorDigits: 0,
        durationMs: 0,
        faults: [],
      };
      return { outcome: { ...of, ...nothing, passed: false, error: told } };
    }
  };
}

function refusalOf(error: HaggleError, cart: unknown): NonNullable<CaseOutcome["refusal"]> {
  const { code, message } = nameAllMissing(error, cart);
  return { code, message: explainError({ code, message }) };
}

/** Twice, and the shorter time counts: the first evaluation of an engine pays for its compilation. */
function evaluate(engine: Engine, cart: unknown): { decision: Decision; durationMs: number } {
  const start = performance.now();
  engine.evaluate(cart);
  const middle = performance.now();
  const decision = engine.evaluate(cart);
  return { decision, durationMs: Math.min(middle - start, performance.now() - middle) };
}

function giftsOf(
  decision: DecisionJson,
  promotions: readonly Promotion[],
  rules: readonly RuleMetadata[],
  cart: Cart,
): RuleGift[] {
  const ruleOf = (id: string) => promotions.find((promotion) => promotion.id === id)?.rule;
  const ran = [
    ...new Set(decision.promotions.map(({ id }) => ruleOf(id)).filter((rule) => rule !== undefined)),
  ];
  return ran.map((rule) => {
    const statuses = decision.promotions.filter(({ id }) => ruleOf(id) === rule).map(({ status }) => status);
    if (rules.find(({ name }) => name === rule)?.kind === "pricing") {
      const priced = decision.lines.map(({ listPrice, unitPrice }, i) =>
        listPrice === undefined || unitPrice === undefined
          ? 0
          : (listPrice - unitPrice) * cart.lines[i]!.quantity,
      );
      return { rule, amount: sum(priced), reasons: [], statuses };
    }
    const discounts = [...decision.lines, ...decision.shipping]
      .flatMap((entry) => entry.discounts)
      .filter(({ promotion }) => ruleOf(promotion) === rule);
    const added = decision.added.filter(({ promotion }) => ruleOf(promotion) === rule);
    const grants = decision.grants.filter(({ promotion }) => ruleOf(promotion) === rule);
    return {
      rule,
      amount: sum([...discounts.map(({ amount }) => amount), ...added.map(({ discount }) => discount)]),
      reasons: [...new Set([...discounts, ...grants].map(({ reason }) => reason))],
      statuses,
    };
  });
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

function traceOf(
  decision: DecisionJson,
  { promotions, policy }: Engine,
  cart: Cart,
  locale: TraceRequest["locale"],
): TracedPromotion[] {
  const withRule = (id: string) => {
    const rule = promotions.find((promotion) => promotion.id === id)?.rule;
    return { id, ...(rule !== undefined && { rule }) };
  };
  const sentences = explain(decision, { promotions, policy, cart, locale });
  const ran = decision.promotions.map(({ id, status, wanted, granted }, i) => ({
    ...{ ...withRule(id), status, wanted, granted, text: sentences[i]!.text },
  }));
  const looked = new Set(decision.promotions.map(({ id }) => id));
  const left = promotions.filter(({ id }) => !looked.has(id));
  return [...ran, ...left.map(({ id }) => ({ ...withRule(id), wanted: 0, granted: 0, text: "" }))];
}
