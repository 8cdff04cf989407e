import { type Code, type Experiment, errorText, parseEnvelope, parseRelease } from "@haggle/abi";
import { sampleUniformity, variantSegment } from "@haggle/sdk/experiments";
import type { LiveRelease } from "../releases/service.ts";
import type { ExperimentRow } from "./store.ts";

/** What keeps nobody from starting, and is mostly a mistake. */
export type Warning = { code: Code; at: string; value?: string | undefined; message: string };

type Surroundings = {
  /** The live release of the channel. */
  live: LiveRelease | undefined;
  /** Variants that strategies of the channel name, of experiments over skus. */
  namedByStrategies: (experiment: string) => readonly string[];
  /** All experiments of the channel. */
  others: readonly ExperimentRow[];
  /** A sample of the units that are going to come. */
  units: readonly string[];
};

export function findWarnings(experiment: Experiment, surroundings: Surroundings): Warning[] {
  return [
    ...findUnused(experiment, surroundings),
    ...findOverlaps(experiment, surroundings.others),
    ...findUneven(experiment, surroundings.units),
  ];
}

/** Variants, but for the control, that make no difference to any price. */
function findUnused(
  { key, unit, variants }: Experiment,
  { live, namedByStrategies }: Surroundings,
): Warning[] {
  const named = unit === "sku" ? namedByStrategies(key) : undefined;
  const text = unit === "sku" || live === undefined ? "" : promotionsOf(live);
  return variants.slice(1).flatMap((variant, index) => {
    const isNamed =
      named?.includes(variant.key) ?? text.includes(JSON.stringify(variantSegment(key, variant.key)));
    return isNamed ? [] : [warning("EXPERIMENT_UNUSED_VARIANT", `variants[${index + 1}]`, variant.key)];
  });
}

/** Of all arms' releases the first: what a rollout brings is not everybody's yet. */
function promotionsOf({ files }: LiveRelease): string {
  return JSON.stringify(parseRelease(parseEnvelope(files.release, "release").payload).promotions);
}

/** Whoever shares a namespace meant to keep apart. */
function findOverlaps({ key, namespace }: Experiment, others: readonly ExperimentRow[]): Warning[] {
  if (namespace === undefined) return [];
  const [from, to] = namespace.range;
  const overlapping = others.filter(({ state, definition }) => {
    if (definition.key === key || state === "ended" || definition.namespace?.name !== namespace.name)
      return false;
    const [otherFrom, otherTo] = definition.namespace.range;
    return from < otherTo && otherFrom < to;
  });
  return overlapping.map((other) => warning("EXPERIMENT_NAMESPACE_OVERLAP", "namespace", other.key));
}

/** Numbers in steps of 100 are all one variant, and refused ones in none. */
function findUneven({ bucketing }: Experiment, units: readonly string[]): Warning[] {
  if (bucketing !== "modulo100" || units.length === 0) return [];
  const { refused, shares, isUniform } = sampleUniformity(units);
  if (refused === 0 && isUniform !== false) return [];
  const told = `${shares.map((share) => share.toFixed(2)).join("/")}, ${refused} refused`;
  return [warning("EXPERIMENT_UNEVEN_UNITS", "units", told)];
}

function warning(code: Code, at: string, value: string): Warning {
  return { code, at, value, message: errorText(code) };
}
