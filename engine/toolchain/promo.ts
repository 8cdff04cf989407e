// `@promo(...)` and `@pricing(...)`: which functions of a source are rules, what they are called, and whether a host can call them.

import type { Phase, RuleMetadata } from "@haggle/abi";
import type { AscNode, AscRange, AscSource } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import type { Diagnostic, Fix } from "./diagnostics.ts";
import { didYouMean, nearestTo } from "./did-you-mean.ts";
import { changeTo, insertAt, kebabCase, remove } from "./fixes.ts";
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
  kind: Kind;
  source: AscSource;
  declaration: FunctionDeclaration;
  decorator: Decorator;
  name: string;
  /** The literal that gives the name. */
  nameNode: AscNode | undefined;
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

type Kind = RuleMetadata["kind"];

/** What a decorator says, and how a function of its kind looks. */
const KINDS: Readonly<Record<"promo" | "pricing", Form>> = {
  promo: {
    kind: "promotion",
    keys: ["name", "priority", "group", "phase", "template"],
    takes: ["Context"],
    gives: "Result",
    hint: "write `export function name(ctx: Context): Result` or `(ctx: Context, p: Parameters)`",
  },
  pricing: {
    kind: "pricing",
    keys: ["name", "priority", "template"],
    takes: ["Context", "Line"],
    gives: "Money",
    hint: "write `export function name(ctx: Context, line: Line): Money` or `(ctx: Context, line: Line, p: Parameters)`",
  },
};
type Form = { kind: Kind; keys: readonly string[]; takes: readonly string[]; gives: string; hint: string };

const PHASES: readonly Phase[] = ["catalog", "line", "order", "shipping"];
const MAX_NAME = 128; // UTF-16 units; a name is a promotion id, a metrics label and a column of a table
const MAX_PRIORITY = 0x7fffffff; // the table holds an i32

/** The rules of one source, in order, and what is wrong with them. */
export function collectRules(source: AscSource, found: Diagnostic[]): Rule[] {
  const rules: Rule[] = [];
  for (const statement of source.statements) {
    walk(statement, (node) => {
      if (!isDeclaration(node)) return undefined;
      const decorators = (node.decorators ?? []).filter(isOurs);
      if (decorators.length === 0) return undefined;
      // asc ignores decorators that it does not know; ours must not reach its passes as expressions.
      node.decorators = node.decorators!.filter((decorator) => !isOurs(decorator));
      if (node !== statement || !isFunction(node)) {
        const message = `${shown(decorators[0]!)} marks exported functions`;
        const { hint } = formOf(decorators[0]!);
        found.push(diagnosticAt(decorators[0]!, "BUILD_BAD_SIGNATURE", message, hint));
        return undefined;
      }
      for (const extra of decorators.slice(1)) {
        const message = `A second ${shown(extra)} on one function`;
        const fixes = [remove(source, extra.range.start, endOfBlank(extra.range), shown(extra))];
        found.push({ ...diagnosticAt(extra, "BUILD_DUPLICATE_METADATA", message), fixes });
      }
      const rule = readRule(source, node, decorators[0]!, found);
      if (rule !== undefined) rules.push(rule);
      return undefined;
    });
  }
  return rules;
}

function isOurs({ name }: Decorator): boolean {
  return isIdentifier(name) && Object.hasOwn(KINDS, name.text);
}

function formOf({ name }: Decorator): Form {
  return KINDS[(name as Identifier).text as keyof typeof KINDS];
}

function shown({ name }: Decorator): string {
  return `@${(name as Identifier).text}`;
}

function readRule(
  source: AscSource,
  declaration: FunctionDeclaration,
  decorator: Decorator,
  found: Diagnostic[],
): Rule | undefined {
  const before = found.length;
  const metadata = readMetadata(decorator, declaration, found);
  const parameters = readSignature(source, declaration, formOf(decorator), found);
  if (found.length > before) return undefined;
  return {
    kind: formOf(decorator).kind,
    source,
    declaration,
    decorator,
    name: metadata.name ?? "",
    nameNode: metadata.nameNode,
    priority: metadata.priority ?? 0,
    group: metadata.group,
    phase: metadata.phase,
    template: metadata.template ?? false,
    // Parameters usually stand first, and the comment above them tells what the rule is for.
    description: docComment(declaration.range) ?? (parameters && docComment(parameters.range)),
    parameters,
  };
}

type Metadata = {
  name?: string;
  nameNode?: AscNode;
  priority?: number;
  group?: string;
  phase?: Phase;
  template?: boolean;
};

