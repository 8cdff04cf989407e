// The page of one rule: what it is for, its parameters, a promotion to start from, and what its cases come to.

import type { Cart, Phase, RuleMetadata } from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import type { CaseResult } from "@haggle/toolchain/cases";
import { describeCart } from "./cart-words.ts";
import { describeDecision, reasonsOf } from "./decision-words.ts";
import { code, listed, plain, prose, table } from "./markdown.ts";
import { describeDefault, spellDefault, typeOf } from "./parameter-words.ts";

const PHASES: Readonly<Record<Phase, string>> = {
  pricing: "before all promotions: it says what a unit costs",
  catalog: "before promotions of other phases: what it leaves is the price from then on",
  line: "on goods, before promotions of the order",
  order: "on the order, after promotions of goods",
  shipping: "on shipping, at the end",
};

/** As Markdown. `source` is the way from the page to the file of the rule. */
export function writePage(rule: RuleMetadata, cases: readonly CaseResult[], source: string): string {
  const { name, description, parameters, group } = rule;
  const facts = [
    `- Runs ${PHASES[rule.phase ?? "order"]}.`,
    rule.template ? TEMPLATE : `${BY_ITSELF}, at priority ${rule.priority}.`,
    ...(group === undefined ? [] : [`- Is in the group ${code(group)}.`]),
    `- Source: [${plain(rule.file)}](${encodeURI(source)})`,
  ];
  const sections = [
    `# ${plain(name)}`,
    ...(description === undefined ? [] : [prose(description)]),
    facts.join("\n"),
    ...describeParameters(rule),
    "## As a promotion",
    `\`\`\`yaml\n${writePromotion(rule)}\n\`\`\``,
    ...(cases.length === 0 ? [] : describeCases(cases)),
  ];
  const hasAmounts = Object.values(parameters.properties).some((each) => each["x-haggle-type"] === "money");
  if (hasAmounts) sections.splice(sections.indexOf("## As a promotion"), 0, AMOUNTS);
  return `${sections.join("\n\n")}\n`;
}

const TEMPLATE = "- Is a template: it runs only in promotions that name it.";
const BY_ITSELF = "- Is a promotion by itself, unless promotions name it: with its defaults";
const AMOUNTS =
  "Promotions state amounts in minor units of the cart's currency: 10.00 is `1000` where it has two digits.";

function describeParameters({ parameters }: RuleMetadata): string[] {
  const entries = Object.entries(parameters.properties);
  if (entries.length === 0) return ["It has no parameters."];
  const rows = entries.map(([name, schema]) => [
    code(name),
    prose(schema.description ?? ""),
    typeOf(schema),
    describeDefault(schema),
  ]);
  return ["## Parameters", table(["name", "meaning", "type", "default"], rows)];
}

/** With all defaults, ready to be changed. */
function writePromotion({ name, kind, priority, parameters }: RuleMetadata): string {
  const entries = Object.entries(parameters.properties);
  return [
    `id: ${JSON.stringify(`my ${name}`)}`,
    `rule: ${JSON.stringify(name)}`,
    ...(kind === "pricing" ? [`phase: ${kind}`] : []),
    `priority: ${priority}`,
    ...(entries.length === 0 ? [] : ["parameters:"]),
    ...entries.map(([key, schema]) => `  ${key}: ${spellDefault(schema)}`),
  ].join("\n");
}

function describeCases(cases: readonly CaseResult[]): string[] {
  const priced = cases.map(({ name, stated, decision }) => ({
    name,
    stated,
    // Its case holds, so it is one.
    decision: decision as DecisionJson,
  }));
  const reasons = [...new Set(priced.flatMap(({ decision }) => reasonsOf(decision)))];
  const rows = priced.map(({ name, stated, decision }) => [
    plain(name),
    describeCart(stated),
    describeDecision(decision, stated.cart as Cart),
  ]);
  return [
    "## Examples",
    table(["case", "cart", "comes to"], rows),
    ...(reasons.length === 0 ? [] : [`Codes to have texts for: ${listed(reasons.map(code))}.`]),
  ];
}
