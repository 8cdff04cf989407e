// `@promo(...)`: which functions of a source are rules, what they are called, and whether a host can call them.

import type { Phase } from "@haggle/abi";
import type { AscNode, AscSource } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import { didYouMean } from "./bans.ts";
import type { Diagnostic } from "./diagnostics.ts";
import {
  type ClassDeclaration,
  type Decorator,
  docComment,
  type FunctionDeclaration,
  hasFlag,
  type Identifier,
  integerOf,
  isBinary,
  isClass,
  isDeclaration,
  isFalse,
  isFunction,
  isIdentifier,
  isNamedType,
  isObject,
  isString,
  isTrue,
  walk,
} from "./syntax.ts";

/** A rule as its source declares it. */
export type Rule = {
  source: AscSource;
  declaration: FunctionDeclaration;
  name: string;
  priority: number;
  group: string | undefined;
  /** When undefined, that of its widest effect. */
  phase: Phase | undefined;
  /** Runs only in promotions that name it. */
  template: boolean;
  description: string | undefined;
  /** The class of the second parameter, when there is one. */
  parameters: ClassDeclaration | undefined;
};

const KEYS = ["name", "priority", "group", "phase", "template"] as const;
const PHASES: readonly Phase[] = ["catalog", "line", "order", "shipping"];
const MAX_NAME = 128; // UTF-16 units; a name is a promotion id, a metrics label and a column of a table
const MAX_PRIORITY = 0x7fffffff; // the table holds an i32
const SIGNATURE_HINT =
  "write `export function name(ctx: Context): Result` or `(ctx: Context, p: Parameters)`";

/** The rules of one source, in order, and what is wrong with them. */
export function collectRules(source: AscSource, found: Diagnostic[]): Rule[] {
  const rules: Rule[] = [];
  for (const statement of source.statements) {
    walk(statement, (node) => {
      if (!isDeclaration(node)) return undefined;
      const decorators = (node.decorators ?? []).filter(isPromo);
      if (decorators.length === 0) return undefined;
      // asc ignores decorators that it does not know; ours must not reach its passes as expressions.
      node.decorators = node.decorators!.filter((decorator) => !isPromo(decorator));
      if (node !== statement || !isFunction(node)) {
        found.push(
          diagnosticAt(
            decorators[0]!,
            "BUILD_BAD_SIGNATURE",
            "@promo marks exported functions",
            SIGNATURE_HINT,
          ),
        );
        return undefined;
      }
      for (const extra of decorators.slice(1)) {
        found.push(diagnosticAt(extra, "BUILD_DUPLICATE_METADATA", "A second @promo on one function"));
      }
      const rule = readRule(source, node, decorators[0]!, found);
      if (rule !== undefined) rules.push(rule);
      return undefined;
    });
  }
  return rules;
}

function isPromo(decorator: Decorator): boolean {
  return isIdentifier(decorator.name) && decorator.name.text === "promo";
}

function readRule(
  source: AscSource,
  declaration: FunctionDeclaration,
  decorator: Decorator,
  found: Diagnostic[],
): Rule | undefined {
  const before = found.length;
  const metadata = readMetadata(decorator, found);
  const parameters = readSignature(source, declaration, found);
  if (found.length > before) return undefined;
  return {
    source,
    declaration,
    name: metadata.name ?? "",
    priority: metadata.priority ?? 0,
    group: metadata.group,
    phase: metadata.phase,
    template: metadata.template ?? false,
    description: docComment(declaration.range),
    parameters,
  };
}

type Metadata = { name?: string; priority?: number; group?: string; phase?: Phase; template?: boolean };

/** `name="x", priority=10` and `{ name: "x", priority: 10 }` are the same. */
function readMetadata(decorator: Decorator, found: Diagnostic[]): Metadata {
  const metadata: Metadata = {};
  const seen = new Set<string>();
  const before = found.length;
  for (const [key, value] of metadataPairs(decorator, found)) {
    if (!(KEYS as readonly string[]).includes(key.text)) {
      const hint = didYouMean(key.text, KEYS);
      found.push(diagnosticAt(key, "BUILD_UNKNOWN_METADATA", `Unknown @promo key ${key.text}`, hint));
    } else if (seen.has(key.text)) {
      found.push(diagnosticAt(key, "BUILD_DUPLICATE_METADATA", `${key.text} is given twice`));
    } else {
      readPair(key.text, value, metadata, found);
    }
    seen.add(key.text);
  }
  // A name that is there under a wrong key is not missing too.
  if (!seen.has("name") && found.length === before) {
    const hint = 'write `@promo(name="...")`';
    found.push(diagnosticAt(decorator, "BUILD_BAD_METADATA", "@promo needs a name", hint));
  }
  return metadata;
}

