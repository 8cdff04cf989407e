import {
  type Code,
  checkStrategies,
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

/** Everything that is wrong with a text, for the rules of a release; without them any rule and any parameters will do. */
export function readStrategies(text: string, rules?: readonly RuleMetadata[]): Reading {
  const { value, faults: unreadable, placeOf } = readYaml(text);
  const torn = findTorn(text);
  if (unreadable.length > 0) {
    // A file that was cut off is wrong YAML because of that.
    const faults = unreadable.map((fault) => ({ severity: "error" as const, ...fault }));
    return { file: undefined, faults: torn === undefined ? faults : [torn, ...faults] };
  }
  if (torn !== undefined) return { file: undefined, faults: [torn] };
  const { file, faults } = checkStrategies(value, { rules, near });
  const placed = faults.slice(0, MAX_FAULTS).map(({ path, key, value: wrong, hint, ...fault }): Fault => {
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
