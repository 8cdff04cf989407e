// The types of AssemblyScript, where TypeScript only knows a `number`: what asc makes of a local without a type. It is
// for people to read; asc decides.

import ts from "typescript";

/** How far names are followed to what they were given; cheap, and no circle is followed for ever. */
const MAX_STEPS = 24;

const INTEGERS = ["i8", "u8", "i16", "u16", "i32", "u32", "isize", "usize", "i64", "u64"];
const INT32 = 0x7fffffff;

const ARITHMETIC: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.PlusToken,
  ts.SyntaxKind.MinusToken,
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.SlashToken,
  ts.SyntaxKind.PercentToken,
  ts.SyntaxKind.AmpersandToken,
  ts.SyntaxKind.BarToken,
  ts.SyntaxKind.CaretToken,
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
]);
const COMPARISONS: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.LessThanToken,
  ts.SyntaxKind.GreaterThanToken,
  ts.SyntaxKind.LessThanEqualsToken,
  ts.SyntaxKind.GreaterThanEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

/** The type of an expression as a rule would write it, such as `Money`, `i32`, `bool`; undefined when it is no number. */
export function asTypeOf(
  node: ts.Expression,
  checker: ts.TypeChecker,
  steps = MAX_STEPS,
): string | undefined {
  if (steps <= 0) return undefined;
  const of = (inner: ts.Expression) => asTypeOf(inner, checker, steps - 1);
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return of(node.expression);
  if (ts.isAsExpression(node) || ts.isTypeAssertionExpression(node)) return node.type.getText();
  if (ts.isNumericLiteral(node)) return typeOfLiteral(node);
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return "bool";
  if (ts.isPrefixUnaryExpression(node)) {
    return node.operator === ts.SyntaxKind.ExclamationToken ? "bool" : of(node.operand);
  }
  if (ts.isPostfixUnaryExpression(node)) return of(node.operand);
  if (ts.isConditionalExpression(node)) return commonType(node.whenTrue, node.whenFalse, of);
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.kind;
    if (COMPARISONS.has(operator)) return "bool";
    return ARITHMETIC.has(operator) ? commonType(node.left, node.right, of) : of(node.left);
  }
  const declared = declaredType(checker.getTypeAtLocation(node));
  if (declared !== undefined) return declared;
  if (ts.isCallExpression(node)) {
    // A generic function such as `max` gives what it is given.
    const [first, second] = node.arguments;
    return first && second && isNumber(node, checker) ? commonType(first, second, of) : undefined;
  }
  if (!ts.isIdentifier(node)) return undefined;
  const declaration = checker.getSymbolAtLocation(node)?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration)) return undefined;
  return asTypeOfVariable(declaration, checker, steps - 1);
}

/** The type of a local or constant: its own, or that of what it begins with. */
export function asTypeOfVariable(
  declaration: ts.VariableDeclaration | ts.ParameterDeclaration | ts.PropertyDeclaration,
  checker: ts.TypeChecker,
  steps = MAX_STEPS,
): string | undefined {
  if (declaration.type !== undefined) return declaration.type.getText();
  return declaration.initializer && asTypeOf(declaration.initializer, checker, steps);
}

/** Aliases of numbers keep their names: what was declared `Money` is called so. */
function declaredType(type: ts.Type): string | undefined {
  return type.aliasSymbol?.name;
}

function isNumber(node: ts.Node, checker: ts.TypeChecker): boolean {
  const type = checker.getTypeAtLocation(node);
  const flags = type.isIntersection() ? type.types.reduce((all, each) => all | each.flags, 0) : type.flags;
  return (flags & ts.TypeFlags.NumberLike) !== 0;
}

function typeOfLiteral(node: ts.NumericLiteral): string {
  const text = node.getText().replaceAll("_", "");
  if (!/^(?:0[xob][\da-f]+|\d+)$/i.test(text)) return "f64";
  return Number(text) <= INT32 ? "i32" : "i64";
}

/** A literal takes the type of what it stands beside; of two types the wider one is meant. */
function commonType(
  left: ts.Expression,
  right: ts.Expression,
  of: (node: ts.Expression) => string | undefined,
): string | undefined {
  if (isLiteral(left) && !isLiteral(right)) return of(right);
  if (isLiteral(right)) return of(left);
  const [a, b] = [of(left), of(right)];
  if (a === b || b === undefined) return a;
  if (a === undefined) return b;
  if (a === "Money" || b === "Money") return "Money";
  return INTEGERS.indexOf(b) > INTEGERS.indexOf(a) ? b : a;
}

function isLiteral(node: ts.Expression): boolean {
  return ts.isNumericLiteral(node) || (ts.isPrefixUnaryExpression(node) && ts.isNumericLiteral(node.operand));
}
