// What TypeScript says of the decorators' calls, in the toolchain's words: the toolchain says it again, and with
// authority, as soon as the compiler has run.

import { didYouMean, OUR_DECORATORS } from "@haggle/toolchain/vocabulary";
import ts from "typescript";
import { type Diagnostic, DiagnosticSeverity } from "vscode-languageserver";
import { DIAGNOSTIC_SOURCE } from "../../shared/protocol.ts";
import { type RuleText, rangeBetween } from "./rule-text.ts";
import { nodeAt } from "./syntax.ts";
import { type RuleDecorator, type Segment, toSource } from "./virtual-text.ts";

// TypeScript's codes (diagnosticMessages.json).
const CANNOT_FIND_NAME = [2304, 2552];
const UNKNOWN_PROPERTY = [2353, 2561];
const DUPLICATE_PROPERTY = 1117;
const NOT_ASSIGNABLE = [2322, 2820];
const ARGUMENT_NOT_ASSIGNABLE = 2345;
const ARGUMENTS_MISSING = [2554, 2555];
const NO_SHORTHAND_VALUE = 18004;

const WANTED: Record<string, string> = {
  priority: "priority must be a 32-bit integer literal",
  template: "template must be `true` or `false`",
  phase: "phase must be the name of a phase",
};

/** A piece of the source. */
type Span = { start: number; end: number };

type Problem = Span & { code: string; message: string; hint?: string | undefined };

export function findDecoratorProblems(rule: RuleText): Diagnostic[] {
  const { virtual, document, service, name } = rule;
  const found: Problem[] = [];
  for (const { start = 0, length = 0, code } of service.getSemanticDiagnostics(name)) {
    if (start < virtual.sourceLength) continue;
    const decorator = decoratorOf(virtual.decorators, virtual.segments, start);
    const problem = decorator && problemOf(rule, decorator, { start, length, code });
    if (problem !== undefined) found.push(problem);
  }
  for (const { expression } of misplaced(rule.syntax())) {
    const named = ts.isCallExpression(expression) ? expression.expression : expression;
    const message = `@${named.getText()} marks exported functions`;
    const start = expression.getStart() - 1;
    found.push({ start, end: expression.end, code: "BUILD_BAD_SIGNATURE", message });
  }
  return found.map(({ start, end, code, message, hint }) => ({
    severity: DiagnosticSeverity.Error,
    source: DIAGNOSTIC_SOURCE,
    code,
    message: hint === undefined ? message : `${message}\nhint: ${hint}`,
    range: rangeBetween(document, start, end),
  }));
}

/** What TypeScript says, at an offset of the virtual text. */
type Said = { start: number; length: number; code: number };

/** Undefined for what is none, or is said elsewhere. */
function problemOf(rule: RuleText, decorator: RuleDecorator, said: Said): Problem | undefined {
  const { start, length, code } = said;
  const place = toSource(rule.virtual, { start, length });
  const shown = `@${decorator.name}`;
  const whole = { start: decorator.start, end: decorator.end };
  if (ARGUMENTS_MISSING.includes(code) || (place === undefined && code === ARGUMENT_NOT_ASSIGNABLE)) {
    const hint = `write \`${shown}(name="...")\``;
    return { ...whole, code: "BUILD_BAD_METADATA", message: `${shown} needs a name`, hint };
  }
  if (place === undefined) return undefined;
  const span = { start: place.start, end: place.start + place.length };
  if (place.kind === "name" && CANNOT_FIND_NAME.includes(code)) {
    const hint = didYouMean(decorator.name, OUR_DECORATORS);
    return { ...whole, code: "BUILD_UNKNOWN_DECORATOR", message: `Unknown decorator ${shown}`, hint };
  }
  if (place.kind === "target" && code === ARGUMENT_NOT_ASSIGNABLE) {
    const message = `${wordAt(rule, span)} cannot be called as a rule`;
    return { ...span, code: "BUILD_BAD_SIGNATURE", message };
  }
  return place.kind === "arguments" ? problemOfKey(rule, decorator, said, span) : undefined;
}

