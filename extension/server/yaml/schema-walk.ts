// What a schema says of a place in a text that may be half-typed: the fields that may stand there, and the values.

import { findFaults, type JsonType, type Path, type Schema } from "@haggle/abi";
import type { ViewLocale } from "../../shared/price.ts";
import { sayField } from "../words/say.ts";

/** One schema that holds for a value, with nothing left to be looked up. */
type Applied = Schema;

export type Field = {
  name: string;
  /** Those that hold for its value. */
  schemas: readonly Schema[];
  isRequired: boolean;
};

/** Every schema that holds for what a path of `value` leads to. */
export function schemasAt(root: Schema, value: unknown, path: Path): Applied[] {
  let applied = expand(root, value, root);
  let here = value;
  for (const step of path) {
    here = childOf(here, step);
    applied = unique(
      applied.flatMap((schema) => below(schema, step)).flatMap((schema) => expand(schema, here, root)),
    );
  }
  return applied;
}

/** The fields that an object may have which has `present` already. */
export function fieldsOf(root: Schema, schemas: readonly Applied[], present: readonly string[]): Field[] {
  const forbidden = new Set([
    ...schemas.flatMap(({ not }) => (not?.required?.length === 1 ? not.required : [])),
    ...schemas.flatMap(({ oneOf = [] }) => othersOf(oneOf, present)),
  ]);
  const names = new Set(schemas.flatMap(({ properties = {} }) => Object.keys(properties)));
  const fields: Field[] = [];
  for (const name of names) {
    if (present.includes(name) || forbidden.has(name)) continue;
    const own = schemas.flatMap(({ properties = {} }) => properties[name] ?? []);
    const expanded = unique(own.flatMap((schema) => expand(schema, undefined, root)));
    if (expanded.some(isImpossible)) continue;
    const isRequired = schemas.some(({ required = [] }) => required.includes(name));
    fields.push({ name, schemas: expanded, isRequired });
  }
  // Those that have to be there come first, all in the order of the schema.
  return [
    ...fields.filter(({ isRequired }) => isRequired),
    ...fields.filter(({ isRequired }) => !isRequired),
  ];
}

/** Of fields of which an object has exactly one: those that it has not, when it has one. */
function othersOf(branches: readonly Schema[], present: readonly string[]): readonly string[] {
  const names = branches.filter(isRequirement).flatMap(({ required = [] }) => required);
  return names.some((name) => present.includes(name)) ? names : [];
}

/** A schema that says nothing but which fields there are. */
function isRequirement(schema: Schema): boolean {
  return schema.required !== undefined && Object.keys(schema).length === 1;
}

/** The values that may stand at a place, where the schema names them. */
export function valuesOf(schemas: readonly Applied[]): unknown[] {
  const lists = schemas.flatMap(({ enum: words, const: word }) =>
    word !== undefined ? [[word]] : words !== undefined ? [words] : [],
  );
  // What several schemas say together; alternatives such as `false` or an object have one of them each.
  const [first = [], ...others] = lists;
  const common = first.filter((each) => others.every((words) => words.includes(each)));
  const named = common.length > 0 ? common : lists.flat();
  if (named.length > 0) return [...new Set(named)];
  if (hasType(schemas, "boolean")) return [true, false];
  return hasType(schemas, "null") ? [null] : [];
}

export function hasType(schemas: readonly Applied[], wanted: JsonType): boolean {
  return schemas.some(({ type }) => type === wanted || (Array.isArray(type) && type.includes(wanted)));
}

/** The first description that one of them has. */
export function describe(schemas: readonly Applied[], locale: ViewLocale): string | undefined {
  const found = schemas.find(({ description }) => description !== undefined)?.description;
  return found && sayField(found, locale);
}

/** With references, alternatives and conditions looked up for a value; undefined where nothing stands yet. */
export function expand(schema: Schema, value: unknown, root: Schema): Applied[] {
  if (schema.$ref !== undefined) {
    const named = resolve(schema, root);
    return named === undefined ? [] : expand(named, value, root);
  }
  const out = [schema];
  for (const part of schema.allOf ?? []) out.push(...expand(part, value, root));
  for (const branch of fitting(schema.oneOf ?? [], value, root)) out.push(...expand(branch, value, root));
  const { if: condition, then: consequence } = schema;
  // A condition says nothing of what is no object, which would be to meet it.
  const isObject = typeof value === "object" && value !== null;
  if (condition && consequence && isObject && findFaults(value, condition, root).length === 0) {
    out.push(...expand(consequence, value, root));
  }
  return out;
}

/** The alternatives that a value can still become one of. */
function fitting(branches: readonly Schema[], value: unknown, root: Schema): readonly Schema[] {
  if (value === undefined || value === null) return branches.filter((branch) => !isRequirement(branch));
  const ofType = branches.filter((branch) => !isRequirement(branch) && isOfType(value, branch, root));
  if (ofType.length < 2) return ofType;
  // What has a field that an alternative does not know is not meant to be that one.
  const known = ofType.filter((branch) =>
    findFaults(value, branch, root).every(({ keyword }) => keyword !== "unknown"),
  );
  return known.length > 0 ? known : ofType;
}

/** By the outermost type alone: values may be large. */
function isOfType(value: unknown, schema: Schema, root: Schema): boolean {
  const { type } = resolve(schema, root) ?? {};
  if (type === undefined) return true;
  return findFaults(value, { type }, root).length === 0;
}

function resolve(schema: Schema, root: Schema): Schema | undefined {
  if (schema.$ref === undefined) return schema;
  const named = root.$defs?.[schema.$ref.slice("#/$defs/".length)];
  return named === undefined ? undefined : resolve(named, root);
}

function below({ properties = {}, additionalProperties, items }: Applied, step: string | number): Schema[] {
  if (typeof step === "number") return items === undefined ? [] : [items];
  if (Object.hasOwn(properties, step)) return [properties[step]!];
  return typeof additionalProperties === "object" ? [additionalProperties] : [];
}

function childOf(value: unknown, step: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}

/** `not: {}`, which nothing meets: the words of a list that is empty. */
function isImpossible({ not }: Applied): boolean {
  return not !== undefined && Object.keys(not).length === 0;
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
