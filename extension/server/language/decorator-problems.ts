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

export function findDecoratorProblems(rule: RuleText): Diagnostic[] {
  const { virtual, document, service, name } = rule;
  const text = document.getText();
  const found: Diagnostic[] = [];
  const add = (start: number, end: number, code: string, message: string, hint?: string) => {
    found.push({
      severity: DiagnosticSeverity.Error,
      source: DIAGNOSTIC_SOURCE,
      code,
      message: hint === undefined ? message : `${message}\nhint: ${hint}`,
      range: rangeBetween(document, start, end),
    });
  };

  for (const { start = 0, length = 0, code } of service.getSemanticDiagnostics(name)) {
    if (start < virtual.sourceLength) continue;
    const decorator = decoratorOf(virtual.decorators, virtual.segments, start);
    if (decorator === undefined) continue;
    const place = toSource(virtual, { start, length });
    const shown = `@${decorator.name}`;
    const word = place === undefined ? "" : text.slice(place.start, place.start + place.length);
    if (place?.kind === "name" && CANNOT_FIND_NAME.includes(code)) {
      const hint = didYouMean(decorator.name, OUR_DECORATORS);
      add(decorator.start, decorator.end, "BUILD_UNKNOWN_DECORATOR", `Unknown decorator ${shown}`, hint);
    } else if (place?.kind === "target" && code === ARGUMENT_NOT_ASSIGNABLE) {
      const end = place.start + place.length;
      add(place.start, end, "BUILD_BAD_SIGNATURE", `${word} cannot be called as a rule`);
    } else if (
      ARGUMENTS_MISSING.includes(code) ||
      (place === undefined && code === ARGUMENT_NOT_ASSIGNABLE)
    ) {
      const hint = `write \`${shown}(name="...")\``;
      add(decorator.start, decorator.end, "BUILD_BAD_METADATA", `${shown} needs a name`, hint);
    } else if (place?.kind === "arguments") {
      const end = place.start + place.length;
      const keys = keysOf(rule, decorator.name);
      if (UNKNOWN_PROPERTY.includes(code)) {
        // Of half a word the other error says enough.
        if (isShorthand(rule, start)) continue;
        add(
          place.start,
          end,
          "BUILD_UNKNOWN_METADATA",
          `Unknown ${shown} key ${word}`,
          didYouMean(word, keys),
        );
      } else if (code === DUPLICATE_PROPERTY) {
        add(place.start, end, "BUILD_DUPLICATE_METADATA", `${word} is given twice`, "keep one of the two");
      } else if (NOT_ASSIGNABLE.includes(code)) {
        const value = valueAt(rule, start);
        const [from, to] =
          value === undefined ? [place.start, end] : [value.start, value.start + value.length];
        add(from, to, "BUILD_BAD_METADATA", WANTED[word] ?? `${word} must be a text literal`);
      } else if (code === NO_SHORTHAND_VALUE) {
        const hint = 'write `name="..."`, `priority=10`, `group="..."`';
        add(place.start, end, "BUILD_BAD_METADATA", `${shown} takes named values`, hint);
      }
    }
  }
  for (const { expression } of misplaced(rule.syntax())) {
    const named = ts.isCallExpression(expression) ? expression.expression : expression;
    const message = `@${named.getText()} marks exported functions`;
    add(expression.getStart() - 1, expression.end, "BUILD_BAD_SIGNATURE", message);
  }
  return found;
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
