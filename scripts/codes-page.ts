// The page that links of diagnostics lead to: a heading for each code, what it means, and for sources how it comes about
// and how it goes.

import { BUILD_CODES, CODES, type Code, errorText } from "@haggle/abi";
import type { CheckCode } from "@haggle/toolchain";
import { MEANINGS } from "../extension/server/words/zh-cn/meanings.ts";
import type { ViewLocale } from "../extension/shared/price.ts";
import { CODE_EXAMPLES } from "./code-examples.ts";

/** What the editor shows beside what the build says: of data, of carts in cases, of bundles that lie in a project. */
const OTHERS = /^(?:PROMOTION|STRATEGY|DOCUMENT|CART|CLI|PROFILE|ENGINE_RULE)_/;

type Words = {
  title: string;
  about: string;
  rules: string;
  conflicts: string;
  others: string;
  wrong: string;
  right: string;
  meaning: (code: Code) => string;
  /** What `haggle check` and the view of conflicts find. Each comes with a cart that shows it. */
  checks: Readonly<Record<CheckCode, string>>;
};

const EN: Words = {
  title: "Codes of diagnostics",
  about: "What each code means that the editor, `haggle build` and `haggle check` give.",
  rules: "Rules",
  conflicts: "Conflicts of promotions",
  others: "Promotions, strategies, cases and bundles",
  wrong: "This is refused:",
  right: "This is not:",
  meaning: (code) => `${errorText(code)}.`,
  checks: {
    CHECK_UNREACHABLE: "No cart has all that the promotion asks for, so it never applies.",
    CHECK_SHADOWED: "Wherever the promotion could apply, another one stands in its way.",
    CHECK_COUPON: "The promotion of a coupon never applies, whoever has the coupon.",
    CHECK_ORDER:
      "Two promotions come to another price the other way round, and nothing but their names, or a priority, decides which comes first.",
    CHECK_FLOOR:
      "A promotion, alone or with others, wants more than there is to take: the floor holds it back.",
    CHECK_MARGIN: "A promotion, alone or with others, wants more than the margin floor lets it take.",
    CHECK_BUDGET:
      "One order can use up a limit: what the promotion may draw from it has no end, or is more than there is.",
    CHECK_OVERLAP: "Two campaigns meet: at one time, for the same goods or in one group.",
    CHECK_UNLOCK: "Shoppers are told that something is missing, though having it would change nothing.",
  },
};

const ZH_CN: Words = {
  title: "诊断代码",
  about: "编辑器、`haggle build` 和 `haggle check` 给出的每个代码的含义。",
  rules: "规则",
  conflicts: "优惠的冲突",
  others: "优惠、定价策略、用例和规则包",
  wrong: "这样会被拒绝：",
  right: "这样则不会：",
  meaning: (code) => `${MEANINGS[code]}。`,
  checks: {
    CHECK_UNREACHABLE: "没有任何购物车能满足该优惠的全部要求，因此它永不生效。",
    CHECK_SHADOWED: "凡是该优惠可以生效之处，总有另一个优惠挡在前面。",
    CHECK_COUPON: "无论谁持有优惠券，其优惠都永不生效。",
    CHECK_ORDER: "两个优惠换个次序就是另一个价格，而先后只取决于它们的名称或某个优先级。",
    CHECK_FLOOR: "某个优惠单独或与其他优惠一起，要减的多于可减的：被底价限制。",
    CHECK_MARGIN: "某个优惠单独或与其他优惠一起，要减的多于毛利底线所允许的。",
    CHECK_BUDGET: "一个订单就能用完某项额度：该优惠可从中取用的没有上限，或多于现有的。",
    CHECK_OVERLAP: "两个活动相遇：在同一时间，针对相同的商品或同属一个分组。",
    CHECK_UNLOCK: "顾客被告知还差些什么，而有了它也不会有任何改变。",
  },
};

/** As Markdown. */
export function codesPage(locale: ViewLocale = "en"): string {
  const words = locale === "en" ? EN : ZH_CN;
  const others = CODES.filter((code) => OTHERS.test(code) && (locale === "en" || code in MEANINGS));
  return [
    `# ${words.title}`,
    words.about,
    `## ${words.rules}`,
    ...BUILD_CODES.map((code) => section(code, words.meaning(code), exampleOf(code, words))),
    `## ${words.conflicts}`,
    ...Object.entries(words.checks).map(([code, text]) => section(code, text)),
    `## ${words.others}`,
    ...others.map((code) => section(code, words.meaning(code))),
    "",
  ].join("\n\n");
}

function section(code: string, text: string, example = ""): string {
  return `### ${code}\n\n${text}${example}`;
}

function exampleOf(code: Code, { wrong, right }: Words): string {
  const example = CODE_EXAMPLES[code as keyof typeof CODE_EXAMPLES];
  if (example === undefined) return "";
  return `\n\n${wrong}\n\n${fenced(example.wrong)}\n\n${right}\n\n${fenced(example.right)}`;
}

function fenced(source: string): string {
  return `\`\`\`ts\n${source.trimEnd()}\n\`\`\``;
}
