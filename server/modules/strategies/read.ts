import {
  type Code,
  checkStrategies,
  type Experiment,
  errorText,
  isWholeStrategies,
  type RuleMetadata,
  type StrategyFile,
} from "@haggle/abi";
import { nearNames } from "../../platform/near-names.ts";
import { readYaml } from "./yaml-file.ts";

/** What is wrong with a file, as people and editors find it. */
export type Fault = {
  severity: "error" | "warning";
  code: Code;
  message: string;
  hint?: string;
  /** Such as `strategies[0].parameters.raise`. */
  at?: string;
  value?: string | number | boolean;
  line: number;
  column: number;
};

export type Reading = {
  /** Undefined while a fault is an error. */
  file: StrategyFile | undefined;
  /** All of them, as they stand in the file. */
  faults: Fault[];
};

/** Where this many are told, more would not be read. */
const MAX_FAULTS = 100;
const SHOWN_CHARACTERS = 80;

/** Those that a strategy may name: its unit is the sku. undefined where there is no such experiment. */
export type FindExperiment = (key: string) => Pick<Experiment, "unit" | "variants"> | undefined;

/**
 * Everything that is wrong with a text, for the rules of a release; without them any rule and any parameters will do. What it
 * says of experiments is a warning at most: whoever ends one need not change the file at once.
 */
export function readStrategies(
  text: string,
  rules?: readonly RuleMetadata[],
  findExperiment?: FindExperiment,
): Reading {
  const { value, faults: unreadable, placeOf } = readYaml(text);
  const torn = findTorn(text);
  if (unreadable.length > 0) {
    // A file that was cut off is wrong YAML because of that.
    const faults = unreadable.map((fault) => ({ severity: "error" as const, ...fault }));
    return { file: undefined, faults: torn === undefined ? faults : [torn, ...faults] };
  }
  if (torn !== undefined) return { file: undefined, faults: [torn] };
  const { file, faults } = checkStrategies(value, { rules, near });
  const unknown = findExperiment === undefined || file === undefined ? [] : checkNamed(file, findExperiment);
  const placed = [...faults, ...unknown]
    .slice(0, MAX_FAULTS)
    .map(({ path, key, value: wrong, hint, ...fault }): Fault => {
      const shown = showable(wrong);
      return {
        ...fault,
        ...(hint !== undefined && { hint }),
        ...(path.length > 0 && { at: spell(path) }),
        ...(shown !== undefined && { value: shown }),
        ...placeOf(path, key),
      };
    });
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  return { file, faults: placed };
}

/** Without its experiment, or its variant in it, a strategy prices all skus as the control. */
function checkNamed({ strategies }: StrategyFile, findExperiment: FindExperiment) {
  const fault = (path: (string | number)[], value: string) => ({
    severity: "warning" as const,
    code: "EXPERIMENT_UNKNOWN" as const,
    message: errorText("EXPERIMENT_UNKNOWN"),
    hint: "it has the unit sku, and the variants that the strategy names",
    path,
    value,
    key: undefined,
  });
  return strategies.flatMap(({ experiment }, i) => {
    if (experiment === undefined) return [];
    const place = ["strategies", i, "experiment"];
    const found = findExperiment(experiment.key);
    if (found?.unit !== "sku") return [fault([...place, "key"], experiment.key)];
    const known = new Set(found.variants.map(({ key }) => key));
    const others = Object.keys(experiment.variants).filter((variant) => !known.has(variant));
    return others.map((variant) => fault([...place, "variants", variant], variant));
  });
}

function findTorn(text: string): Fault | undefined {
  if (isWholeStrategies(text)) return undefined;
  const lines = text.trimEnd().split("\n");
  const message = "The last line is not `end:` with the version that the file begins with";
  return { severity: "error", code: "STRATEGY_TORN", message, at: "end", line: lines.length, column: 1 };
}

function near(word: string, known: readonly string[]): string | undefined {
  const [best] = nearNames(word, known);
  return best === undefined ? undefined : `did you mean "${best}"?`;
}

function spell(path: readonly (string | number)[]): string {
  return path
    .map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join("");
}

function showable(value: unknown): string | number | boolean | undefined {
  if (typeof value === "string") return value.slice(0, SHOWN_CHARACTERS);
  return typeof value === "number" || typeof value === "boolean" ? value : undefined;
}