function metadataPairs(decorator: Decorator, found: Diagnostic[]): [Identifier, AscNode][] {
  const pairs: [Identifier, AscNode][] = [];
  for (const argument of decorator.args ?? []) {
    if (isObject(argument)) {
      argument.names.forEach((name, index) => {
        pairs.push([name, argument.values[index]!]);
      });
    } else if (isAssignment(argument)) {
      pairs.push([argument.left, argument.right]);
    } else {
      const hint = 'write `name="..."`, `priority=10`, `group="..."`';
      found.push(diagnosticAt(argument, "BUILD_BAD_METADATA", "@promo takes named values", hint));
    }
  }
  return pairs;
}

function isAssignment(node: AscNode): node is AscNode & { left: Identifier; right: AscNode } {
  // The operator is read from the text: `name == "x"` is a binary expression too.
  if (!isBinary(node) || !isIdentifier(node.left)) return false;
  const between = node.range.source.text.slice(node.left.range.end, node.right.range.start);
  return between.trim() === "=";
}

function readPair(key: string, value: AscNode, metadata: Metadata, found: Diagnostic[]): void {
  if (key === "priority") {
    const priority = integerOf(value);
    if (priority !== undefined && Math.abs(priority) <= MAX_PRIORITY) metadata.priority = priority;
    else found.push(diagnosticAt(value, "BUILD_BAD_METADATA", "priority must be a 32-bit integer literal"));
    return;
  }
  if (key === "template") {
    if (isTrue(value) || isFalse(value)) metadata.template = isTrue(value);
    else found.push(diagnosticAt(value, "BUILD_BAD_METADATA", "template must be `true` or `false`"));
    return;
  }
  const text = isString(value) ? value.value : "";
  if (key === "phase") {
    const phase = PHASES.find((each) => each === text);
    if (phase !== undefined) metadata.phase = phase;
    else {
      const hint = `phases: ${PHASES.join(", ")}`;
      found.push(diagnosticAt(value, "BUILD_BAD_METADATA", "phase must be the name of a phase", hint));
    }
    return;
  }
  // Control characters would break the terminals and logs that names end up in.
  const sound = text !== "" && text.length <= MAX_NAME && text.trim() === text && !/\p{Cc}/u.test(text);
  if (!sound) {
    const message = `${key} must be a text literal of 1 to ${MAX_NAME} characters, without spaces at its ends`;
    found.push(diagnosticAt(value, "BUILD_BAD_METADATA", message));
  } else if (key === "name") metadata.name = text;
  else metadata.group = text;
}

function readSignature(
  source: AscSource,
  declaration: FunctionDeclaration,
  found: Diagnostic[],
): ClassDeclaration | undefined {
  const { parameters, returnType } = declaration.signature;
  const sound =
    hasFlag(declaration, "Export") &&
    (declaration.typeParameters ?? []).length === 0 &&
    declaration.body !== null &&
    isPlainType(returnType, "Result") &&
    (parameters.length === 1 || parameters.length === 2) &&
    isPlainType(parameters[0]!.type, "Context") &&
    parameters.every((parameter) => parameter.initializer === null);
  if (!sound) {
    const message = `${declaration.name.text} cannot be called as a rule`;
    found.push(diagnosticAt(declaration.name, "BUILD_BAD_SIGNATURE", message, SIGNATURE_HINT));
    return undefined;
  }
  const second = parameters[1];
  if (second === undefined) return undefined;
  const type = isNamedType(second.type) ? second.type.name.identifier.text : "";
  const declared = source.statements.find((statement) => isClass(statement) && statement.name.text === type);
  if (declared === undefined || !isPlainType(second.type, type)) {
    const hint = "declare the parameter class in the same file";
    found.push(diagnosticAt(second.type, "BUILD_BAD_SIGNATURE", `No class ${type} in this file`, hint));
    return undefined;
  }
  return declared as ClassDeclaration;
}

function isPlainType(type: AscNode, name: string): boolean {
  if (!isNamedType(type) || type.isNullable || type.name.next !== null) return false;
  return type.name.identifier.text === name && (type.typeArguments ?? []).length === 0;
}
