// What a fault of a schema means to a person: a sentence and a way out.

import type { JsonType, Schema, SchemaFault } from "./json-schema.ts";

export type FaultText = { message: string; hint?: string | undefined };

/** `near` says which of the known words may have been meant. */
export function describeFault(
  fault: SchemaFault,
  near: (word: string, known: readonly string[]) => string | undefined,
): FaultText {
  const { value } = fault;
  switch (fault.keyword) {
    case "unknown":
      return {
        message: `There is no field ${quoted(fault.property)}`,
        hint: near(fault.property, fault.known),
      };
    case "missing":
      return { message: `${quoted(fault.property)} is missing` };
    case "forbidden":
      return { message: `${quoted(fault.property)} has no place here` };
    case "enum": {
      const hint = near(String(value), fault.allowed.map(String));
      return { message: `${quoted(value)} is none of those known here`, hint };
    }
    case "twice":
      return { message: `${quoted(value)} is there twice` };
    case "type": {
      const message = `Needs ${describe(fault.schema, fault.types)}, not ${shown(value)}`;
      return { message, hint: wayOut(value, fault.schema) };
    }
    case "pattern": {
      const wanted = lower(fault.schema.description ?? "another spelling");
      return { message: `Needs ${wanted}, not ${shown(value)}`, hint: withoutSign(value, fault.schema) };
    }
    case "range":
    case "length":
      return { message: `${boundsOf(fault.schema)}, not ${shown(value)}` };
    case "branch": {
      const fields = (fault.schema.oneOf ?? []).flatMap(({ required = [] }) => required);
      const isOfFields = typeof value === "object" && value !== null && fields.length > 0;
      const message = isOfFields
        ? `Needs exactly one of ${fields.map(quoted).join(", ")}`
        : `Needs ${alternatives(fault.schema)}, not ${shown(value)}`;
      return { message };
    }
  }
}

function boundsOf({
  minimum,
  maximum,
  minLength,
  maxLength,
  minItems,
  maxItems,
  minProperties,
  maxProperties,
}: Schema): string {
  const [least, most, unit] =
    minimum !== undefined || maximum !== undefined
      ? [minimum, maximum, ""]
      : minLength !== undefined || maxLength !== undefined
        ? [minLength, maxLength, " characters"]
        : minItems !== undefined || maxItems !== undefined
          ? [minItems, maxItems, " entries"]
          : [minProperties, maxProperties, " fields"];
  const parts = [least === undefined ? "" : `at least ${least}`, most === undefined ? "" : `at most ${most}`];
  return `Needs ${parts.filter((part) => part !== "").join(" and ")}${unit}`;
}

const TYPE_NAMES = {
  object: "an object",
  array: "a list",
  string: "text",
  integer: "a whole number",
  boolean: "true or false",
  null: "null",
} as const;

function describe({ description, pattern }: Schema, types: readonly JsonType[]): string {
  if (pattern !== undefined && description !== undefined) return lower(description);
  return types.map((type) => TYPE_NAMES[type]).join(" or ");
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function alternatives({ oneOf = [] }: Schema): string {
  const types = oneOf.flatMap(({ type = [] }) => type).map((type) => TYPE_NAMES[type]);
  return types.length === 0 ? "something else" : [...new Set(types)].join(" or ");
}

/** Mistakes that YAML invites. */
function wayOut(value: unknown, { type, pattern }: Schema): string | undefined {
  if (type === "string" && (typeof value === "number" || typeof value === "boolean")) {
    return inQuotes(value);
  }
  if (type === "string" && value === null) return "an empty value is null";
  if (type === "integer" && typeof value === "string" && /^-?\d[\d_]*$/.test(value)) {
    return `write it without quotes and underscores: ${value.replaceAll("_", "")}`;
  }
  if (type === "integer" && typeof value === "number") return "amounts are in minor units: 1250 is 12.50";
  return type === "boolean" && pattern === undefined && typeof value === "string"
    ? "write it without quotes"
    : undefined;
}

/** Of a percentage with its sign, where it would do without. */
function withoutSign(value: unknown, { pattern = "" }: Schema): string | undefined {
  const [, figure] = /^(.*\d) ?%$/.exec(String(value)) ?? [];
  return figure !== undefined && new RegExp(pattern, "u").test(figure) ? inQuotes(figure) : undefined;
}

function inQuotes(value: unknown): string {
  return `write it in quotes: "${String(value)}"`;
}

/** As JSON spells it. */
export function quoted(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

const SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = quoted(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
