// Where a rule's parameter stands in the source: the field of the class that the rule's function takes second.

import type { RuleInfo } from "../../shared/protocol.ts";
import type { Span } from "./parsed.ts";

/** The field's name in the source of the rule's file; undefined where that is not, or no more, like the rule. */
export function findParameterField(
  source: string,
  { function: name }: Pick<RuleInfo, "function">,
  parameter: string,
): Span | undefined {
  const blank = withoutTexts(source);
  const taken = takenBy(blank, name);
  return taken === undefined ? undefined : fieldIn(blank, taken, parameter);
}

function takenBy(source: string, name: string): string | undefined {
  const [, parameters = ""] =
    new RegExp(`\\bfunction\\s+${escapePattern(name)}\\s*\\(([^)]*)\\)`).exec(source) ?? [];
  return /:\s*([\w$]+)\s*,?\s*$/.exec(parameters.split(",").slice(1).join(","))?.[1];
}

function fieldIn(source: string, name: string, parameter: string): Span | undefined {
  const head = new RegExp(`\\bclass\\s+${escapePattern(name)}\\b[^{]*\\{`).exec(source);
  if (head === null) return undefined;
  const start = head.index + head[0].length;
  let depth = 0;
  for (const token of source.slice(start).matchAll(/[{}]|[\w$]+(?=\s*[!?]?\s*:)/g)) {
    if (token[0] === "{") depth += 1;
    else if (token[0] === "}" && depth-- === 0) return undefined;
    else if (depth === 0 && token[0] === parameter) {
      return { start: start + token.index, end: start + token.index + parameter.length };
    }
  }
  return undefined;
}

/** The same length, with spaces for comments and for what stands in quotes. */
function withoutTexts(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, (found) =>
    found.replace(/[^\n]/g, " "),
  );
}

function escapePattern(name: string): string {
  return name.replace(/[$]/g, "\\$&");
}
