// What one function body says about fuel, from wasmparser's operators: where it charges, for what, and whom it calls.
// A part of ./fuel-proof.ts.

import { countMatches, OP } from "./operator-patterns.ts";
import type { Operator, ReadFunction } from "./second-reader.ts";

export type Charge = {
  function: number;
  /** Offset of the `i32.const` that holds the weight. */
  at: number;
  weight: number;
  /** What the region costs by our own count: instructions but `else` and `end`, and free callees. */
  cost: number;
};

export type Range = { at: number; end: number };

type Kind = "free" | "slice" | "plain" | "cached";

export type Body = {
  kind: Kind;
  /** The body, then its loops. Free bodies do not charge. */
  regions: { charge: Charge | undefined; cost: number }[];
  /** A function by its index or a type by its name; `paid` where it finds the fuel in the global. */
  calls: { target: number | string; region: number; paid: boolean }[];
};

type BodyInput = {
  body: ReadFunction;
  index: number;
  /** Index of the global; the reserve is behind it. */
  fuel: number;
  isForfeit: boolean;
  /** Where fuel code is found. */
  fuelCode: Range[];
};

/** First and last opcode of each run of the instructions that a rule may be made of. */
const ALLOWED = "00-05 0b-11 1a-1b 20-24 28-29 2c-37 3a-3f 41-42 45-5a 67-8a a7-a7 ac-ad c0-c4"
  .split(" ")
  .map((run) => run.split("-").map((opcode) => Number.parseInt(opcode, 16)));

const SLICE_ENTER =
  "local.get 0 i32.const 0 i32.lt_s global.get FUEL local.get 0 i32.lt_s i32.or global.get RESERVE i32.or " +
  "if void unreachable end global.get FUEL local.get 0 i32.sub global.set RESERVE local.get 0 global.set FUEL end";
const SLICE_LEAVE =
  "global.get FUEL global.get RESERVE i32.add global.set FUEL i32.const 0 global.set RESERVE end";
const FORFEIT = "global.get RESERVE global.set FUEL i32.const 0 global.set RESERVE end";
const DRY = "i32.const 0 i32.lt_s if void i32.const -1 global.set FUEL unreachable end";
const PLAIN = `global.get FUEL i32.const i32.sub global.set FUEL global.get FUEL ${DRY}`;
const CACHED = `global.get FUEL i32.const i32.sub local.tee CACHE ${DRY} block`;
const LOOP = `local.get CACHE i32.const i32.sub local.tee CACHE ${DRY}`;
const AROUND = ["call", "call_indirect"].map(
  (call) => `local.get CACHE global.set FUEL ${call} global.get FUEL local.set CACHE`,
);
const BACK = "local.get CACHE global.set FUEL end";

/** @throws Error for code that may run on without charging, or that reaches for the fuel itself */
export function readFuelBody({ body, index, fuel, isForfeit, fuelCode }: BodyInput): Body {
  const { operators, locals } = body;
  const names = { FUEL: fuel, RESERVE: fuel + 1, CACHE: -1 };
  const count = (at: number, pattern: string) => countMatches(operators, at, pattern, names);
  const fail = (at: number, why: string): never => {
    throw new Error(`function ${index}, offset ${operators[at]?.at}: ${why}`);
  };
  const slices = isForfeit ? [FORFEIT] : [SLICE_ENTER, SLICE_LEAVE];
  if (slices.some((slice) => count(0, slice) === operators.length)) {
    fuelCode.push({ at: body.codeAt, end: body.end });
    return { kind: "slice", regions: [], calls: [] };
  }
  if (isForfeit) fail(0, "not what forfeit must be");

  const regions: Body["regions"] = [];
  const calls: Body["calls"] = [];
  let at = 0;
  /** Steps over fuel code, whose second instruction is a weight where a region begins. */
  const inject = (length: number, why: string, isCharge: boolean): void => {
    if (length === 0) fail(at, why);
    fuelCode.push({ at: operators[at]!.at, end: operators[at + length - 1]!.end });
    if (isCharge) {
      const { at: offset, operand } = operators[at + 1]!;
      if (operand < 1) fail(at, "a charge of nothing");
      regions.push({ charge: { function: index, at: offset, weight: operand, cost: 0 }, cost: 0 });
    }
    at += length;
  };

  let kind: Kind = "free";
  if (count(0, "global.get FUEL i32.const i32.sub") > 0) {
    kind = count(0, PLAIN) > 0 ? "plain" : "cached";
    if (kind === "cached") names.CACHE = operators[3]!.operand;
    if (names.CACHE >= locals) fail(0, "fuel in a local that is not there");
    inject(count(0, kind === "plain" ? PLAIN : CACHED), "a charge that does not trap", true);
  } else {
    regions.push({ charge: undefined, cost: 0 });
  }

  /** By open block, the function itself first: its region. */
  const open = kind === "cached" ? [0, 0] : [0];
  const own = open.length - 1;
  while (open.length > own) {
    const operator = operators[at];
    if (operator === undefined) return fail(at, "no end");
    const { code, operand } = operator;
    const region = open.at(-1)!;
    if (!ALLOWED.some(([first, last]) => code >= first! && code <= last!)) fail(at, `opcode ${code}`);
    if (code !== OP.else && code !== OP.end) regions[region]!.cost++;
    for (const label of labelsOf(operator)) {
      if (label >= open.length) fail(at, "a label that is not there");
      if (kind === "cached" && label === open.length - 1) fail(at, "leaves with fuel in its pocket");
    }
    if (code === OP.return && kind === "cached") fail(at, "leaves with fuel in its pocket");
    if ((code === OP["global.get"] || code === OP["global.set"]) && operand >= fuel) fail(at, "touches fuel");
    const isLocal = code === OP["local.get"] || code === OP["local.set"] || code === OP["local.tee"];
    if (isLocal && operand >= locals) fail(at, "a local that is not there");
    if (isLocal && operand === names.CACHE) {
      const length = Math.max(...AROUND.map((around) => count(at, around)));
      if (length === 0) fail(at, "touches the fuel in its pocket");
      // One instruction of the five is the author's, and was counted above.
      calls.push({ target: targetOf(operators[at + 2]!), region, paid: true });
      inject(2, "", false);
      at++;
      inject(2, "", false);
      continue;
    }
    if (code === OP.call || code === OP.call_indirect) {
      calls.push({ target: targetOf(operator), region, paid: kind === "plain" });
    }
    at++;
    if (code === OP.block || code === OP.if) open.push(region);
    if (code === OP.end) open.pop();
    if (code === OP.loop) {
      if (kind !== "cached") fail(at, "a loop in a function without fuel");
      inject(count(at, LOOP), "a loop that does not charge", true);
      open.push(regions.length - 1);
    }
  }
  if (kind === "cached") inject(count(at, BACK), "ends with fuel in its pocket", false);
  if (at !== operators.length) fail(at, "code behind the end");
  return { kind, regions, calls };
}

function labelsOf({ code, operand, targets }: Operator): readonly number[] {
  if (code === OP.br_table) return targets!;
  return code === OP.br || code === OP.br_if ? [operand] : [];
}

/** A call_indirect leads to a type, and from there to what the table holds of it. */
function targetOf({ code, operand }: Operator): number | string {
  return code === OP.call ? operand : `type ${operand}`;
}
