// Declarations as a rule would write them: TypeScript shows the types that it knows, which are not AssemblyScript's.

import ts from "typescript";
import { asTypeOfVariable } from "./as-types.ts";
import type { RuleText } from "./rule-text.ts";
import { nodeAt } from "./syntax.ts";

/** A type of numbers, as TypeScript shows it: those of AssemblyScript are functions and namespaces too. */
const NUMBER = /^(type \w+) = number & \{\}(?:\n.*)*$/;

/** What stands at an offset of the virtual text, declared. */
export function shownSignature(info: ts.QuickInfo, rule: RuleText, offset: number): string {
  const text = shown(info.displayParts ?? []);
  const { file, checker } = rule.checked();
  const name = nodeAt(file, offset, ts.isIdentifier);
  const symbol = name && checker.getSymbolAtLocation(name);
  const alias = symbol?.declarations?.find(ts.isTypeAliasDeclaration);
  if (alias !== undefined && text === `type ${alias.name.text}`) return `${text}${meaningOf(alias)}`;
  const declaration = symbol?.valueDeclaration;
  if (declaration === undefined) return text;
  if (isGeneric(declaration)) return `function ${shownDeclaration(declaration)}`;
  const { initializer } = declaration as ts.Declaration & { initializer?: ts.Expression };
  if (ts.isPropertyDeclaration(declaration) && initializer !== undefined) {
    return `${text} = ${initializer.getText()}`;
  }
  if (!ts.isVariableDeclaration(declaration)) return text;
  const type = asTypeOfVariable(declaration, checker);
  const head = /^[^:=]*?:/.exec(text)?.[0];
  if (type === undefined || head === undefined) return text;
  const isConstant = ts.isVariableStatement(declaration.parent.parent) && isLiteral(initializer);
  return `${head} ${type}${isConstant ? ` = ${initializer!.getText()}` : ""}`;
}

/** ` = i64`, which the libraries say in a comment; nothing of a type that AssemblyScript itself has. */
function meaningOf(alias: ts.TypeAliasDeclaration): string {
  const [, stated] = /= \/\* (\w+) \*\//.exec(alias.getText()) ?? [];
  if (stated !== undefined) return ` = ${stated}`;
  return ts.isIntersectionTypeNode(alias.type) ? "" : ` = ${alias.type.getText()}`;
}

/** Parts of a declaration as text, in the words of AssemblyScript. */
export function shown(parts: readonly ts.SymbolDisplayPart[]): string {
  const text = parts.map((part) => (part.kind === "keyword" && part.text === "boolean" ? "bool" : part.text));
  // What an optional argument may be besides is no type of AssemblyScript, and neither is what its numbers are to TypeScript.
  return text
    .join("")
    .replace(NUMBER, "$1")
    .replaceAll(" | undefined", "")
    .replaceAll(/\bbool \| number\b|\bnumber \| bool\b/g, "bool");
}

/** What a generic function takes: of a call TypeScript would say `1000 | 2000`, which no number of ours is. */
export function isGeneric(declaration: ts.Declaration): declaration is ts.FunctionDeclaration {
  return ts.isFunctionDeclaration(declaration) && (declaration.typeParameters ?? []).length > 0;
}

/** A function as it is declared, without its body. */
export function shownDeclaration(declaration: ts.FunctionDeclaration): string {
  const types = (declaration.typeParameters ?? []).map((each) => each.getText()).join(", ");
  const parameters = declaration.parameters.map((each) => each.getText()).join(", ");
  return `${declaration.name?.text}<${types}>(${parameters}): ${declaration.type?.getText() ?? "void"}`;
}

function isLiteral(node: ts.Expression | undefined): boolean {
  if (node === undefined) return false;
  return ts.isLiteralExpression(ts.isPrefixUnaryExpression(node) ? node.operand : node);
}
