// What the published schemas are made of, whatever they describe.

import type { Schema } from "./json-schema.ts";
import { MAX_STRING, MAX_TAGS } from "./layout.ts";
import type { ParameterSchema, RuleMetadata } from "./metadata.ts";

export const DRAFT = "https://json-schema.org/draft/2020-12/schema";

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

export const NAME: Schema = { type: "string", minLength: 1, maxLength: MAX_STRING };
export const FLAG: Schema = { type: "boolean" };
export const AMOUNT: Schema = { type: "integer", minimum: 0, maximum: MAX_SAFE };
export const INTEGER: Schema = { type: "integer", minimum: -MAX_SAFE, maximum: MAX_SAFE };
/** From "0" to "100" with at most four decimals. */
export const PERCENT: Schema = {
  description: 'A percentage in quotes, such as "12.5"',
  type: "string",
  pattern: "^(0?\\d?\\d(\\.\\d{1,4})?|100(\\.0{1,4})?)$",
};
/** RFC 3339 with an offset, or epoch ms. */
export const MOMENT: Schema = {
  description: "A moment such as 2026-11-27T00:00:00+01:00, or milliseconds since 1970",
  oneOf: [
    AMOUNT,
    {
      description: "A moment with an offset, such as 2026-11-27T00:00:00+01:00",
      type: "string",
      pattern:
        "^(19[7-9]\\d|[2-9]\\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d)?(Z|[+-]([01]\\d|2[0-3]):[0-5]\\d)$",
    },
  ],
};

/** One of the words; where there are none, nothing. */
export function choice(...words: readonly string[]): Schema {
  return words.length === 0 ? { not: {} } : { enum: words };
}

export function record(properties: Record<string, Schema>, required: readonly string[] = []): Schema {
  return {
    type: "object",
    properties,
    additionalProperties: false,
    ...(required.length > 0 && { required }),
  };
}

export function list(items: Schema, maxItems: number, minItems = 0): Schema {
  return { type: "array", items, maxItems, ...(minItems > 0 && { minItems }) };
}

export function when(condition: Schema, consequence: Schema): Schema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  return { if: condition, then: consequence };
}

export function ref(name: string): Schema {
  return { $ref: `#/$defs/${name}` };
}

/** What may be given for the parameters of a rule, each with its default. */
export function parametersOf({ description, parameters }: RuleMetadata): Schema {
  const properties = Object.entries(parameters.properties).map(([name, property]): [string, Schema] => [
    name,
    {
      ...TYPES[property["x-haggle-type"]],
      ...(property.description === undefined ? {} : { description: property.description }),
      default: property.default,
    },
  ]);
  return { ...record(Object.fromEntries(properties)), ...(description === undefined ? {} : { description }) };
}

const TYPES: Readonly<Record<ParameterSchema["x-haggle-type"], Schema>> = {
  money: INTEGER,
  percent: PERCENT,
  integer: { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  boolean: FLAG,
  symbol: { type: "string" },
  tags: { oneOf: [{ type: "null" }, list({ type: "string" }, MAX_TAGS)] },
};
