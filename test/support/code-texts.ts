// The texts that stand in TypeScript sources, for tests of what people read.

import { parseAst } from "vite";

export type CodeText = {
  /** With `{}` where a value comes in. */
  text: string;
  line: number;
  /** What it is given to, such as `l10n.t` or `new HaggleError`; and as which of the arguments, from 0. */
  call?: string;
  argument?: number;
  /** The field that it is the value of, or one branch of that value. */
  field?: string;
};

type Node = { type: string; start: number; [key: string]: unknown };

/** All texts of a source, but for those of types and for the names of what it imports. */
export function textsOfCode(source: string): CodeText[] {
  const found: CodeText[] = [];
  walk(parseAst(source, { lang: "ts" }) as unknown as Node, {});
  return found;

  function walk(node: Node, around: Pick<CodeText, "call" | "argument" | "field">): void {
    if (/^(?:Import|Export\w+From|TS(?!As|NonNull|Satisfies))/.test(node.type)) return;
    if (node.type.startsWith("Export") && node.source) return;
    const text = textOf(node);
    if (text !== undefined) {
      found.push({ text, line: source.slice(0, node.start).split("\n").length, ...around });
    }
    for (const [key, child] of Object.entries(node)) {
      const children = Array.isArray(child) ? child : [child];
      children.forEach((each, index) => {
        if (isNode(each)) walk(each, surroundings(node, key, index, around));
      });
    }
  }

  function surroundings(
    node: Node,
    key: string,
    index: number,
    around: Pick<CodeText, "call" | "argument" | "field">,
  ): Pick<CodeText, "call" | "argument" | "field"> {
    switch (node.type) {
      case "CallExpression":
      case "NewExpression": {
        const { start, end } = node.callee as Node & { end: number };
        const called = source.slice(start, end);
        const call = node.type === "NewExpression" ? `new ${called}` : called;
        return key === "arguments" ? { call, argument: index } : {};
      }
      case "Property":
        return key === "value" ? { field: nameOf(node.key as Node) } : {};
      case "AssignmentExpression":
        return key === "right" ? { field: nameOf((node.left as Node).property as Node | undefined) } : {};
      // What is chosen, or added to, is still what is given.
      case "ConditionalExpression":
        return key === "test" ? {} : around;
      case "BinaryExpression":
      case "LogicalExpression":
        return around;
      default:
        return {};
    }
  }
}

function textOf(node: Node): string | undefined {
  if (node.type === "Literal" && typeof node.value === "string") return node.value;
  if (node.type !== "TemplateLiteral") return undefined;
  const pieces = node.quasis as { value: { cooked: string } }[];
  return pieces.map(({ value }) => value.cooked).join("{}");
}

function nameOf(node: Node | undefined): string {
  return String(node?.name ?? node?.value ?? "");
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}
