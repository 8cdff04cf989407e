// Promotions and policy of a project against its rules: every fault with its place, all of them at once. Needs no files
// of its own, so that editors can ask the same.

import {
  type BundleMetadata,
  compileTable,
  DEFAULT_POLICY,
  errorText,
  findFaults,
  HaggleError,
  type Path,
  type Policy,
  type PriceBound,
  type Promotion,
  parsePolicy,
  parsePromotions,
  type Schema,
} from "@haggle/abi";
import { defaultPromotions, unnamedRules } from "../default-promotions.ts";
import { bySource, type Diagnostic } from "../diagnostics.ts";
import { didYouMean } from "../did-you-mean.ts";
import { checkBounds, readBounds } from "./bounds.ts";
import { faultOf, ifSound, stepsOf } from "./faults.ts";
import { findingOf } from "./finding.ts";
import { withoutDates } from "./moments.ts";
import { PARTIAL, policySchema } from "./policy-schema.ts";
import { promotionSchema } from "./promotion-schema.ts";
import type { DataSource } from "./source.ts";
import { expandVariants, idsOf } from "./variants.ts";

export type DataSources = {
  promotions: readonly DataSource[];
  policy: DataSource | undefined;
  bounds?: DataSource | undefined;
  /** Policies that a policy may extend, by name. */
  presets: Readonly<Record<string, Policy>>;
};

/** What goes into a release; undefined where it is not sound, or not there. */
export type Data = { promotions?: Promotion[]; policy?: Policy; bounds?: PriceBound[] };

/** Promotions, policy and bounds without a look at the rules. What is wrong is left out: `checkData` tells of it. */
export function readData(sources: DataSources): Data {
  const entries = sources.promotions.flatMap(entriesOf);
  const isWhole = sources.promotions.every(({ faults }) => faults.length === 0);
  const promotions = isWhole
    ? ifSound(() =>
        parsePromotions(
          entries.flatMap(({ value }) => expandVariants(withoutDates(value)).map((each) => each.value)),
          "promotions",
        ),
      )
    : undefined;
  const { policy: source } = sources;
  const policy =
    source?.faults.length === 0 ? ifSound(() => parsePolicy(extended(sources), source.file)) : undefined;
  const bounds = sources.bounds && readBounds(sources.bounds);
  return {
    ...(promotions === undefined || sources.promotions.length === 0 ? {} : { promotions }),
    ...(policy === undefined ? {} : { policy }),
    ...(bounds === undefined ? {} : { bounds }),
  };
}

/** Everything that is wrong with promotions, policy and bounds, for the rules of a bundle. */
export function checkData(sources: DataSources, metadata: BundleMetadata): Diagnostic[] {
  const { promotions, policy } = readData(sources);
  const found = sources.policy === undefined ? [] : checkPolicy(sources);
  // Lanes cannot be told from a policy that cannot be read.
  const lanes = found.length > 0 ? undefined : (policy ?? DEFAULT_POLICY).lanes;
  const schema = promotionSchema(metadata.rules, lanes);
  for (const source of sources.promotions) found.push(...checkSource(source, schema, metadata));
  const entries = sources.promotions.flatMap(entriesOf);
  found.push(...duplicates(entries, metadata));
  if (sources.bounds !== undefined) found.push(...checkBounds(sources.bounds));
  if (found.length > 0 || promotions === undefined) return found.sort(bySource);
  const all = [...promotions, ...defaultPromotions(unnamedRules(metadata.rules, promotions))];
  return [
    ...findTableFault(all, entries, policy ?? DEFAULT_POLICY, metadata),
    ...looseGroups(entries, policy),
  ];
}

/** One promotion of a file, and the way to it. */
type Entry = { source: DataSource; path: Path; value: unknown };

function entriesOf(source: DataSource): Entry[] {
  const { value, faults } = source;
  if (faults.length > 0) return [];
  if (!Array.isArray(value)) return [{ source, path: [], value }];
  return value.map((each: unknown, i) => ({ source, path: [i], value: each }));
}

