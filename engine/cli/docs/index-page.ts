// The list of all rules, by when they run.

import type { Phase, RuleMetadata } from "@haggle/abi";
import { code, plain, prose, table } from "./markdown.ts";
import { describeDefault } from "./parameter-words.ts";

const TITLES: readonly [Phase, string][] = [
  ["pricing", "Prices"],
  ["catalog", "Price reductions"],
  ["line", "Goods"],
  ["order", "Orders, gifts and rewards"],
  ["shipping", "Shipping"],
];

/** As Markdown. `pages` are the rules with the names of their pages. */
export function writeIndex(pages: readonly { rule: RuleMetadata; file: string }[]): string {
  const sections = TITLES.flatMap(([phase, title]) => {
    const rows = pages
      .filter(({ rule }) => (rule.phase ?? "order") === phase)
      .map(({ rule, file }) => [
        `[${plain(rule.name)}](${encodeURI(file)})${rule.template ? "" : " \\*"}`,
        prose(rule.description ?? ""),
        Object.entries(rule.parameters.properties)
          .map(([name, schema]) => `${code(name)} ${describeDefault(schema)}`)
          .join(", "),
      ]);
    return rows.length === 0 ? [] : [`## ${title}`, table(["rule", "what it does", "defaults"], rows)];
  });
  return `${["# Rules", INTRODUCTION, ...sections].join("\n\n")}\n`;
}

const INTRODUCTION = `Each is a rule with parameters: a promotion names it and says what they are, and no code is written. Its page
has a promotion to start from and shows what carts come to. Rules marked with \\* are promotions by themselves; the
others run where a promotion names them.`;
