// The part of JSON Schema (draft 2020-12) that the published schemas use, and a validator of it that reports every
// fault with its path: what an editor underlines by the schema and what the build refuses come from one description.

export type Schema = {
  $schema?: string;
  $id?: string;
  $defs?: Record<string, Schema>;
  $ref?: string;
  title?: string;
  description?: string;
  default?: unknown;
  type?: JsonType | JsonType[];
  const?: unknown;
  enum?: readonly unknown[];
  properties?: Record<string, Schema>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  propertyNames?: Schema;
  minProperties?: number;
  maxProperties?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  /** Of scalars. */
  uniqueItems?: boolean;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  allOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  not?: Schema;
  if?: Schema;
  then?: Schema;
};

export type JsonType = "object" | "array" | "string" | "integer" | "boolean" | "null";

export type Path = readonly (string | number)[];

/** What does not hold at a place. `path` leads to the value, or for an unknown property to where it stands. */
export type SchemaFault = { path: Path; value: unknown } & (
  | { keyword: "unknown"; property: string; known: readonly string[] }
  | { keyword: "missing"; property: string }
  | { keyword: "forbidden"; property: string }
  | { keyword: "twice" }
  | { keyword: "enum"; allowed: readonly unknown[] }
  | { keyword: "type"; types: readonly JsonType[]; schema: Schema }
  | { keyword: "range" | "length" | "pattern" | "branch"; schema: Schema }
);

/** Every fault of a value. `root` holds the definitions that the schema refers to. */
export function findFaults(value: unknown, schema: Schema, root: Schema, path: Path = []): SchemaFault[] {
  if (schema.$ref !== undefined) {
    return findFaults(value, root.$defs![schema.$ref.slice("#/$defs/".length)]!, root, path);
  }
  const types = typesOf(schema);
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) {
    return [{ path, value, keyword: "type", types, schema }];
  }
  const own = [
    ...(typeof value === "object" && value !== null
      ? Array.isArray(value)
        ? faultsOfList(value, schema, root, path)
        : faultsOfObject(value as Record<string, unknown>, schema, root, path)
      : faultsOfScalar(value, schema, path)),
  ];
  const allowed = schema.const === undefined ? schema.enum : [schema.const];
  if (allowed && !allowed.includes(value)) own.push({ path, value, keyword: "enum", allowed });
  for (const part of schema.allOf ?? []) own.push(...findFaults(value, part, root, path));
  if (schema.oneOf) own.push(...faultsOfBranches(value, schema.oneOf, root, path));
  if (schema.if && findFaults(value, schema.if, root, path).length === 0) {
    own.push(...findFaults(value, schema.then ?? {}, root, path));
  }
  if (schema.not && findFaults(value, schema.not, root, path).length === 0) {
    own.push({ path, value, keyword: "forbidden", property: schema.not.required?.[0] ?? "" });
  }
  return own;
}

function typesOf({ type }: Schema): readonly JsonType[] {
  return type === undefined ? [] : typeof type === "string" ? [type] : type;
}

function isOfType(value: unknown, type: JsonType): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function faultsOfObject(
  value: Record<string, unknown>,
  schema: Schema,
  root: Schema,
  path: Path,
): SchemaFault[] {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const faults: SchemaFault[] = [];
  const known = Object.keys(properties);
  for (const [property, content] of Object.entries(value)) {
    const at = [...path, property];
    if (propertyNames) faults.push(...findFaults(property, propertyNames, root, at));
    if (Object.hasOwn(properties, property))
      faults.push(...findFaults(content, properties[property]!, root, at));
    else if (additionalProperties === false) {
      faults.push({ path: at, value: property, keyword: "unknown", property, known });
    } else if (typeof additionalProperties === "object") {
      faults.push(...findFaults(content, additionalProperties, root, at));
    }
  }
  for (const property of required) {
    if (!Object.hasOwn(value, property))
      faults.push({ path, value: undefined, keyword: "missing", property });
  }
  const count = Object.keys(value).length;
  if (count < (schema.minProperties ?? 0) || count > (schema.maxProperties ?? count)) {
    faults.push({ path, value: count, keyword: "length", schema });
  }
  return faults;
}

function faultsOfList(value: unknown[], schema: Schema, root: Schema, path: Path): SchemaFault[] {
  const { items, minItems = 0, maxItems = value.length } = schema;
  const faults = items ? value.flatMap((each, i) => findFaults(each, items, root, [...path, i])) : [];
  if (value.length < minItems || value.length > maxItems) {
    faults.push({ path, value: value.length, keyword: "length", schema });
  }
  if (schema.uniqueItems) {
    const again = value.flatMap((each, i) => (value.indexOf(each) < i ? [i] : []));
    faults.push(...again.map((i) => ({ path: [...path, i], value: value[i], keyword: "twice" as const })));
  }
  return faults;
}

function faultsOfScalar(value: unknown, schema: Schema, path: Path): SchemaFault[] {
  if (typeof value === "number") {
    const { minimum = value, maximum = value } = schema;
    return value < minimum || value > maximum ? [{ path, value, keyword: "range", schema }] : [];
  }
  if (typeof value !== "string") return [];
  const length = [...value].length;
  if (length < (schema.minLength ?? 0) || length > (schema.maxLength ?? length)) {
    return [{ path, value, keyword: "length", schema }];
  }
  const isSpelt = schema.pattern === undefined || new RegExp(schema.pattern, "u").test(value);
  return isSpelt ? [] : [{ path, value, keyword: "pattern", schema }];
}

/** Of alternatives one must hold; when none does, the faults are those of the one that was meant. */
function faultsOfBranches(
  value: unknown,
  branches: readonly Schema[],
  root: Schema,
  path: Path,
): SchemaFault[] {
  const found = branches.map((branch) => findFaults(value, branch, root, path));
  if (found.filter((faults) => faults.length === 0).length === 1) return [];
  // Faults deeper inside mean that the value had the right outer shape; among those, the fewest.
  const nearest = found
    .filter((faults) => faults.length > 0)
    .filter((faults) =>
      faults.every(({ keyword, path: at }) => keyword !== "type" || at.length > path.length),
    )
    .filter((faults) => !faults.some((fault) => isOtherBranch(fault, path)))
    .sort((a, b) => strangers(a) - strangers(b) || a.length - b.length)[0];
  return nearest ?? [{ path, value, keyword: "branch", schema: { oneOf: branches } }];
}

/** Fields that a branch does not know at all. */
function strangers(faults: readonly SchemaFault[]): number {
  return faults.filter(({ keyword }) => keyword === "unknown").length;
}

/** Not a mistake in this branch, but a sign that another one was meant. */
function isOtherBranch(fault: SchemaFault, path: Path): boolean {
  return (fault.keyword === "missing" || fault.keyword === "forbidden") && fault.path.length === path.length;
}
