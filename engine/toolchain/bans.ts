// What a rule file must not contain. The profile of the final bytes is the wall; this is the sign in front of it,
// with a line and a way out. What only the compiler can know (raw memory) comes from asc's `noUnsafe`.

import type { AscNode, AscRange, AscSource } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import { type FixesOf, fixesIn } from "./ban-fixes.ts";
import type { Diagnostic, Fix } from "./diagnostics.ts";
import { didYouMean, nearestTo } from "./did-you-mean.ts";
import { changeTo, insertAt } from "./fixes.ts";
import { madeParameter } from "./parameter-fixes.ts";
import {
  type ClassDeclaration,
  type Declaration,
  hasFlag,
  type Identifier,
  type ImportStatement,
  integerOf,
  isClass,
  isDeclaration,
  isDecorator,
  isExport,
  isFalse,
  isField,
  isFloat,
  isIdentifier,
  isImport,
  isNamespace,
  isParameter,
  isPropertyAccess,
  isString,
  isTopLevelStatement,
  isTrue,
  isVariables,
  type PropertyAccess,
  type VariableLike,
  walk,
} from "./syntax.ts";
import {
  ASC_DECORATORS,
  BANNED_NAMES,
  FLOAT_NAMES,
  HARMLESS_DECORATORS,
  NO_FLOAT,
  NO_MEMORY,
  NUMBER_MEMBERS,
  NUMBER_TYPES,
  OUR_DECORATORS,
  UNDERSCORES,
} from "./vocabulary.ts";

/** Every ban that `source` breaks. */
export function checkBans(source: AscSource): Diagnostic[] {
  const found: Diagnostic[] = [];
  const declared = declaredNames(source);
  for (const statement of source.statements) {
    checkTopLevel(statement, found);
    const fixesOf = fixesIn(statement);
    walk(statement, (node) => {
      if (isDecorator(node)) return false; // `checkDeclaration` looks at them, once per declaration
      if (isDeclaration(node)) checkDeclaration(node, found);
      if (isFloat(node)) {
        const fixes = fixesOf(node);
        found.push({ ...diagnosticAt(node, "BUILD_FLOAT", "A fraction in a rule", NO_FLOAT), ...fixes });
      }
      if (isPropertyAccess(node)) checkMember(node, found);
      if (isIdentifier(node) && !declared.has(node.text)) checkName(node, fixesOf, found);
      return undefined;
    });
  }
  return found;
}

function checkMember({ expression, property }: PropertyAccess, found: Diagnostic[]): void {
  if (property.text.startsWith("__")) {
    const message = `${property.text} is not available to rules`;
    found.push(diagnosticAt(property, "BUILD_BANNED", message, UNDERSCORES));
  }
  if (!isIdentifier(expression) || !NUMBER_TYPES.has(expression.text)) return;
  if (NUMBER_MEMBERS.has(property.text)) return;
  const message = `${expression.text}.${property.text} is not available to rules`;
  found.push(diagnosticAt(property, "BUILD_BANNED", message, NO_MEMORY));
}

function checkName(name: Identifier, fixesOf: FixesOf, found: Diagnostic[]): void {
  const { text } = name;
  if (FLOAT_NAMES.has(text)) {
    const message = `${text} is floating point`;
    found.push({ ...diagnosticAt(name, "BUILD_FLOAT", message, NO_FLOAT), ...fixesOf(name) });
  } else if (Object.hasOwn(BANNED_NAMES, text)) {
    const message = `${text} is not available to rules`;
    found.push({ ...diagnosticAt(name, "BUILD_BANNED", message, BANNED_NAMES[text]), ...fixesOf(name) });
  } else if (text.startsWith("__")) {
    found.push(diagnosticAt(name, "BUILD_BANNED", `${text} is not available to rules`, UNDERSCORES));
  }
}

/** Names that the file itself gives a meaning to: a local called `store` is no access to memory. */
function declaredNames(source: AscSource): Set<string> {
  const names = new Set<string>();
  for (const statement of source.statements) {
    walk(statement, (node) => {
      if (isDeclaration(node) || isParameter(node)) names.add(node.name.text);
      return undefined;
    });
  }
  // asc lets `changetype` pass everywhere, so nothing may stand in front of it.
  for (const name of names) if (name === "changetype" || name.startsWith("__")) names.delete(name);
  return names;
}

