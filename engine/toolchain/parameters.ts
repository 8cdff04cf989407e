// A rule's parameter class becomes a JSON schema in the bundle and a block of memory that the host fills.

import {
  formatPercent,
  MAX_STRING,
  MAX_TAGS,
  type ParameterSchema,
  type ParametersSchema,
  type ParameterType,
  PPM,
} from "@haggle/abi";
import { type AscNode, asc } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import type { Diagnostic } from "./diagnostics.ts";
import {
  type ClassDeclaration,
  docComment,
  hasFlag,
  integerOf,
  isCall,
  isFalse,
  isField,
  isIdentifier,
  isNamedType,
  isPropertyAccess,
  isString,
  isTrue,
  type VariableLike,
} from "./syntax.ts";

const FIELD_TYPES: Record<string, ParameterType> = {
  Money: "money",
  Percent: "percent",
  i32: "integer",
  bool: "boolean",
  Sym: "symbol",
  Tags: "tags",
};

const FIELD_HINT: Record<ParameterType, string> = {
  money: "an amount in minor units, such as `300_00`",
  percent: "`Percent.of(5)`, `Percent.bp(250)` or `Percent.ppm(125_000)`, at most 100 %",
  integer: "a 32-bit integer literal",
  boolean: "`true` or `false`",
  symbol: 'a text literal, such as `"gold"`',
  tags: '`Tags.any()` or `Tags.of("a", "b")`',
};

const JSON_TYPE: Record<ParameterType, ParameterSchema["type"]> = {
  money: "integer",
  percent: "string",
  integer: "integer",
  boolean: "boolean",
  symbol: "string",
  tags: "array",
};

const MAX_PARAMETERS = 64; // the block of one promotion stays below 1 KiB

/** The schema of a rule without parameters. */
export const NO_PARAMETERS: ParametersSchema = {
  type: "object",
  additionalProperties: false,
  properties: {},
};

/**
 * The schema of a parameter class, its properties in the order of the fields in memory. Marks the class
 * `@unmanaged`, so that its fields lie where the host writes them, and takes the defaults out of the code: a
 * parameter object is only ever made by the host.
 */
export function readParameters(declaration: ClassDeclaration, found: Diagnostic[]): ParametersSchema {
  const properties: Record<string, ParameterSchema> = {};
  const plain =
    declaration.extendsType === null &&
    (declaration.implementsTypes ?? []).length === 0 &&
    (declaration.typeParameters ?? []).length === 0;
  if (!plain) {
    const message = `${declaration.name.text} must be a plain class`;
    found.push(
      diagnosticAt(
        declaration.name,
        "BUILD_BAD_PARAMETER",
        message,
        "no extends, implements or type parameters",
      ),
    );
  }
  for (const member of declaration.members) {
    if (!isField(member) || hasFlag(member, "Static")) {
      const message = `${declaration.name.text} may only hold fields`;
      found.push(diagnosticAt(member, "BUILD_BAD_PARAMETER", message, "write a function beside the class"));
      continue;
    }
    const schema = readField(member, found);
    if (schema !== undefined) properties[member.name.text] = schema;
    member.initializer = null;
    // The host writes the block once and every evaluation reads it: a change would outlive the call.
    member.flags |= asc.CommonFlags.Readonly!;
  }
  if (declaration.members.length > MAX_PARAMETERS) {
    const message = `More than ${MAX_PARAMETERS} parameters`;
    found.push(diagnosticAt(declaration.name, "BUILD_BAD_PARAMETER", message));
  }
  markUnmanaged(declaration);
  declaration.flags |= asc.CommonFlags.Export!; // the glue names the class
  return { type: "object", additionalProperties: false, properties };
}

