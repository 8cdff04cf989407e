// What a fault of the schema means to a person: a code, a sentence and a way out.

import type { Code } from "@haggle/abi";
import { didYouMean } from "@haggle/toolchain";
import type { Path, Schema, SchemaFault } from "./json-schema.ts";
import type { Finding } from "./source.ts";

/** Words that a fault may mean although the schema does not say so. */
export type Known = { rules: readonly string[] };

export function findingOf(fault: SchemaFault, known: Known): Finding & { path: Path } {
  const { path, value } = fault;
  switch (fault.keyword) {
    case "unknown": {
      const { property } = fault;
      const inRule = path.at(-2) === "parameters";
      const what = inRule ? "The rule has no parameter" : "There is no field";
      const code = inRule ? "PROMOTION_UNKNOWN_PARAMETER" : "DOCUMENT_UNKNOWN_FIELD";
      return {
        path,
        key: true,
        code,
        message: `${what} ${quoted(property)}`,
        hint: didYouMean(property, fault.known),
      };
    }
    case "missing": {
      if (fault.property === "phase") return wrongPhase(path);
      return { path, code: "DOCUMENT_BAD_FIELD", message: `${quoted(fault.property)} is missing` };
    }
    case "forbidden": {
      if (fault.property === "") return { path, ...noneOf(path, value) };
      const message = `${quoted(fault.property)} has no place here`;
      return { path: [...path, fault.property], key: true, code: "DOCUMENT_BAD_FIELD", message };
    }
    case "enum": {
      const isPhase = path.at(-1) === "phase" && fault.allowed.length === 1;
      if (isPhase || (path.at(-1) === "rule" && known.rules.includes(String(value)))) return wrongPhase(path);
      const words = fault.allowed.map(String);
      const hint = didYouMean(String(value), words);
      return {
        path,
        code: codeOf(path, "type"),
        message: `${quoted(value)} is none of those known here`,
        hint,
      };
    }
    case "twice":
      return { path, code: "DOCUMENT_BAD_FIELD", message: `${quoted(value)} is there twice` };
    case "type": {
      const message = `Needs ${describe(fault.schema, fault.types)}, not ${shown(value)}`;
      return { path, code: codeOf(path, "type"), message, hint: wayOut(value, fault.schema) };
    }
    case "pattern":
      return {
        path,
        code: codeOf(path, "type"),
        message: `Needs ${lower(fault.schema.description ?? "another spelling")}, not ${shown(value)}`,
      };
    case "range":
    case "length":
      return { path, code: codeOf(path, "range"), message: `${boundsOf(fault.schema)}, not ${shown(value)}` };
    case "branch": {
      const fields = (fault.schema.oneOf ?? []).flatMap(({ required = [] }) => required);
      const isOfFields = typeof value === "object" && value !== null && fields.length > 0;
      const message = isOfFields
        ? `Needs exactly one of ${fields.map(quoted).join(", ")}`
        : `Needs ${alternatives(fault.schema)}, not ${shown(value)}`;
      return { path, code: codeOf(path, "type"), message };
    }
  }
}

function codeOf(path: Path, kind: "type" | "range"): Code {
  if (path.includes("parameters")) return kind === "type" ? "PROMOTION_WRONG_TYPE" : "PROMOTION_OUT_OF_RANGE";
  if (path.at(-1) === "rule") return "PROMOTION_UNKNOWN_RULE";
  return path.at(-1) === "lane" ? "PROMOTION_UNKNOWN_LANE" : "DOCUMENT_BAD_FIELD";
}

/** Words are asked for where there are none. */
function noneOf(path: Path, value: unknown): Finding {
  const what = path.at(-1) === "lane" ? "The policy has no lanes" : "This project has no rules";
  return { code: codeOf(path, "type"), message: `${what}, so there is no ${quoted(value)}` };
}

function wrongPhase(path: Path): Finding & { path: Path } {
  return {
    path,
    code: "PROMOTION_WRONG_PHASE",
    message: "Promotions of pricing rules say `phase: pricing`, and no others do",
  };
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

function describe({ description, pattern }: Schema, types: readonly (keyof typeof TYPE_NAMES)[]): string {
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
    return `write it in quotes: "${String(value)}"`;
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

function quoted(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

const SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = quoted(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
