import { type Experiment, refuse } from "@haggle/abi";
import { compileCondition, createConditionBudget } from "./condition.ts";
import { findModulo100, MODULO_100 } from "./modulo100.ts";

/** Weights are decimals, whose sums are not exact; a tenth of a bucket is 1e-5. */
const TOLERANCE = 1e-6;

/**
 * Checks what the fields of experiments say together: whatever passes assigns each unit to one variant or none, and in
 * bounded time. `at` is the JSON path of the list.
 *
 * @throws HaggleError EXPERIMENT_*
 */
export function checkExperiments(experiments: readonly Experiment[], at = "experiments"): void {
  const byKey = new Map<string, Experiment>();
  const budget = createConditionBudget();
  for (const [i, experiment] of experiments.entries()) {
    const place = `${at}[${i}]`;
    if (byKey.has(experiment.key)) throw refuse("EXPERIMENT_DUPLICATE", `${place}.key`, experiment.key);
    byKey.set(experiment.key, experiment);
    checkVariants(experiment, place);
    const { condition, savedGroups = {} } = experiment;
    if (condition) compileCondition(condition, `${place}.condition`, budget, savedGroups);
    // Those that the condition does not name would be wrong on the day that it does.
    for (const [id, group] of Object.entries(savedGroups)) {
      if (group.type !== "condition") continue;
      compileCondition(group.condition, `${place}.savedGroups.${id}.condition`, budget, savedGroups);
    }
  }
  for (const [i, experiment] of experiments.entries()) checkReferences(experiment, byKey, `${at}[${i}]`);
  checkCircles(byKey, at);
}

function checkVariants({ bucketing, variants, coverage, ranges, forced }: Experiment, at: string): void {
  const keys = variants.map(({ key }) => key);
  const twice = keys.findIndex((key, i) => keys.indexOf(key) !== i);
  if (twice !== -1) throw refuse("EXPERIMENT_DUPLICATE", `${at}.variants[${twice}].key`, keys[twice]);
  for (const [unit, variant] of Object.entries(forced ?? {})) {
    if (!keys.includes(variant)) throw refuse("EXPERIMENT_UNKNOWN", `${at}.forced.${unit}`, variant);
    if (bucketing === "modulo100" && findModulo100(unit) === undefined) {
      throw refuse("EXPERIMENT_BAD_UNIT", `${at}.forced`, unit);
    }
  }
  if (bucketing === "modulo100") {
    const isFixed = ({ key, weight }: Experiment["variants"][number], i: number) =>
      key === MODULO_100[i]?.key && weight === MODULO_100[i]?.weight;
    if (variants.length !== MODULO_100.length || !variants.every(isFixed) || coverage !== 1 || ranges) {
      throw refuse("EXPERIMENT_FIXED", at, keys);
    }
    return;
  }
  const sum = variants.reduce((total, { weight }) => total + weight, 0);
  if (Math.abs(sum - 1) > TOLERANCE) throw refuse("EXPERIMENT_WEIGHTS", `${at}.variants`, sum);
  if (ranges) checkRanges(ranges, variants.length, `${at}.ranges`);
}

function checkRanges(ranges: NonNullable<Experiment["ranges"]>, count: number, at: string): void {
  if (ranges.length !== count) throw refuse("EXPERIMENT_RANGES", at, ranges.length);
  const sorted = ranges
    .map((range, i) => ({ range, i }))
    .filter(({ range: [from, to] }) => from < to)
    .sort((a, b) => a.range[0] - b.range[0]);
  for (const [n, { range, i }] of sorted.entries()) {
    const before = sorted[n - 1];
    if (before && range[0] < before.range[1]) {
      throw refuse("EXPERIMENT_RANGES", `${at}[${i}]`, `[${range[0]}, ${range[1]})`);
    }
  }
}

function checkReferences(
  { prerequisites = [], holdout }: Experiment,
  byKey: ReadonlyMap<string, Experiment>,
  at: string,
): void {
  for (const [i, { experiment, variants }] of prerequisites.entries()) {
    const place = `${at}.prerequisites[${i}]`;
    const needed = byKey.get(experiment);
    if (needed === undefined) throw refuse("EXPERIMENT_UNKNOWN", `${place}.experiment`, experiment);
    const unknown = variants.find((variant) => !needed.variants.some(({ key }) => key === variant));
    if (unknown !== undefined) throw refuse("EXPERIMENT_UNKNOWN", `${place}.variants`, unknown);
  }
  if (holdout === undefined) return;
  if (!byKey.get(holdout)?.variants.some(({ key }) => key === "holdout")) {
    throw refuse("EXPERIMENT_UNKNOWN", `${at}.holdout`, holdout);
  }
}

/** Takes away what depends on nothing that is left, until nothing is, or only circles. */
function checkCircles(byKey: ReadonlyMap<string, Experiment>, at: string): void {
  const left = new Map([...byKey].map(([key, experiment]) => [key, neededBy(experiment)]));
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    for (const [key, needed] of left) if (!needed.some((each) => left.has(each))) left.delete(key);
  }
  if (left.size === 0) return;
  const circle = findCircle(left);
  const index = [...byKey.keys()].indexOf(circle[0]!);
  throw refuse("EXPERIMENT_CYCLE", `${at}[${index}]`, [...circle, circle[0]].join(" -> "));
}

function neededBy({ prerequisites = [], holdout }: Experiment): string[] {
  return [...prerequisites.map(({ experiment }) => experiment), ...(holdout === undefined ? [] : [holdout])];
}

/** Whoever is left needs another that is left, so that a walk comes back to where it was. */
function findCircle(left: ReadonlyMap<string, readonly string[]>): string[] {
  const walk = [left.keys().next().value!];
  for (;;) {
    const next = left.get(walk.at(-1)!)!.find((each) => left.has(each))!;
    const seen = walk.indexOf(next);
    if (seen !== -1) return walk.slice(seen);
    walk.push(next);
  }
}
