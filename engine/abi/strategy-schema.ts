import type { Schema } from "./json-schema.ts";
import { MAX_TAGS } from "./layout.ts";
import type { RuleMetadata } from "./metadata.ts";
import {
  AMOUNT,
  choice,
  DRAFT,
  list,
  MOMENT,
  NAME,
  parametersOf,
  record,
  ref,
  when,
} from "./schema-parts.ts";
import { MAX_STRATEGIES, STRATEGY_VERSION } from "./strategy.ts";

const VERSION: Schema = {
  type: "string",
  pattern: STRATEGY_VERSION.source,
  description: "A version such as v2026.11.22-abc, another one for each change of the file",
};
const PATTERN: Schema = {
  ...NAME,
  pattern: "^[^*]*\\*?$",
  description: "A sku, or the beginning of skus with * at its end",
};
const CHANNEL: Schema = {
  type: "string",
  pattern: "^[a-z0-9][a-z0-9-]{0,63}$",
  description: "The name of a release channel: lower-case letters, digits and hyphens",
};
const KEY: Schema = {
  type: "string",
  pattern: "^[a-z0-9][a-z0-9_-]{0,63}$",
  description: "Lower-case letters, digits, hyphens and underscores",
};

const NO_PRICE: Schema = { type: "boolean", const: false, description: "No price from this strategy" };
/** Of an experiment; the control is one of them. */
const MAX_VARIANTS = 64;

/**
 * The published JSON schema (draft 2020-12) of strategy files: what editors underline by it is what servers refuse. Typed by
 * the pricing rules among `rules`; without them any rule and any parameters will do.
 */
export function strategySchema(rules?: readonly RuleMetadata[]): Schema {
  const pricing = rules?.filter(({ kind }) => kind === "pricing");
  const definitions = (pricing ?? []).map(
    (rule, index) => [`parameters${index}`, parametersOf(rule)] as const,
  );
  return {
    $schema: DRAFT,
    title: "Pricing strategies",
    description: "Which pricing rule prices which skus; the first strategy that takes a sku prices it",
    $defs: { strategy: strategyOf(pricing), ...Object.fromEntries(definitions) },
    ...record(
      {
        version: VERSION,
        strategies: list(ref("strategy"), MAX_STRATEGIES),
        end: { ...VERSION, description: "The version again, in the last line: a file that lacks it is torn" },
      },
      ["version", "strategies", "end"],
    ),
  };
}

function strategyOf(pricing: readonly RuleMetadata[] | undefined): Schema {
  const names = (of: Schema, description: string): Schema => ({ ...list(of, MAX_TAGS, 1), description });
  return {
    ...record(
      {
        id: { ...KEY, description: "Unique in the file: lower-case letters, digits, hyphens, underscores" },
        rule: {
          ...(pricing === undefined ? NAME : choice(...pricing.map(({ name }) => name))),
          description: "A pricing rule of the live release",
        },
        skus: names(PATTERN, "Skus, or how they begin: lamp-*"),
        categories: names(NAME, "A sku of any of them"),
        channels: names(CHANNEL, "Release channels; all when left out"),
        tiers: names(NAME, "Prices of their own for customers of a tier; for everybody when left out"),
        stock: {
          ...record({ min: AMOUNT, max: AMOUNT }),
          minProperties: 1,
          description: "Units in stock, both ends included",
        },
        window: {
          ...record({ from: MOMENT, until: MOMENT }),
          minProperties: 1,
          description: "From the first moment until just before the second",
        },
        parameters: { type: "object", description: "What differs from the rule's defaults" },
        experiment: {
          ...record(
            {
              key: { ...KEY, description: "The key of an experiment of the unit sku" },
              variants: {
                type: "object",
                propertyNames: KEY,
                minProperties: 1,
                maxProperties: MAX_VARIANTS,
                additionalProperties: { oneOf: [NO_PRICE, { type: "object" }] },
                description:
                  "Parameters merged over the strategy's own; a variant that is left out changes none",
              },
            },
            ["key", "variants"],
          ),
          description: "Prices that differ by variant",
        },
      },
      ["id", "rule"],
    ),
    ...(pricing !== undefined && { allOf: pricing.map(({ name }, index) => ofRule(name, index)) }),
  };
}

function ofRule(name: string, index: number): Schema {
  const parameters = ref(`parameters${index}`);
  const variants: Schema = { additionalProperties: { oneOf: [NO_PRICE, parameters] } };
  return when(
    { properties: { rule: { const: name } }, required: ["rule"] },
    { properties: { parameters, experiment: { properties: { variants } } } },
  );
}