/** `name="x", priority=10` and `{ name: "x", priority: 10 }` are the same. */
function readMetadata(decorator: Decorator, declaration: FunctionDeclaration, found: Diagnostic[]): Metadata {
  const metadata: Metadata = {};
  const seen = new Set<string>();
  const before = found.length;
  const { keys } = formOf(decorator);
  const pairs = metadataPairs(decorator, found);
  for (const [index, [key, value]] of pairs.entries()) {
    if (!keys.includes(key.text)) {
      const message = `Unknown ${shown(decorator)} key ${key.text}`;
      const nearest = nearestTo(key.text, keys);
      const isFree = nearest !== undefined && !pairs.some(([other]) => other.text === nearest);
      found.push({
        ...diagnosticAt(key, "BUILD_UNKNOWN_METADATA", message, didYouMean(key.text, keys)),
        ...(isFree && { fixes: [changeTo(key, nearest)] }),
      });
    } else if (seen.has(key.text)) {
      const message = `${key.text} is given twice`;
      const { source, end } = value.range;
      const text = source.text.slice(key.range.start, end);
      const fixes = [remove(source, pairs[index - 1]![1].range.end, end, text)];
      found.push({ ...diagnosticAt(key, "BUILD_DUPLICATE_METADATA", message), fixes });
    } else {
      readPair(key.text, value, metadata, found);
    }
    seen.add(key.text);
  }
  // A name that is there under a wrong key is not missing too.
  if (!seen.has("name") && found.length === before) {
    const hint = `write \`${shown(decorator)}(name="...")\``;
    found.push({
      ...diagnosticAt(decorator, "BUILD_BAD_METADATA", `${shown(decorator)} needs a name`, hint),
      fixes: [withName(decorator, declaration, pairs)],
    });
  }
  return metadata;
}

/** The function's name, as rules are called, before what is said already. */
function withName(
  { args, name, range }: Decorator,
  declaration: FunctionDeclaration,
  pairs: readonly [Identifier, AscNode][],
): Fix {
  const { source } = range;
  const value = JSON.stringify(kebabCase(declaration.name.text));
  const object = args?.find(isObject);
  const pair = object === undefined ? `name=${value}` : `name: ${value}`;
  if (args === null) return insertAt(source, name.range.end, `(${pair})`, pair);
  // Behind what a decorator's parenthesis, or an object's brace, opens.
  const start = (object?.range.start ?? source.text.indexOf("(", name.range.end)) + 1;
  const isSpaced = /^\s/.test(source.text.slice(start));
  const behind = pairs.length === 0 ? "" : isSpaced ? "," : ", ";
  return insertAt(source, start, `${isSpaced ? " " : ""}${pair}${behind}`, pair);
}

/** The end of the blanks behind a range, and of the line that they end. */
function endOfBlank({ source, end }: AscRange): number {
  const [blank] = /^[ \t]*\n?/.exec(source.text.slice(end))!;
  return end + blank.length;
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
      found.push(
        diagnosticAt(argument, "BUILD_BAD_METADATA", `${shown(decorator)} takes named values`, hint),
      );
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
  } else if (key === "name") Object.assign(metadata, { name: text, nameNode: value });
  else metadata.group = text;
}

function readSignature(
  source: AscSource,
  declaration: FunctionDeclaration,
  { takes, gives, hint }: Form,
  found: Diagnostic[],
): ClassDeclaration | undefined {
  const { parameters, returnType } = declaration.signature;
  const sound =
    hasFlag(declaration, "Export") &&
    (declaration.typeParameters ?? []).length === 0 &&
    declaration.body !== null &&
    isPlainType(returnType, gives) &&
    (parameters.length === takes.length || parameters.length === takes.length + 1) &&
    takes.every((type, i) => isPlainType(parameters[i]!.type, type)) &&
    parameters.every((parameter) => parameter.initializer === null);
  if (!sound) {
    const message = `${declaration.name.text} cannot be called as a rule`;
    found.push({
      ...diagnosticAt(declaration.name, "BUILD_BAD_SIGNATURE", message, hint),
      ...(!hasFlag(declaration, "Export") && { fixes: [exported(declaration)] }),
    });
    return undefined;
  }
  const last = parameters[takes.length];
  if (last === undefined) return undefined;
  const type = isNamedType(last.type) ? last.type.name.identifier.text : "";
  const declared = source.statements.find((statement) => isClass(statement) && statement.name.text === type);
  if (declared === undefined || !isPlainType(last.type, type)) {
    const message = `No class ${type} in this file`;
    const way = "declare the parameter class in the same file";
    found.push(diagnosticAt(last.type, "BUILD_BAD_SIGNATURE", message, way));
    return undefined;
  }
  return declared as ClassDeclaration;
}

function exported({ name }: FunctionDeclaration): Fix {
  const { source, start } = name.range;
  return insertAt(source, source.text.lastIndexOf("function", start), "export ");
}

function isPlainType(type: AscNode, name: string): boolean {
  if (!isNamedType(type) || type.isNullable || type.name.next !== null) return false;
  return type.name.identifier.text === name && (type.typeArguments ?? []).length === 0;
}
