// The page that links of diagnostics lead to: a heading for each code, what it means, and for sources how it comes about
// and how it goes.

import { BUILD_CODES, CODES, type Code, errorText } from "@haggle/abi";
import type { CheckCode } from "@haggle/toolchain";
import { CODE_EXAMPLES } from "./code-examples.ts";

/** What the editor shows beside what the build says: of data, of carts in cases, of bundles that lie in a project. */
const OTHERS = /^(?:PROMOTION|STRATEGY|DOCUMENT|CART|CLI|PROFILE|ENGINE_RULE)_/;

/** What `haggle check` and the view of conflicts find. Each comes with a cart that shows it. */
const CHECKS: Readonly<Record<CheckCode, string>> = {
  CHECK_UNREACHABLE: "No cart has all that the promotion asks for, so it never applies",
  CHECK_SHADOWED: "Wherever the promotion could apply, another one stands in its way",
  CHECK_COUPON: "The promotion of a coupon never applies, whoever has the coupon",
  CHECK_ORDER:
    "Two promotions come to another price the other way round, and nothing but their names, or a priority, decides which comes first",
  CHECK_FLOOR: "A promotion, alone or with others, wants more than there is to take: the floor holds it back",
  CHECK_MARGIN: "A promotion, alone or with others, wants more than the margin floor lets it take",
  CHECK_BUDGET:
    "One order can use up a limit: what the promotion may draw from it has no end, or is more than there is",
  CHECK_OVERLAP: "Two campaigns meet: at one time, for the same goods or in one group",
  CHECK_UNLOCK: "Shoppers are told that something is missing, though having it would change nothing",
};

/** As Markdown. */
export function codesPage(): string {
  const others = CODES.filter((code) => OTHERS.test(code));
  return [
    "# Codes of diagnostics",
    "What each code means that the editor, `haggle build` and `haggle check` give.",
    "## Rules",
    ...BUILD_CODES.map((code) => section(code, errorText(code), exampleOf(code))),
    "## Conflicts of promotions",
    ...Object.entries(CHECKS).map(([code, text]) => section(code, text)),
    "## Promotions, strategies, cases and bundles",
    ...others.map((code) => section(code, errorText(code))),
    "",
  ].join("\n\n");
}

function section(code: string, text: string, example = ""): string {
  return `### ${code}\n\n${text}.${example}`;
}

function exampleOf(code: Code): string {
  const example = CODE_EXAMPLES[code as keyof typeof CODE_EXAMPLES];
  if (example === undefined) return "";
  return `\n\nThis is refused:\n\n${fenced(example.wrong)}\n\nThis is not:\n\n${fenced(example.right)}`;
}

function fenced(source: string): string {
  return `\`\`\`ts\n${source.trimEnd()}\n\`\`\``;
}
