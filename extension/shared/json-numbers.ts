// Numbers of a JSON text that JavaScript has no value for: whoever parses the text and writes it again changes them.

import { type JsonNode, parseJson } from "./json-places.ts";

/** A number as it is written, and where. */
export type LostNumber = { written: string; start: number };

/**
 * The first number below a node, or of a text, that would be another one: an integer beyond 2^53, more digits than a float
 * has.
 *
 * @throws JsonError for a text that is no JSON
 */
export function findLostNumber(text: string, node: JsonNode = parseJson(text)): LostNumber | undefined {
  switch (node.kind) {
    case "object":
      return firstOf(node.properties, ({ value }) => findLostNumber(text, value));
    case "array":
      return firstOf(node.items, (item) => findLostNumber(text, item));
    case "scalar": {
      const { start, end, value } = node;
      if (typeof value !== "number") return undefined;
      const written = text.slice(start, end);
      return spell(written) === spell(JSON.stringify(value)) ? undefined : { written, start };
    }
  }
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** One spelling for each value: its digits without zeros around them, and the power of ten behind. */
function spell(written: string): string {
  const parts = NUMBER.exec(written);
  // What stands for a number that is too large for any float: `null`.
  if (parts === null) return written;
  const [, sign = "", whole = "", fraction = "", power = "0"] = parts;
  const digits = whole + fraction;
  let from = 0;
  let to = digits.length;
  while (digits[from] === "0") from += 1;
  while (to > from && digits[to - 1] === "0") to -= 1;
  if (from === to) return "0";
  return `${sign}${digits.slice(from, to)}e${BigInt(power) - BigInt(fraction.length) + BigInt(digits.length - to)}`;
}
