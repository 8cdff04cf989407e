// What is written behind the name of a field: the value that it most likely has, with places to type in.

import { type Schema, schemaParts } from "@haggle/abi";
import { expand, type Field, fieldsOf, hasType, valuesOf } from "./schema-walk.ts";

export type Style = {
  /** Inside of brackets or braces. */
  isFlow: boolean;
  isJson: boolean;
  /** Before lines that stand below the field, beyond the indentation of the line that the field stands in. */
  pad: string;
};

const MOMENT = schemaParts.MOMENT.oneOf?.find(({ pattern }) => pattern !== undefined)?.pattern;
/** Its form is hard to remember. */
const MOMENT_EXAMPLE = "2026-11-27T00:00:00+01:00";

/** A snippet as the Language Server Protocol has it. */
export function valueSnippet(root: Schema, { schemas }: Field, { isFlow, isJson, pad }: Style): string {
  const standard = schemas.find((schema) => schema.default !== undefined)?.default;
  const values = valuesOf(schemas).filter((value) => value !== null);
  if (standard !== undefined && standard !== null) return stop(1, JSON.stringify(standard));
  // The editor asks for the values as soon as there is room for one.
  if (values.length > 1) return isJson && values.every((value) => typeof value === "string") ? '"$1"' : "$1";
  if (values.length === 1) return escapeSnippet(isJson ? JSON.stringify(values[0]) : String(values[0]));
  if (schemas.some(({ pattern }) => pattern === schemaParts.PERCENT.pattern)) return `"${stop(1, "10")}"`;
  if (schemas.some(({ pattern }) => pattern !== undefined && pattern === MOMENT)) {
    return stop(1, isJson ? JSON.stringify(MOMENT_EXAMPLE) : MOMENT_EXAMPLE);
  }
  if (hasType(schemas, "integer")) return "$1";
  const isFlat = isFlow || isJson;
  const lists = schemas.filter((schema) => schema.type === "array");
  if (lists.length > 0) {
    const isOfObjects = lists.every(({ items = {} }) => isObject(items, root));
    return isFlat || !isOfObjects ? "[$1]" : `\n${pad}- $1`;
  }
  if (hasType(schemas, "object")) {
    const below = fieldsOf(root, schemas, []).flatMap((field) => field.schemas);
    const isDeep = below.some(
      ({ type, items = {} }) => type === "object" || (type === "array" && isObject(items, root)),
    );
    return isFlat || !isDeep ? "{ $1 }" : `\n${pad}$1`;
  }
  return isJson && hasType(schemas, "string") ? '"$1"' : "$1";
}

/** A place to type in, with a text that is typed over. */
export function stop(number: number, text: string): string {
  return `\${${number}:${escapeSnippet(text)}}`;
}

/** What a snippet would take for its own. */
export function escapeSnippet(text: string): string {
  return text.replace(/[\\$}]/g, "\\$&");
}

function isObject(schema: Schema, root: Schema): boolean {
  return expand(schema, undefined, root).some(({ type }) => type === "object");
}
