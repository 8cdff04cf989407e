// Amounts in rules: which literals are money.

import ts from "typescript";
import { asTypeOf } from "./as-types.ts";

/** The amount that a literal stands for, its sign included; undefined where no money is meant. */
export function moneyOf(literal: ts.NumericLiteral, checker: ts.TypeChecker): number | undefined {
  const text = literal.getText().replaceAll("_", "");
  if (!/^\d+$/.test(text)) return undefined;
  const { parent } = literal;
  const isNegative = ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.MinusToken;
  const amount = isNegative ? -Number(text) : Number(text);
  if (!Number.isSafeInteger(amount)) return undefined;
  return isMoney(isNegative ? parent : literal, literal, checker) ? amount : undefined;
}

const LIKE: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.PlusToken,
  ts.SyntaxKind.MinusToken,
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.EqualsToken,
  ts.SyntaxKind.PlusEqualsToken,
  ts.SyntaxKind.MinusEqualsToken,
]);

function isMoney(value: ts.Expression, literal: ts.NumericLiteral, checker: ts.TypeChecker): boolean {
  const { parent } = value;
  if (ts.isParenthesizedExpression(parent)) return isMoney(parent, literal, checker);
  if (ts.isBinaryExpression(parent)) {
    if (!LIKE.has(parent.operatorToken.kind)) return false;
    const other = parent.left === value ? parent.right : parent.left;
    const type = asTypeOf(other, checker);
    if (type === "Money" || type === undefined) return type === "Money";
    return type !== "i32" && looksLikeMoney(literal);
  }
  if (ts.isConditionalExpression(parent))
    return parent.condition !== value && isMoney(parent, literal, checker);
  const wanted = wantedType(value, checker);
  // Nothing says what is meant, but it is written as money is: a group of two behind the last underscore.
  return wanted === undefined
    ? looksLikeMoney(literal) && ts.isVariableDeclaration(parent)
    : wanted === "Money";
}

/** The type that is declared for the place of an expression. */
function wantedType(value: ts.Expression, checker: ts.TypeChecker): string | undefined {
  const { parent } = value;
  if (ts.isVariableDeclaration(parent) || ts.isPropertyDeclaration(parent) || ts.isParameter(parent)) {
    return parent.type?.getText();
  }
  if (ts.isAsExpression(parent)) return parent.type.getText();
  const type = checker.getContextualType(value);
  return type === undefined ? undefined : (type.aliasSymbol?.name ?? "");
}

function looksLikeMoney(literal: ts.NumericLiteral): boolean {
  return /_\d\d$/.test(literal.getText());
}
