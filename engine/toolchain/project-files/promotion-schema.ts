// The published JSON schema of promotion files: what a promotion may say, and for each rule of the project its
// parameters.

import {
  EXPERIMENT_KEY,
  MAX_CONDITIONS,
  MAX_LIMITS,
  MAX_PROMOTIONS,
  MAX_TABLE_EFFECTS,
  type RuleMetadata,
  type Schema,
  schemaParts,
  VARIANT_KEY,
} from "@haggle/abi";
import { choice, FLAG, list, MOMENT, NAME, PARTS, record, ref, when } from "./schema-parts.ts";

const { DRAFT, parametersOf } = schemaParts;
const MAX_PRIORITY = 2 ** 31 - 1;

/** Of a file that holds one promotion, or a list of them. Without `lanes` any will do. */
export function promotionSchema(
  rules: readonly RuleMetadata[],
  lanes: readonly string[] | undefined,
): Schema {
  return {
    $schema: DRAFT,
    title: "Promotions",
    description: "One promotion of this shop, or a list of them",
    $defs: {
      ...PARTS,
      promotion: promotionOf(rules, lanes),
      ...Object.fromEntries(rules.map((rule) => [parametersName(rule), parametersOf(rule)])),
    },
    oneOf: [ref("promotion"), list(ref("promotion"), MAX_PROMOTIONS)],
  };
}

function promotionOf(rules: readonly RuleMetadata[], lanes: readonly string[] | undefined): Schema {
  const limit = record({ allowance: NAME, counts: choice("uses", "money", "units") }, [
    "allowance",
    "counts",
  ]);
  const pricing = rules.filter(({ kind }) => kind === "pricing").map(({ name }) => name);
  const lane = lanes === undefined ? NAME : choice(...lanes.filter((each) => each !== ""));
  return {
    ...record(
      {
        id: { ...NAME, description: "Unique among all promotions of the shop" },
        rule: { ...choice(...rules.map(({ name }) => name)), description: "A rule of this project" },
        parameters: { type: "object", description: "What differs from the rule's defaults" },
        effects: EFFECTS,
        conditions: list(ref("condition"), MAX_CONDITIONS),
        linked: { ...FLAG, description: "All effects that move money, or none" },
        phase: choice("pricing", "catalog", "line", "order", "shipping"),
        filter: { ...ref("filter"), description: "The lines that a pricing rule prices" },
        lane: { ...lane, description: "One of the policy's lanes" },
        priority: {
          type: "integer",
          minimum: -MAX_PRIORITY - 1,
          maximum: MAX_PRIORITY,
          description: "Higher runs first; 0 when left out",
        },
        group: { ...NAME, description: "Promotions of one group meet as the policy says" },
        exclusive: { ...FLAG, description: "Applies alone" },
        stopAfter: { ...FLAG, description: "Nothing behind it applies" },
        window: record({ from: MOMENT, until: MOMENT }),
        coupon: { ...NAME, description: "The campaign that a coupon has to be of" },
        limits: list(limit, MAX_LIMITS),
        unitsOnce: { ...FLAG, description: "Units that it takes serve no other promotion that says so" },
        undiscounted: { ...FLAG, description: "Only lines that nothing was taken off yet" },
        unlock: { ...FLAG, description: "Tells what is missing when only a threshold fails" },
        serverOnly: { ...FLAG, description: "Reads what only the server knows" },
        experiment: text(EXPERIMENT_KEY, "The key of an experiment: small letters, digits and hyphens"),
        variants: {
          type: "object",
          propertyNames: text(VARIANT_KEY, "The key of a variant: small letters, digits, _ and hyphens"),
          minProperties: 1,
          maxProperties: MAX_VARIANTS,
          additionalProperties: {
            oneOf: [
              { type: "boolean", const: false },
              record({ parameters: { type: "object" }, effects: EFFECTS }),
            ],
          },
          description: "What differs in a variant, or false where it does not run at all",
        },
      },
      ["id"],
    ),
    allOf: [
      { oneOf: [{ required: ["rule"] }, { required: ["effects"] }] },
      ...rules.map((rule) =>
        when(
          { properties: { rule: { const: rule.name } }, required: ["rule"] },
          {
            properties: {
              parameters: ref(parametersName(rule)),
              variants: { additionalProperties: { properties: { parameters: ref(parametersName(rule)) } } },
            },
          },
        ),
      ),
      when(
        { required: ["effects"] },
        { not: { required: ["parameters"] }, properties: { variants: variantsWithout("parameters") } },
      ),
      when({ required: ["rule"] }, { properties: { variants: variantsWithout("effects") } }),
      when({ required: ["variants"] }, { required: ["experiment"] }),
      when({ required: ["experiment"] }, { required: ["variants"] }),
      when({ properties: { phase: { const: "pricing" } }, required: ["phase"] }, ofPricing(pricing)),
      when(
        { not: { properties: { phase: { const: "pricing" } }, required: ["phase"] } },
        { allOf: [{ not: { required: ["filter"] } }, notOfRules(pricing)] },
      ),
      when(
        { properties: { phase: { const: "catalog" } }, required: ["phase", "effects"] },
        {
          properties: {
            effects: {
              items: { properties: { target: { const: "unit" } }, not: { required: ["units"] } },
            },
          },
        },
      ),
    ],
  };
}

const EFFECTS = list(ref("effect"), MAX_TABLE_EFFECTS, 1);
/** As many as an experiment has beside its control. */
const MAX_VARIANTS = 31;

function text({ source }: RegExp, description: string): Schema {
  return { type: "string", pattern: source, description };
}

function variantsWithout(field: string): Schema {
  return { additionalProperties: when({ type: "object" }, { not: { required: [field] } }) };
}

const NOT_OF_PRICING = [
  "effects",
  "linked",
  "group",
  "exclusive",
  "stopAfter",
  "limits",
  "unitsOnce",
  "undiscounted",
  "unlock",
];

function ofPricing(rules: readonly string[]): Schema {
  return {
    properties: {
      rule: choice(...rules),
      conditions: { items: { properties: { base: choice("initial", "current") } } },
    },
    allOf: NOT_OF_PRICING.map((field) => ({ not: { required: [field] } })),
  };
}

function notOfRules(rules: readonly string[]): Schema {
  // The fault is of the phase, which is missing.
  return when(
    { properties: { rule: choice(...rules) }, required: ["rule"] },
    { properties: { phase: { const: "pricing" } }, required: ["phase"] },
  );
}

/** Names of rules hold any character; references may not. */
function parametersName({ name }: RuleMetadata): string {
  const spelt = [...name].map((each) => (/[a-zA-Z0-9-]/.test(each) ? each : `_${each.codePointAt(0)}_`));
  return `parameters.${spelt.join("")}`;
}
