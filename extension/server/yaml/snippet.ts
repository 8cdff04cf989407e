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

/** A snippet as the Language Server Protocol has it. */
export function valueSnippet(root: Schema, { schemas }: Field, { isFlow, isJson, pad }: Style): string {
  const standard = schemas.find((schema) => schema.default !== undefined)?.default;
  const values = valuesOf(schemas);
  if (standard !== undefined && standard !== null) return `\${1:${escapeSnippet(JSON.stringify(standard))}}`;
  // The editor asks for the values as soon as there is room for one.
  if (values.length > 1) return isJson ? '"$1"' : "$1";
  if (values.length === 1) return escapeSnippet(isJson ? JSON.stringify(values[0]) : String(values[0]));
  if (schemas.some(({ pattern }) => pattern === schemaParts.PERCENT.pattern)) return '"${1:10}"';
  const isFlat = isFlow || isJson;
  const lists = schemas.filter((schema) => schema.type === "array");
  if (lists.length > 0) {
    const isOfObjects = lists.every(({ items = {} }) => isObject(items, root));
    return isFlat || !isOfObjects ? "[$1]" : `\n${pad}- $1`;
  }
  if (hasType(schemas, "object")) {
    const below = fieldsOf(root, schemas, []).flatMap((field) => field.schemas);
    const isDeep = below.some((schema) => ["array", "object"].includes(String(schema.type)));
    return isFlat || !isDeep ? "{ $1 }" : `\n${pad}$1`;
  }
  return isJson && hasType(schemas, "string") ? '"$1"' : "$1";
}

/** What a snippet would take for its own. */
export function escapeSnippet(text: string): string {
  return text.replace(/[\\$}]/g, "\\$&");
}

function isObject(schema: Schema, root: Schema): boolean {
  return expand(schema, undefined, root).some(({ type }) => type === "object");
}
