// A rule's text as TypeScript can read it. Decorators of functions are no TypeScript, so each is blanked out, which
// leaves every other position where it was, and said again behind the text as a typed call:
//
//   @promo(name="x", priority=10)          (blanks)
//   export function half(...)       ->     export function half(...)
//                                          promo({name:"x", priority:10
//                                          })(half);
//
// Three pieces of each call are pieces of the source: the decorator's name, its arguments, the function's name.

import { ASC_DECORATORS, HARMLESS_DECORATORS } from "@haggle/toolchain/vocabulary";
import ts from "typescript";

export type Segment = {
  kind: "name" | "arguments" | "target";
  /** Where it is in the source. */
  start: number;
  length: number;
  /** Where it is in the virtual text, as long. */
  at: number;
};

/** A decorator of ours, or one that nobody knows. Offsets are in the source. */
export type RuleDecorator = {
  name: string;
  start: number;
  end: number;
  /** Between the parentheses; undefined where there are none. */
  arguments: { start: number; end: number } | undefined;
  /** \`{name: "x"}\` instead of \`name="x"\`. */
  isObject: boolean;
  /** The name of the function that it stands before. */
  target: { name: string; start: number } | undefined;
};

export type VirtualText = {
  text: string;
  /** How much of the virtual text is the source, blanks and all. */
  sourceLength: number;
  segments: readonly Segment[];
  decorators: readonly RuleDecorator[];
};

export function virtualTextOf(source: string): VirtualText {
  const file = ts.createSourceFile("rule.ts", source, ts.ScriptTarget.ESNext, true);
  const decorators = file.statements.flatMap((statement) => decoratorsOf(statement, file));
  const segments: Segment[] = [];
  let text = source;
  for (const { start, end } of decorators) {
    text = text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, " ") + text.slice(end);
  }
  const add = (
    kind: Segment["kind"],
    start: number,
    length: number,
    shown = source.slice(start, start + length),
  ) => {
    segments.push({ kind, start, length, at: text.length });
    text += shown;
  };
  for (const decorator of decorators) {
    // Whatever the text ends in, a comment or half a text literal, ends with its line.
    text += "\n;";
    add("name", decorator.start + 1, decorator.name.length);
    const given = decorator.arguments;
    text += decorator.isObject || given === undefined ? "(" : "({";
    if (given !== undefined)
      add("arguments", given.start, given.end - given.start, asObject(decorator, source));
    text += decorator.isObject || given === undefined ? "\n)" : "\n})";
    if (decorator.target !== undefined) {
      text += "(";
      add("target", decorator.target.start, decorator.target.name.length);
      text += ")";
    }
    text += ";";
  }
  return { text, sourceLength: source.length, segments, decorators };
}

/** Where an offset of the source is in the virtual text. */
export function toVirtual({ segments }: VirtualText, offset: number): number {
  const within = segments.find(
    ({ kind, start, length }) => kind !== "target" && offset >= start && offset <= start + length,
  );
  return within === undefined ? offset : within.at + (offset - within.start);
}

/**
 * Where a span of the virtual text is in the source; undefined for what is in neither, such as the braces around the
 * arguments.
 */
export function toSource(
  { segments, sourceLength }: VirtualText,
  span: { start: number; length: number },
): { start: number; length: number; kind: Segment["kind"] | "source" } | undefined {
  const end = span.start + span.length;
  if (end <= sourceLength) return { ...span, kind: "source" };
  const within = segments.find(({ at, length }) => span.start >= at && end <= at + length);
  if (within === undefined) return undefined;
  return { start: within.start + (span.start - within.at), length: span.length, kind: within.kind };
}

/** The decorator around an offset of the source, from behind its `@` to behind its last character. */
export function decoratorAt({ decorators }: VirtualText, offset: number): RuleDecorator | undefined {
  return decorators.find(({ start, end }) => offset > start && offset <= end);
}

/** The decorator between whose parentheses an offset of the source is. */
export function argumentsAt({ decorators }: VirtualText, offset: number): RuleDecorator | undefined {
  return decorators.find(({ arguments: given }) => given && offset >= given.start && offset <= given.end);
}

/** The name that a decorator gives its rule, when there is one yet. */
export function ruleNameIn(decorator: RuleDecorator, source: string): string | undefined {
  return nameLiteralIn(decorator, source)?.name;
}

/** The names of all rules of a source, whether or not it compiles. */
export function ruleNamesIn(source: string): string[] {
  return virtualTextOf(source).decorators.flatMap((decorator) => ruleNameIn(decorator, source) ?? []);
}

/** The name of a rule in its decorator, where an offset of the source is in it, with the place of its letters. */
export function ruleNameAt(
  virtual: VirtualText,
  source: string,
  offset: number,
): { name: string; start: number; length: number } | undefined {
  const decorator = argumentsAt(virtual, offset);
  const found = decorator && nameLiteralIn(decorator, source);
  if (found === undefined || offset < found.start || offset > found.start + found.length) return undefined;
  return found;
}