function checkTopLevel(statement: AscNode, found: Diagnostic[]): void {
  if (!isTopLevelStatement(statement)) {
    const hint = "move it into the rule function";
    found.push(diagnosticAt(statement, "BUILD_TOP_LEVEL_STATE", "A statement outside any function", hint));
  } else if (isVariables(statement)) {
    const isAlone = statement.declarations.length === 1;
    for (const variable of statement.declarations) checkConstant(variable, isAlone, found);
  } else if (isNamespace(statement)) {
    for (const member of statement.members) checkTopLevel(member, found);
  } else if (isImport(statement) || (isExport(statement) && statement.path !== null)) {
    checkImport(statement as ImportStatement, found);
  }
}

function checkConstant(variable: VariableLike, isAlone: boolean, found: Diagnostic[]): void {
  const { initializer } = variable;
  const literal =
    integerOf(initializer) !== undefined ||
    isString(initializer) ||
    isTrue(initializer) ||
    isFalse(initializer) ||
    isFloat(initializer); // reported as a float, once is enough
  if (hasFlag(variable, "Const") && literal) return;
  const fixes = isAlone ? [...(literal ? [madeConst(variable)] : []), ...madeParameter(variable)] : [];
  found.push({
    ...diagnosticAt(
      variable,
      "BUILD_TOP_LEVEL_STATE",
      `${variable.name.text} would live between evaluations`,
      "only `const` with a literal may stand outside a function; make it a parameter or a local",
    ),
    ...(fixes.length > 0 && { fixes }),
  });
}

function madeConst({ name }: VariableLike): Fix {
  const { source, start } = name.range;
  const [keyword] = /(?:let|var)\s+$/.exec(source.text.slice(0, start)) ?? [""];
  return changeTo({ source, start: start - keyword.length, end: start - keyword.length + 3 }, "const");
}

function checkImport(statement: ImportStatement, found: Diagnostic[]): void {
  const path = statement.internalPath;
  if (path.startsWith("rules/")) return;
  const message = `Import of ${JSON.stringify(statement.path.value)} from outside rules/`;
  const hint = "everything Haggle offers is there without an import; share code in a file under rules/";
  found.push(diagnosticAt(statement.path, "BUILD_BANNED", message, hint));
}

function checkDeclaration(declaration: Declaration, found: Diagnostic[]): void {
  if (hasFlag(declaration, "Declare")) {
    const hint = "a bundle imports nothing from its host";
    found.push(diagnosticAt(declaration.name, "BUILD_BANNED", "`declare` is not available to rules", hint));
  }
  if (isClass(declaration)) checkStatics(declaration, found);
  for (const decorator of declaration.decorators ?? []) {
    const problem = checkDecorator(decorator.name);
    if (problem === undefined) continue;
    const nearest = isIdentifier(decorator.name) && nearestTo(decorator.name.text, OUR_DECORATORS);
    found.push({
      ...diagnosticAt(decorator, ...problem),
      ...(nearest &&
        problem[0] === "BUILD_UNKNOWN_DECORATOR" && {
          fixes: [changeTo(withoutSign(decorator.name), nearest)],
        }),
    });
  }
}

/** asc counts the `@` in. */
function withoutSign({ range }: AscNode): AscRange {
  const { source, start, end } = range;
  return { source, start: source.text[start] === "@" ? start + 1 : start, end };
}

function checkStatics(declaration: ClassDeclaration, found: Diagnostic[]): void {
  for (const member of declaration.members) {
    if (!isField(member) || !hasFlag(member, "Static")) continue;
    if (hasFlag(member, "Readonly") && integerOf(member.initializer) !== undefined) continue;
    const message = `${declaration.name.text}.${member.name.text} would live between evaluations`;
    const hint = "a static field must be `readonly` with an integer literal";
    const { source, start } = member.name.range;
    const isReady = !hasFlag(member, "Readonly") && integerOf(member.initializer) !== undefined;
    found.push({
      ...diagnosticAt(member, "BUILD_TOP_LEVEL_STATE", message, hint),
      ...(isReady && { fixes: [insertAt(source, start, "readonly ")] }),
    });
  }
}

function checkDecorator(
  name: AscNode,
): ["BUILD_BANNED" | "BUILD_UNKNOWN_DECORATOR", string, string | undefined] | undefined {
  const base = isPropertyAccess(name) ? name.expression : name;
  const text = isIdentifier(base) ? base.text : "";
  if (OUR_DECORATORS.includes(text) || HARMLESS_DECORATORS.has(text)) return undefined;
  if (ASC_DECORATORS.has(text)) {
    return ["BUILD_BANNED", `@${text} is not available to rules`, "it belongs to the runtime"];
  }
  return ["BUILD_UNKNOWN_DECORATOR", `Unknown decorator @${text}`, didYouMean(text, OUR_DECORATORS)];
}