function checkSource(source: DataSource, schema: Schema, metadata: BundleMetadata): Diagnostic[] {
  const known = { rules: metadata.rules.map(({ name }) => name) };
  const promotion = schema.$defs!.promotion!;
  const found = [...source.faults];
  for (const { path, value } of entriesOf(source)) {
    const faults = findFaults(value, promotion, schema, path).map((fault) => findingOf(fault, known));
    const isFirst = (at: Path, i: number) => faults.findIndex((other) => `${other.path}` === `${at}`) === i;
    // One mistake may break several sentences of the schema.
    for (const { path: at, ...finding } of faults.filter((fault, i) => isFirst(fault.path, i))) {
      found.push(source.faultAt(at, finding));
    }
    // What no schema can say: an order among numbers, sums of clauses.
    if (faults.length > 0) continue;
    for (const { value: sibling, variant } of expandVariants(withoutDates(value))) {
      const place = variant === undefined ? path : [...path, "variants", variant];
      found.push(...faultOf(source, place, "p", () => parsePromotions([sibling], "p"), 1));
    }
  }
  return found;
}

function checkPolicy(sources: DataSources): Diagnostic[] {
  const source = sources.policy!;
  if (source.faults.length > 0) return source.faults;
  const schema = policySchema(Object.keys(sources.presets));
  const faults = findFaults(source.value, schema, schema);
  if (faults.length > 0) {
    return faults.map((fault) => {
      const { path, ...finding } = findingOf(fault, { rules: [] });
      return source.faultAt(path, finding);
    });
  }
  return faultOf(source, [], "policy", () => parsePolicy(extended(sources), "policy"), 0);
}

/** The policy that a file means: the preset with what the file says on top of it. */
function extended({ policy, presets }: DataSources): unknown {
  const stated = policy!.value;
  const name =
    typeof stated === "object" && stated !== null ? (stated as { extends?: unknown }).extends : undefined;
  if (typeof name !== "string" || !Object.hasOwn(presets, name)) return stated;
  const { extends: _, ...own } = stated as Record<string, unknown>;
  const base = presets[name]!;
  const parts = PARTIAL.map((key) => [key, { ...base[key], ...(own[key] as object | undefined) }]);
  return { ...base, ...own, ...Object.fromEntries(parts) };
}

function duplicates(entries: readonly Entry[], { rules }: BundleMetadata): Diagnostic[] {
  const named = new Set(entries.map(({ value }) => (value as { rule?: unknown } | null)?.rule));
  const alive = new Set(
    rules.filter(({ name, template }) => template !== true && !named.has(name)).map(({ name }) => name),
  );
  const first = new Map<string, Entry>();
  const found: Diagnostic[] = [];
  for (const { entry, id } of entries.flatMap((entry) => idsOf(entry.value).map((id) => ({ entry, id })))) {
    const before = first.get(id);
    if (before === undefined) first.set(id, entry);
    if (before === undefined && !alive.has(id)) continue;
    const other = before ? placeOf(before) : "the rule of that name, which is a promotion by itself";
    const message = `The id ${JSON.stringify(id)} is taken by ${other}`;
    found.push(entry.source.faultAt([...entry.path, "id"], { code: "PROMOTION_DUPLICATE", message }));
  }
  return found;
}

function placeOf({ source, path }: Entry): string {
  const { file, line } = source.faultAt([...path, "id"], { code: "PROMOTION_DUPLICATE", message: "" });
  return `${file}:${line}`;
}

/** What only the whole table shows, such as trees of mixed phases, and its size. */
function findTableFault(
  promotions: readonly Promotion[],
  entries: readonly Entry[],
  policy: Policy,
  metadata: BundleMetadata,
): Diagnostic[] {
  try {
    compileTable(promotions, policy, metadata);
    return [];
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    const at = String(error.at ?? "");
    const places = entries.flatMap((entry) => idsOf(entry.value).map((id) => ({ entry, id })));
    const place = places.find(({ id }) => at.startsWith(`promotions.${id}.`));
    if (place === undefined) throw error;
    const { entry, id } = place;
    const field = at.slice(`promotions.${id}.`.length);
    const path = [...entry.path, ...stepsOf(`.${field}`)];
    return [entry.source.faultAt(path, { code: error.code, message: errorText(error.code) })];
  }
}

/** A group that the policy does not name stacks: right, unless its name is a slip. */
function looseGroups(entries: readonly Entry[], policy: Policy | undefined): Diagnostic[] {
  const known = Object.keys(policy?.groups ?? {});
  return entries.flatMap(({ source, path, value }) => {
    const { group } = value as Promotion;
    if (group === undefined || known.includes(group)) return [];
    const hint = didYouMean(group, known);
    if (!hint?.startsWith("did you mean")) return [];
    const message = `The policy does not name the group ${JSON.stringify(group)}: its promotions stack`;
    return [
      source.faultAt([...path, "group"], {
        code: "PROMOTION_LOOSE_GROUP",
        message,
        hint,
        severity: "warning",
      }),
    ];
  });
}