/** Of a key that a decorator is given, or of its value; `key` is where it stands. */
function problemOfKey(
  rule: RuleText,
  { name }: RuleDecorator,
  { start, code }: Said,
  key: Span,
): Problem | undefined {
  const word = wordAt(rule, key);
  if (UNKNOWN_PROPERTY.includes(code)) {
    // Of half a word the other error says enough.
    if (isShorthand(rule, start)) return undefined;
    const hint = didYouMean(word, keysOf(rule, name));
    return { ...key, code: "BUILD_UNKNOWN_METADATA", message: `Unknown @${name} key ${word}`, hint };
  }
  if (code === DUPLICATE_PROPERTY) {
    const message = `${word} is given twice`;
    return { ...key, code: "BUILD_DUPLICATE_METADATA", message, hint: "keep one of the two" };
  }
  if (NOT_ASSIGNABLE.includes(code)) {
    const value = valueAt(rule, start);
    const at = value === undefined ? key : { start: value.start, end: value.start + value.length };
    return { ...at, code: "BUILD_BAD_METADATA", message: WANTED[word] ?? `${word} must be a text literal` };
  }
  if (code === NO_SHORTHAND_VALUE) {
    const hint = 'write `name="..."`, `priority=10`, `group="..."`';
    return { ...key, code: "BUILD_BAD_METADATA", message: `@${name} takes named values`, hint };
  }
  return undefined;
}

function wordAt({ document }: RuleText, { start, end }: Span): string {
  return document.getText().slice(start, end);
}

/** The value of the key at an offset of the virtual text, where it is in the source. */
function valueAt(
  { checked, virtual }: RuleText,
  offset: number,
): { start: number; length: number } | undefined {
  const { file } = checked();
  const value = nodeAt(file, offset, ts.isPropertyAssignment)?.initializer;
  return value && toSource(virtual, { start: value.getStart(file), length: value.getWidth(file) });
}

function isShorthand({ checked }: RuleText, offset: number): boolean {
  return nodeAt(checked().file, offset, ts.isShorthandPropertyAssignment) !== undefined;
}

/** The keys that a decorator takes, as the library declares them. */
function keysOf(rule: RuleText, decorator: string): string[] {
  return optionsOf(rule, decorator).map(({ name }) => name);
}

/** What a decorator takes, in the order in which it is declared; nothing for one that nobody knows. */
export function optionsOf(rule: RuleText, decorator: string): ts.Symbol[] {
  const { checker, file } = rule.checked();
  const symbol = checker.resolveName(decorator, file, ts.SymbolFlags.Function, false);
  const declared = symbol?.valueDeclaration;
  if (declared === undefined || !ts.isFunctionDeclaration(declared)) return [];
  const [parameter] = declared.parameters;
  return parameter === undefined ? [] : checker.getPropertiesOfType(checker.getTypeAtLocation(parameter));
}

/** The decorator whose call an offset of the virtual text is in: the last one that begins before it. */
function decoratorOf(
  decorators: readonly RuleDecorator[],
  segments: readonly Segment[],
  offset: number,
): RuleDecorator | undefined {
  const name = segments.findLast(({ kind, at }) => kind === "name" && at <= offset);
  return name && decorators.find(({ start }) => start + 1 === name.start);
}

/** Decorators of ours on classes and their members. */
function misplaced(file: ts.SourceFile): ts.Decorator[] {
  const found: ts.Decorator[] = [];
  for (const statement of file.statements) {
    if (!ts.isClassDeclaration(statement)) continue;
    for (const node of [statement, ...statement.members]) {
      const { modifiers } = node as ts.Node & { modifiers?: ts.NodeArray<ts.ModifierLike> };
      for (const each of modifiers ?? []) if (ts.isDecorator(each) && isOurs(each)) found.push(each);
    }
  }
  return found;
}

function isOurs({ expression }: ts.Decorator): boolean {
  const named = ts.isCallExpression(expression) ? expression.expression : expression;
  return ts.isIdentifier(named) && OUR_DECORATORS.includes(named.text);
}