function readField(field: VariableLike, found: Diagnostic[]): ParameterSchema | undefined {
  const typeName = isNamedType(field.type) && !field.type.isNullable ? field.type.name.identifier.text : "";
  const type = Object.hasOwn(FIELD_TYPES, typeName) ? FIELD_TYPES[typeName] : undefined;
  if (type === undefined) {
    const hint = `types of parameters: ${Object.keys(FIELD_TYPES).join(", ")}`;
    found.push(
      diagnosticAt(
        field.type ?? field.name,
        "BUILD_BAD_PARAMETER",
        `${field.name.text} has no parameter type`,
        hint,
      ),
    );
    return undefined;
  }
  const value = field.initializer === null ? undefined : readDefault(type, field.initializer);
  if (value === undefined) {
    const message = `${field.name.text} needs a literal default`;
    found.push(
      diagnosticAt(field.initializer ?? field.name, "BUILD_BAD_PARAMETER", message, FIELD_HINT[type]),
    );
    return undefined;
  }
  const description = docComment(field.range);
  return {
    type: JSON_TYPE[type],
    ...(type === "tags" ? { items: { type: "string" } } : {}),
    ...(description === undefined ? {} : { description }),
    default: value,
    "x-haggle-type": type,
  };
}

/** The type that a field has which takes the place of a variable; undefined where the host could not read its default. */
export function fieldTypeFor({ type, initializer }: VariableLike): string | undefined {
  if (initializer === null) return undefined;
  const canBe = (name: string) => readDefault(FIELD_TYPES[name]!, initializer) !== undefined;
  if (type === null) return INFERRED.find(canBe);
  const name = isNamedType(type) && !type.isNullable ? type.name.identifier.text : "";
  const own = name === "i64" ? "Money" : name;
  return Object.hasOwn(FIELD_TYPES, own) && canBe(own) ? own : undefined;
}

/** What a literal by itself is to asc, the first that has room for it. A text alone may be meant as a text. */
const INFERRED = ["i32", "Money", "bool", "Percent", "Tags"];

/** The default as JSON has it, or undefined when the expression is not one that the host can read too. */
function readDefault(type: ParameterType, node: AscNode): ParameterSchema["default"] | undefined {
  switch (type) {
    case "money":
      return integerOf(node);
    case "integer": {
      const value = integerOf(node);
      return value !== undefined && value === (value | 0) ? value : undefined;
    }
    case "boolean":
      return isTrue(node) ? true : isFalse(node) ? false : undefined;
    case "symbol":
      return isSymbolText(node) ? node.value : undefined;
    case "percent":
      return readPercent(node);
    case "tags":
      return readTags(node);
  }
}

function isSymbolText(node: AscNode): node is AscNode & { literalKind: number; value: string } {
  return isString(node) && node.value !== "" && node.value.length <= MAX_STRING;
}

const PERCENT_UNITS: Record<string, number> = { of: 10_000, bp: 100, ppm: 1 };

function readPercent(node: AscNode): string | undefined {
  const call = staticCall(node, "Percent");
  if (call === undefined || call.args.length !== 1 || !Object.hasOwn(PERCENT_UNITS, call.method)) {
    return undefined;
  }
  const count = integerOf(call.args[0]!);
  const ppm = count === undefined ? -1 : count * PERCENT_UNITS[call.method]!;
  return ppm >= 0 && ppm <= PPM ? formatPercent(ppm) : undefined;
}

function readTags(node: AscNode): string[] | null | undefined {
  const call = staticCall(node, "Tags");
  if (call?.method === "any" && call.args.length === 0) return null;
  if (call?.method !== "of" || call.args.length > MAX_TAGS || !call.args.every(isSymbolText))
    return undefined;
  return call.args.map((argument) => argument.value);
}

function staticCall(node: AscNode, className: string): { method: string; args: AscNode[] } | undefined {
  if (!isCall(node) || !isPropertyAccess(node.expression)) return undefined;
  const { expression, property } = node.expression;
  if (!isIdentifier(expression) || expression.text !== className) return undefined;
  return { method: property.text, args: node.args };
}

function markUnmanaged(declaration: ClassDeclaration): void {
  const { range } = declaration.name;
  const decorator = asc.Node.createDecorator(
    asc.Node.createIdentifierExpression("unmanaged", range),
    null,
    range,
  );
  const has = (declaration.decorators ?? []).some(
    ({ name }) => isIdentifier(name) && name.text === "unmanaged",
  );
  if (!has) declaration.decorators = [...(declaration.decorators ?? []), decorator as never];
}
