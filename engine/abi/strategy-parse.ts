// A file of strategies, read from YAML or JSON by whoever can: everything that is wrong with it, or what it says.

import type { Code } from "./errors.ts";
import { findFaults, type Path, type SchemaFault } from "./json-schema.ts";
import type { RuleMetadata } from "./metadata.ts";
import { parseMoment } from "./moment.ts";
import { describeFault, type FaultText, quoted } from "./schema-fault.ts";
import type { Strategy, StrategyFile } from "./strategy.ts";
import { strategySchema } from "./strategy-schema.ts";
import { findShadowed } from "./strategy-shadow.ts";

export type StrategyFault = FaultText & {
  code: Code;
  /** Leads to the value, or with `key` to the field whose name is wrong. */
  path: Path;
  key?: boolean;
  value?: unknown;
  /** A warning is told, and refuses nothing. */
  severity: "error" | "warning";
};

export type StrategyCheck = { file: StrategyFile | undefined; faults: StrategyFault[] };

/** A window as it is written: dates, or epoch ms. */
type Written = Omit<Strategy, "window" | "parameters"> & {
  parameters?: Strategy["parameters"];
  window?: { from?: number | string; until?: number | string };
};

type Options = {
  /** Of the release that the strategies are for; left out, any rule and any parameters will do. */
  rules?: readonly RuleMetadata[] | undefined;
  /** Which of the known words may have been meant. */
  near: (word: string, known: readonly string[]) => string | undefined;
};

/** Never throws. The file is there when no fault is an error; the schema's faults come first and alone. */
export function checkStrategies(value: unknown, { rules, near }: Options): StrategyCheck {
  const schema = strategySchema(rules);
  const found = findFaults(value, schema, schema).map((fault) => toFault(fault, rules, near));
  if (found.length > 0) return { file: undefined, faults: found };
  const {
    version,
    strategies: written,
    end,
  } = value as { version: string; strategies: Written[]; end: string };
  const strategies = written.map(toStrategy);
  const faults = [...findTorn(version, end), ...findTwice(written), ...findImpossible(written)];
  if (faults.length > 0) return { file: undefined, faults };
  return { file: { version, strategies }, faults: findShadowed(strategies).map(toWarning) };
}

function toStrategy({ window, parameters = {}, ...rest }: Written): Strategy {
  if (window === undefined) return { ...rest, parameters };
  const { from, until } = window;
  return {
    ...rest,
    window: {
      ...(from !== undefined && { from: momentOf(from) as number }),
      ...(until !== undefined && { until: momentOf(until) as number }),
    },
    parameters,
  };
}

function momentOf(written: number | string): number | string {
  return typeof written === "number" ? written : parseMoment(written);
}

function toFault(
  fault: SchemaFault,
  rules: readonly RuleMetadata[] | undefined,
  near: Options["near"],
): StrategyFault {
  const { path, value } = fault;
  const text = describeFault(fault, near);
  const place = { severity: "error" as const, path, ...(isPlain(value) && { value }) };
  if (fault.keyword === "unknown") {
    const isParameter = isInParameters(path);
    const message = isParameter ? `The rule has no parameter ${quoted(fault.property)}` : text.message;
    const code = isParameter ? "PROMOTION_UNKNOWN_PARAMETER" : "STRATEGY_UNKNOWN_FIELD";
    return { ...text, ...place, code, message, key: true };
  }
  if (fault.keyword === "missing" && fault.property === "end") {
    return { ...text, ...place, code: "STRATEGY_TORN" };
  }
  if (path.at(-1) === "rule" && typeof value === "string") {
    const isPromotion = rules?.some(({ name, kind }) => name === value && kind !== "pricing") === true;
    // A release without pricing rules has a schema that allows nothing there.
    const unknown =
      fault.keyword === "forbidden" ? `${quoted(value)} is none of those known here` : text.message;
    const message = isPromotion ? `${quoted(value)} is a rule of promotions, and prices nothing` : unknown;
    return { ...text, ...place, code: "STRATEGY_UNKNOWN_RULE", message };
  }
  if (isInParameters(path)) {
    const isRange = fault.keyword === "range" || fault.keyword === "length";
    return { ...text, ...place, code: isRange ? "PROMOTION_OUT_OF_RANGE" : "PROMOTION_WRONG_TYPE" };
  }
  const isTooMany = fault.keyword === "length" && path.length === 1 && path[0] === "strategies";
  return { ...text, ...place, code: isTooMany ? "STRATEGY_TOO_LARGE" : "STRATEGY_BAD_FIELD" };
}

function isInParameters(path: Path): boolean {
  return (path[2] === "parameters" && path.length > 3) || (path[3] === "variants" && path.length > 5);
}

/** Of values that can be shown as they are. */
function isPlain(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}

function findTorn(version: string, end: string): StrategyFault[] {
  if (version === end) return [];
  const message = `The file begins as ${version} and ends as another version`;
  return [{ severity: "error", code: "STRATEGY_TORN", path: ["end"], value: end, message }];
}

function findTwice(written: readonly Written[]): StrategyFault[] {
  const seen = new Set<string>();
  return written.flatMap(({ id }, index): StrategyFault[] => {
    const isFirst = !seen.has(id);
    seen.add(id);
    if (isFirst) return [];
    const message = `There is a strategy ${quoted(id)} already`;
    return [
      {
        severity: "error",
        code: "STRATEGY_DUPLICATE",
        path: ["strategies", index, "id"],
        value: id,
        message,
      },
    ];
  });
}

/** What no sku and no moment can meet. */
function findImpossible(written: readonly Written[]): StrategyFault[] {
  return written.flatMap(({ window = {}, stock = {} }, index) => {
    const faults: StrategyFault[] = [];
    const never = (field: readonly string[], value: unknown, message: string) => {
      const path = ["strategies", index, ...field];
      faults.push({ severity: "error", code: "STRATEGY_NEVER", path, value, message });
    };
    const [from, until] = [window.from, window.until].map((each) => each && momentOf(each));
    if (typeof from === "string") never(["window", "from"], from, "There is no such day");
    if (typeof until === "string") never(["window", "until"], until, "There is no such day");
    if (typeof from === "number" && typeof until === "number" && from >= until) {
      never(["window", "until"], window.until, "The window ends before it begins");
    }
    if ((stock.min ?? 0) > (stock.max ?? Number.POSITIVE_INFINITY)) {
      never(["stock", "max"], stock.max, `No stock is at least ${stock.min} and at most ${stock.max}`);
    }
    return faults;
  });
}

function toWarning({ index, by, id }: { index: number; by: string; id: string }): StrategyFault {
  const message = `${quoted(by)} stands before it and takes all of its skus, so it prices none`;
  return {
    severity: "warning",
    code: "STRATEGY_NEVER",
    path: ["strategies", index, "id"],
    value: id,
    message,
  };
}
