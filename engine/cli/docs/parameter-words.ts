// A rule's parameters for people: types, defaults, and how a promotion writes them.

import type { ParameterSchema, ParameterType } from "@haggle/abi";
import { plain } from "./markdown.ts";

const TYPES: Record<ParameterType, string> = {
  money: "amount",
  percent: "percentage",
  integer: "number",
  boolean: "yes or no",
  symbol: "text",
  tags: "list of texts",
};

export function typeOf(schema: ParameterSchema): string {
  return TYPES[schema["x-haggle-type"]];
}

/** The default as people say it. */
export function describeDefault({ default: value, ...schema }: ParameterSchema): string {
  switch (schema["x-haggle-type"]) {
    case "money":
      return (Number(value) / MINOR_UNITS).toFixed(2);
    case "percent":
      return `${value} %`;
    case "boolean":
      return value === true ? "yes" : "no";
    case "tags":
      return value === null ? "any" : (value as string[]).map(plain).join(", ") || "none";
    default:
      return plain(String(value));
  }
}

/** Pages know no currency, and most have two digits. */
const MINOR_UNITS = 100;

/** The default as it stands in a promotion; flow style is the same in YAML and JSON. */
export function spellDefault({ default: value }: ParameterSchema): string {
  return Array.isArray(value)
    ? `[${value.map((each) => JSON.stringify(each)).join(", ")}]`
    : JSON.stringify(value);
}