/** The text literal behind `name`, without its quotes. */
function nameLiteralIn(
  { arguments: given }: RuleDecorator,
  source: string,
): { name: string; start: number; length: number } | undefined {
  if (given === undefined) return undefined;
  const { file, list } = argumentsIn(source.slice(given.start, given.end));
  for (const argument of list) {
    const values = ts.isObjectLiteralExpression(argument) ? argument.properties : [argument];
    for (const each of values) {
      const [key, value] = ts.isBinaryExpression(each)
        ? [each.left, each.right]
        : ts.isPropertyAssignment(each)
          ? [each.name, each.initializer]
          : [];
      const isName = key !== undefined && ts.isIdentifier(key) && key.text === "name";
      const isText = value !== undefined && ts.isStringLiteralLike(value);
      if (!isName || !isText || value.text === "") continue;
      const start = given.start + value.getStart(file) - CALL_BEFORE + 1;
      return { name: value.text, start, length: value.getWidth(file) - 2 };
    }
  }
  return undefined;
}

function decoratorsOf(statement: ts.Statement, file: ts.SourceFile): RuleDecorator[] {
  const { modifiers } = statement as ts.Statement & { modifiers?: ts.NodeArray<ts.ModifierLike> };
  return (modifiers ?? []).flatMap((decorator) => {
    if (!ts.isDecorator(decorator)) return [];
    const { expression } = decorator;
    const named = ts.isCallExpression(expression) ? expression.expression : expression;
    const name = ts.isIdentifier(named) ? named.text : "";
    // A class may have any: TypeScript reads those, and the toolchain says where ours do not belong.
    const isFunction = ts.isFunctionDeclaration(statement);
    const isOurs = name !== "" && !ASC_DECORATORS.has(name) && !HARMLESS_DECORATORS.has(name);
    if (!isOurs || ts.isClassDeclaration(statement)) return [];
    const given = ts.isCallExpression(expression) ? argumentsOf(expression, decorator, file) : undefined;
    return [
      {
        name,
        start: decorator.getStart(file),
        end: given === undefined ? decorator.end : Math.max(decorator.end, given.end),
        arguments: given,
        isObject: given !== undefined && /^\s*\{/.test(file.text.slice(given.start, given.end)),
        target:
          isFunction && statement.name !== undefined && statement.name.text !== ""
            ? { name: statement.name.text, start: statement.name.getStart(file) }
            : undefined,
      },
    ];
  });
}

/** What stands between the parentheses. One that is not closed yet reaches to the next thing that is there. */
function argumentsOf(
  call: ts.CallExpression,
  decorator: ts.Decorator,
  file: ts.SourceFile,
): { start: number; end: number } {
  const start = call.arguments.pos;
  if (call.end > start && file.text[call.end - 1] === ")" && !isInside(call, call.end - 1)) {
    return { start, end: call.end - 1 };
  }
  const next = /\S/.exec(file.text.slice(decorator.end));
  const end = next === null ? file.text.length : decorator.end + next.index;
  // Blanks before a line break belong to what is being typed; what follows the break does not.
  const line = /[\r\n]/.exec(file.text.slice(decorator.end, end));
  return { start, end: Math.max(start, line === null ? end : decorator.end + line.index) };
}

/** Whether the last parenthesis closes an argument, and not the call. */
function isInside(call: ts.CallExpression, offset: number): boolean {
  return call.arguments.some((argument) => argument.end > offset);
}

/** The arguments as properties, character by character: `=` of `name="x"` becomes `:`. */
function asObject({ arguments: given, isObject }: RuleDecorator, source: string): string {
  const { start, end } = given!;
  const text = source.slice(start, end);
  if (isObject) return text;
  const { file, list } = argumentsIn(text);
  const characters = [...splitUnits(text)];
  for (const argument of list) {
    if (!ts.isBinaryExpression(argument)) continue;
    const { operatorToken } = argument;
    if (operatorToken.kind === ts.SyntaxKind.EqualsToken) characters[operatorToken.getStart(file) - 2] = ":";
  }
  return characters.join("");
}

/** What stands before the arguments where they are read by themselves: `f(`. */
const CALL_BEFORE = 2;

/** What stands between parentheses as expressions, two characters behind where they are in the text. */
function argumentsIn(text: string): { file: ts.SourceFile; list: readonly ts.Expression[] } {
  const file = ts.createSourceFile("arguments.ts", `f(${text}\n)`, ts.ScriptTarget.ESNext, true);
  const [statement] = file.statements;
  const isCall =
    statement && ts.isExpressionStatement(statement) && ts.isCallExpression(statement.expression);
  return { file, list: isCall ? (statement.expression as ts.CallExpression).arguments : [] };
}

/** UTF-16 units, as offsets count them. */
function* splitUnits(text: string): Iterable<string> {
  for (let index = 0; index < text.length; index++) yield text.charAt(index);
}
