// A variable outside of all functions that one rule alone reads is what a parameter is for: whoever runs the promotion can say
// another value then. The fix moves it into the rule's parameter class, which is made where there is none.

import type { AscNode, AscSource } from "./asc.ts";
import type { Fix } from "./diagnostics.ts";
import { changesTogether, type TextChange } from "./fixes.ts";
import { fieldTypeFor } from "./parameters.ts";
import {
  type ClassDeclaration,
  type FunctionDeclaration,
  hasFlag,
  type Identifier,
  isClass,
  isDeclaration,
  isFunction,
  isIdentifier,
  isNamedType,
  isParameter,
  isVariables,
  type VariableLike,
  walk,
} from "./syntax.ts";

/** How many parameters a function of each kind has before those of its own. */
const TAKEN: Readonly<Record<string, number>> = { promo: 1, pricing: 2 };

/** In front of a variable: its keyword, and a comment that tells what it is. */
const DECLARED = /(\/\*\*(?:[^*]|\*(?!\/))*\*\/[ \t]*\n)?[ \t]*(?:let|var|const)\s+$/;
const ENDED = /^[ \t]*;?/;
const WRITTEN_BEHIND = /^\s*(?:(?:[-+*/%&|^]|\*\*|<<|>>>?)?=(?!=)|\+\+|--)/;
const WRITTEN_BEFORE = /(?:\+\+|--)\s*$/;

/** None where anything but one rule uses the variable, or writes to it, or its value cannot be a default. */
export function madeParameter(variable: VariableLike): Fix[] {
  const { source, start, end } = variable.range;
  const name = variable.name.text;
  const type = fieldTypeFor(variable);
  const before = DECLARED.exec(source.text.slice(0, start));
  const statement = source.statements.find(
    (each) => isVariables(each) && each.declarations.length === 1 && each.declarations[0] === variable,
  );
  // One that is exported may be used anywhere.
  if (type === undefined || before === null || statement === undefined || hasFlag(variable, "Export")) {
    return [];
  }
  const users = source.statements.filter((each) => each !== statement && usesOf(each, name).length > 0);
  const [rule] = users;
  if (users.length !== 1 || !isFunction(rule)) return [];
  const uses = usesOf(rule, name);
  if (uses.some(isWritten) || declares(rule, name)) return [];

  const comment = before[1]?.trim();
  const value = source.text.slice(variable.initializer!.range.start, variable.initializer!.range.end);
  const field = `${comment === undefined ? "" : `  ${comment}\n`}  ${name}: ${type} = ${value};`;
  const [ended] = ENDED.exec(source.text.slice(end))!;
  const own = { from: before.index, to: end + ended.length };
  const moved = parametersOf(source, rule, name, field, own);
  if (moved === undefined) return [];
  const renamed = uses.map(({ range }) => ({
    from: range.start,
    to: range.end,
    text: `${moved.parameter}.${name}`,
  }));
  return [{ verb: "parameter", what: name, edits: changesTogether(source, [...moved.changes, ...renamed]) }];
}

/** Where the field goes: into the class that the rule has, or into one in the variable's place. */
function parametersOf(
  source: AscSource,
  rule: FunctionDeclaration,
  name: string,
  field: string,
  own: { from: number; to: number },
): { parameter: string; changes: TextChange[] } | undefined {
  const { parameters } = rule.signature;
  const taken = takenBy(rule);
  if (taken === undefined || parameters.length < taken) return undefined;
  const last = parameters[taken];
  if (last === undefined) {
    const parameter = ["p", "parameters"].find((each) => !declares(rule, each) && !uses(rule, each));
    const className = freeName(source, capitalized(rule.name.text));
    if (parameter === undefined || className === undefined) return undefined;
    const at = parameters.at(-1)!.range.end;
    const made = { ...own, text: `class ${className} {\n${field}\n}` };
    return { parameter, changes: [made, { from: at, to: at, text: `, ${parameter}: ${className}` }] };
  }
  const type = isNamedType(last.type) ? last.type.name.identifier.text : "";
  const found = source.statements.find((each) => isClass(each) && each.name.text === type) as
    | ClassDeclaration
    | undefined;
  if (found === undefined || found.members.some((member) => member.name.text === name)) return undefined;
  const inside = source.text.slice(0, source.text.lastIndexOf("}", found.range.end)).trimEnd().length;
  const [rest] = /^[ \t]*\n*/.exec(source.text.slice(own.to))!;
  return {
    parameter: last.name.text,
    changes: [
      { from: own.from, to: own.to + rest.length, text: "" },
      { from: inside, to: inside, text: `\n${field}` },
    ],
  };
}

function takenBy({ decorators }: FunctionDeclaration): number | undefined {
  const names = (decorators ?? []).map(({ name }) => (isIdentifier(name) ? name.text : ""));
  const ours = names.find((each) => Object.hasOwn(TAKEN, each));
  return ours === undefined ? undefined : TAKEN[ours];
}

/** A class is called as its function, with a capital. */
function freeName(source: AscSource, name: string): string | undefined {
  const declared = new Set(source.statements.flatMap((each) => (isDeclaration(each) ? each.name.text : [])));
  return [name, `${name}Parameters`].find((each) => !declared.has(each));
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function usesOf(statement: AscNode, name: string): Identifier[] {
  const found: Identifier[] = [];
  walk(statement, (node) => {
    if (isIdentifier(node) && node.text === name) found.push(node);
    return undefined;
  });
  return found;
}

function uses(statement: AscNode, name: string): boolean {
  return usesOf(statement, name).length > 0;
}

/** Whether something inside has the same name, so that not every use means the variable. */
function declares(statement: AscNode, name: string): boolean {
  let isDeclared = false;
  walk(statement, (node) => {
    if ((isDeclaration(node) || isParameter(node)) && node.name.text === name) isDeclared = true;
    return undefined;
  });
  return isDeclared;
}

function isWritten({ range: { source, start, end } }: Identifier): boolean {
  return WRITTEN_BEHIND.test(source.text.slice(end)) || WRITTEN_BEFORE.test(source.text.slice(0, start));
}
