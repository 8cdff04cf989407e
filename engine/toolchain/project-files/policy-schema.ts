// The published JSON schema of a policy file: all fields, or those that differ from the preset that it extends.

import { MAX_FUEL, MAX_GROUPS, type Schema } from "@haggle/abi";
import { choice, FLAG, INTEGER, list, NAME, record, when } from "./schema-parts.ts";

const MAX_LANES = 64;
const MAX_ZONES = 1000;
const MAX_TRANSITIONS = 1000;
const DAY_MINUTES = 24 * 60;

const ROUNDING = choice("halfUp", "halfEven", "halfDown", "down", "up");
const BASE = choice("initial", "current");
const FUEL: Schema = { type: "integer", minimum: 1, maximum: MAX_FUEL };

const FIELDS: Record<string, Schema> = {
  name: { ...NAME, description: "Decisions name it" },
  description: { type: "string" },
  lines: { ...choice("canonical", "asGiven"), description: "Whether lines are sorted and merged" },
  phases: { ...choice("ordered", "together"), description: "Whether lines come before the order" },
  lanes: { ...list({ type: "string", maxLength: 256 }, MAX_LANES), uniqueItems: true },
  exclusive: choice("first", "inOrder"),
  percentBase: BASE,
  thresholdBase: BASE,
  partBase: choice("left", "reduced"),
  rounding: record({
    amount: ROUNDING,
    share: ROUNDING,
    catalog: ROUNDING,
    tax: ROUNDING,
    percentOf: choice("unit", "line"),
  }),
  split: choice("proportional", "quantity", "even"),
  splitBase: BASE,
  splitGross: FLAG,
  remainder: choice("largestFraction", "first", "last", "none"),
  respread: FLAG,
  tax: record({ prices: choice("untaxed", "net", "gross"), per: choice("line", "unit", "rate") }),
  short: choice("partial", "drop", "dropShare"),
  marginFloor: record(
    {
      basisPoints: { type: "integer", minimum: 0, maximum: 9_999 },
      unknownCost: choice("refuse", "ignoreLine"),
    },
    ["basisPoints", "unknownCost"],
  ),
  cash: record({ step: { type: "integer", minimum: 1, maximum: 2 ** 31 - 1 }, rounding: ROUNDING }, [
    "step",
    "rounding",
  ]),
  groups: {
    type: "object",
    propertyNames: NAME,
    maxProperties: MAX_GROUPS,
    additionalProperties: record(
      {
        mode: choice("stack", "first", "highest", "lowest", "best"),
        per: choice("order", "line"),
        ties: choice("first", "last"),
        parent: NAME,
      },
      ["mode"],
    ),
  },
  timeZones: {
    type: "object",
    propertyNames: NAME,
    maxProperties: MAX_ZONES,
    additionalProperties: list(
      record({ from: INTEGER, offset: { type: "integer", minimum: -DAY_MINUTES, maximum: DAY_MINUTES } }, [
        "from",
        "offset",
      ]),
      MAX_TRANSITIONS,
      1,
    ),
  },
  fuel: record({ base: FUEL, perLine: FUEL, perPromotion: FUEL }),
  onFault: choice("skip", "refuse"),
};

const OPTIONAL = ["description", "marginFloor", "cash", "timeZones"];
/** Objects of which a file that extends a preset may give a part. */
export const PARTIAL = ["rounding", "tax", "fuel"] as const;

/** `presets` are the names that `extends` may give. */
export function policySchema(presets: readonly string[]): Schema {
  const complete = {
    required: Object.keys(FIELDS).filter((name) => !OPTIONAL.includes(name)),
    properties: Object.fromEntries(
      PARTIAL.map((name) => [name, { required: Object.keys(FIELDS[name]!.properties!) }]),
    ),
  };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Policy",
    description: "The shop's own rules of order, rounding, splitting, floors and faults",
    ...record({
      extends: { ...choice(...presets), description: "The preset that holds where this file says nothing" },
      ...FIELDS,
    }),
    allOf: [when({ not: { required: ["extends"] } }, complete)],
  };
}
