// What rules mean and AssemblyScript does not know, added to one compiler instance: a text literal where a `Sym` is
// expected becomes a symbol, i64 sums and products are checked, and what a rule is given cannot be changed.

import { type AscCompiler, type AscNode, type AscSource, type AscType, asc, ascInteger } from "./asc.ts";
import type { StringLiteral } from "./syntax.ts";

/** Library functions that the lowered code calls: a global, and by the names that asc gives to elements of files. */
const SYMBOL = "__sym";
const MONEY = "~lib/haggle/money";
const CHECKED = {
  makeAdd: `${MONEY}/checkedAdd`,
  makeSub: `${MONEY}/checkedSub`,
  makeMul: `${MONEY}/checkedMul`,
} as const;

/**
 * Makes `compiler` lower what stands in `sources`; library code keeps its meaning. Returns the list that the symbols
 * gather in, in the order in which the compiler meets them, which follows the order of the rules.
 */
export function lowerRules(compiler: AscCompiler, sources: AscSource[]): string[] {
  const symbols = new Map<string, number>();
  const list: string[] = [];
  const ours = new Set(sources);
  lowerSymbols(compiler, (node) => {
    if (!ours.has(node.range.source)) return undefined;
    const known = symbols.get(node.value);
    if (known !== undefined) return known;
    list.push(node.value);
    symbols.set(node.value, list.length);
    return list.length;
  });
  for (const method of ["makeAdd", "makeSub", "makeMul"] as const) {
    checkArithmetic(compiler, method, (node) => ours.has(node.range.source));
  }
  protectRuntime(compiler, (node) => ours.has(node.range.source));
  return list;
}

/** By type and not by a list of methods, so that helpers of the project with `Sym` parameters work alike. */
function lowerSymbols(compiler: AscCompiler, symbolOf: (literal: StringLiteral) => number | undefined): void {
  const compileLiteral = compiler.compileLiteralExpression;
  compiler.compileLiteralExpression = function (node, contextualType, constraints, negate) {
    const wanted =
      contextualType.classReference?.name === "Sym" && node.literalKind === asc.LiteralKind.String;
    const symbol = wanted ? symbolOf(node as StringLiteral) : undefined;
    if (symbol === undefined) return compileLiteral.call(this, node, contextualType, constraints, negate);
    const { range } = node;
    const index = asc.Node.createIntegerLiteralExpression(ascInteger(symbol), range);
    const callee = asc.Node.createIdentifierExpression(SYMBOL, range);
    const call = asc.Node.createCallExpression(callee, null, [index], range);
    return this.compileExpression(call, contextualType, constraints);
  };
}

function checkArithmetic(
  compiler: AscCompiler,
  method: keyof typeof CHECKED,
  isOurs: (node: AscNode) => boolean,
): void {
  const unchecked = compiler[method];
  compiler[method] = function (left: number, right: number, type: AscType): number {
    const writer = this.currentFlow.sourceFunction.declaration;
    if (type.kind !== asc.TypeKind.I64 || !isOurs(writer)) return unchecked.call(this, left, right, type);
    const prototype = this.program.lookup(CHECKED[method]);
    const target = prototype && this.program.resolver.resolveFunction(prototype, null);
    if (!target) return unchecked.call(this, left, right, type);
    this.compileFunction(target);
    return this.module.call(target.internalName, [left, right], asc.TypeRef.I64!);
  };
}

const CANNOT_ASSIGN = 2540; // asc's code for constants and read-only properties

/** asc does not enforce `private`, and a view's fields are the cart itself: a rule could price the next one's lines. */
function protectRuntime(compiler: AscCompiler, isOurs: (node: AscNode) => boolean): void {
  const makeAssignment = compiler.makeAssignment;
  compiler.makeAssignment = function (target, value, type, valueNode, ...rest) {
    const declared = target.declaration?.range.source.normalizedPath ?? "";
    if (declared.startsWith("~lib/haggle/") && isOurs(this.currentFlow.sourceFunction.declaration)) {
      this.error(CANNOT_ASSIGN, valueNode.range, target.name);
    }
    return makeAssignment.call(this, target, value, type, valueNode, ...rest);
  };
}
