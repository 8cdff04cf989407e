import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  Diagnostic,
  Hover,
  Position,
} from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { DOCS } from "../../extension/server/words/zh-cn/docs.ts";
import { LIBRARY, RULES } from "../../extension/shared/protocol.ts";
import { CASES, type CaseFile } from "../../extension/shared/runs.ts";
import { builtExtension } from "../support/extension.ts";
import { writeProject } from "../support/view-project.ts";
import { type Editor, openEditor } from "./editor.ts";

// What an editor in Chinese is told beside what is wrong: hovers, completions, titles and lenses, over stdio. The project's
// authors write Chinese too, so that whatever is not Chinese is ours.

const HAN = /\p{Script=Han}/u;

const RULE = `class SpendAndSave {
  /** 从多少合计起生效。 */
  threshold: Money = 300_00;
  /** 只看这些类目 */
  categories: Tags = Tags.any();
  percent: Percent = Percent.of(10);
  once: bool = true;
}

/** 满额立减。 */
@promo(name="full", priority=10, group="order", phase="order", template=true)
export function full(ctx: Context, p: SpendAndSave): Result {
  if (ctx.cart.total < p.threshold) return Result.none();
  return Result.orderPercent(p.percent, "FULL");
}
`;
const PRICING = `class ByStock {
  /** 至多这么多算少 */
  few: i32 = 5;
  /** 库存的属性 */
  attribute: Sym = "stock";
}

/** 按库存定价 */
@pricing(name="by-stock", template=true)
export function byStock(ctx: Context, line: Line, p: ByStock): Money {
  return line.unitPrice;
}
`;
const FILES = {
  "rules/full.rule.ts": RULE,
  "rules/by-stock.rule.ts": PRICING,
  "rules/full.cases.json": "{}",
  "policy.yaml": `extends: default
name: shop
lines: canonical
phases: ordered
lanes: ["", second]
groups:
  order: { mode: best, per: order, ties: first }
rounding: { amount: halfUp }
tax: { prices: net, per: line }
`,
  "bounds.yaml": "- { sku: lamp-*, minUnitPrice: 1250, maxUnitPrice: 9000, maxChangePerHour: '10' }\n",
  "promotions/sale.yaml": `- id: sale
  rule: full
  parameters: { threshold: 20000, categories: [a], percent: "5", once: true }
  lane: second
  priority: 5
  group: order
  exclusive: true
  stopAfter: false
  coupon: spring
  window: { from: 2026-11-27T00:00:00+01:00, until: 2026-11-28T00:00:00+01:00 }
  limits: [{ allowance: a, counts: uses }]
  conditions:
    - { kind: goodsTotal, operator: atLeast, value: 3, filter: { categories: [a] } }
    - { kind: timeOfDay, from: "09:30", until: "10:00" }
  experiment: prices
  variants: { lower: { parameters: { threshold: 10000 } }, none: false }
- id: given
  effects: [{ target: order, percent: "10", units: { pick: cheapest } }]
  linked: true
  unitsOnce: true
  undiscounted: true
  unlock: true
  serverOnly: false
- id: priced
  phase: pricing
  rule: by-stock
  filter: { match: all, categories: [a] }
`,
  "promotions/begun.yaml": "- id: begun\n  \n",
  "promotions/effects.yaml": "- id: effects\n  effects:\n    - target: line\n      \n",
  "rules/strategies.yaml": `version: v2026.11.26-aaaaaaaa
strategies:
  - id: lamps
    rule: by-stock
    skus: [lamp-*]
    categories: [lamps]
    channels: [web]
    tiers: [gold]
    stock: { min: 1, max: 9 }
    window: { from: 2026-11-27T00:00:00+01:00, until: 1800000000000 }
    parameters: { few: 3, attribute: shelf }
    experiment: { key: lamps, variants: { lower: { few: 1 }, none: false } }
  - id: begun
    
end: v2026.11.26-aaaaaaaa
`,
};
type File = keyof typeof FILES;

let project: Awaited<ReturnType<typeof writeProject>>;
let editor: Editor;
const opened = new Set<File>();
beforeAll(async () => {
  project = await writeProject(FILES);
  editor = await openEditor(await builtExtension(), { locale: "zh-cn", folders: [project.root] });
  await editor.request(RULES, { root: project.root });
}, 120_000);
afterAll(async () => {
  await editor?.close();
  await rm(project.path, { recursive: true });
});

describe("a data file in an editor in Chinese", () => {
  it("says what rules, parameters and fields are", async () => {
    const promotion = open("promotions/sale.yaml");
    const facts =
      "满额立减。\n\n`order` 阶段的规则，优先级为 10，属于分组 `order`。\n\n" +
      "- `threshold`：从多少合计起生效。以最小货币单位表示的金额；默认为 `30000`（¥300.00）\n" +
      "- `categories`：只看这些类目。文本列表，或以 null 表示任意；默认为 `null`\n" +
      '- `percent`：带引号的百分比；默认为 `"10"`\n' +
      "- `once`：true 或 false；默认为 `true`";
    expect(await hover(promotion, "full")).toBe(`**full**\n\n${facts}`);
    expect(await hover(promotion, "parameters")).toBe(facts);
    expect(await hover(promotion, "20000")).toBe(
      "**¥200.00**\n\n从多少合计起生效。\n\n以最小货币单位表示的金额；默认为 `30000`（¥300.00）",
    );
    expect(await hover(promotion, "priority")).toBe("数值大的先运行；省略时为 0");
    expect(await hover(promotion, "operator")).toBe(
      "可选值：`atLeast`、`atMost`、`equal`、`moreThan`、`lessThan`",
    );
    expect(await hover(open("policy.yaml"), "phases")).toBe(
      "商品行的优惠是否先于订单的优惠\n\n可选值：`ordered`、`together`",
    );
    expect(await hover(open("bounds.yaml"), "maxChangePerHour")).toBe('带引号的百分比，例如 "12.5"');
    expect(await hover(open("rules/strategies.yaml"), "by-stock")).toBe(
      '**by-stock**\n\n按库存定价\n\n定价规则。\n\n- `few`：至多这么多算少。整数；默认为 `5`\n- `attribute`：库存的属性。文本；默认为 `"stock"`',
    );
  });

  it("says what can be typed", async () => {
    const rules = await completions(open("promotions/sale.yaml"), "full");
    expect(rules.map(({ label, detail }) => [label, detail])).toEqual([
      ["by-stock", "定价规则"],
      ["full", "order 阶段的规则"],
    ]);
    const fields = await completions(open("promotions/begun.yaml"), undefined);
    expect(fields.map(({ label, documentation }) => [label, textOf(documentation)])).toContainEqual([
      "coupon",
      "优惠券所属的活动",
    ]);
  });

  it("says what can be done about what is wrong, and which spelling it wants", async () => {
    const text = FILES["promotions/sale.yaml"]
      .replace("goodsTotal", "goodsTotl")
      .replace("experiment: prices", 'experiment: "Preise!"');
    const promotion = open("promotions/sale.yaml", text);
    const { diagnostics } = await published(promotion.uri);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      '"goodsTotl" 不在此处已知的值之中\n提示：是否想写 “goodsTotal”？',
      '需要实验的键：小写字母、数字和连字符，而不是 "Preise!"',
    ]);
    expect(await titles(promotion, diagnostics[0]!)).toEqual(["改为 goodsTotal"]);
    const strategies = open(
      "rules/strategies.yaml",
      FILES["rules/strategies.yaml"].replace("tiers: [gold]", "tiers: []"),
    );
    const { diagnostics: found } = await published(strategies.uri);
    expect(await titles(strategies, found[0]!)).toEqual([expect.stringMatching(/^写入版本号：v\d{4}\./)]);
  });

  it.each(Object.keys(FILES).filter((file) => file.endsWith(".yaml")) as File[])(
    "says nothing in English, wherever one asks in %s",
    { timeout: 60_000 },
    async (file) => {
      const document = open(file);
      const text = document.getText();
      const places = [...text.matchAll(/\b\w|(?<=[:,[{-] )|(?<=^ +)$/gm)].map(({ index }) => index);
      const said: string[] = [];
      for (const place of places) {
        const position = document.positionAt(place);
        const hovered = await ask<Hover | null>("hover", document, position);
        const items = (await ask<CompletionItem[] | null>("completion", document, position)) ?? [];
        if (hovered !== null) said.push((hovered.contents as { value: string }).value);
        said.push(...items.flatMap((item) => [item.detail ?? "", textOf(item.documentation)]));
      }
      const parts = [...new Set(said.flatMap((each) => each.split("\n\n")))].filter((part) => part !== "");
      expect(parts.length).toBeGreaterThan(5);
      // Names and amounts are the same in every language.
      expect(parts.filter((part) => !HAN.test(part) && !/^\*\*.+\*\*$/.test(part))).toEqual([]);
      expect(editor.errors).toEqual([]);
    },
  );

  it("says of a file of cases what is wrong with it", async () => {
    const problemOf = async (text: string) => {
      open("rules/full.cases.json", text);
      const files = await editor.request<CaseFile[]>(CASES, { root: project.root });
      return files.find(({ file }) => file === "rules/full.cases.json")?.problem?.message;
    };
    expect(await problemOf("{}")).toBe("用例文件应为一个数组");
    expect(await problemOf("[{ 1: 2 }]")).toBe("此处需要带引号的名称");
    expect(await problemOf("[1")).toBe("此处需要“]”");
    expect(await problemOf(`[${"é".repeat(2 ** 21)}]`)).toBe("项目的一个文件最大 4 MiB");
    open("rules/full.cases.json");
  });
});

describe("a rule in an editor in Chinese", () => {
  it("says what decorators and their keys are", async () => {
    const rule = open("rules/full.rule.ts");
    expect(await hover(rule, "promo")).toContain(
      "使函数成为优惠：它查看购物车，返回减去多少以及原因。\n\n函数写成",
    );
    expect(await hover(rule, "priority")).toContain("数值大的在先");
    const keys = await completions(rule, "name");
    expect(keys.map(({ documentation }) => textOf(documentation)).filter((docs) => !HAN.test(docs))).toEqual(
      [],
    );
    const library = await editor.request<string>(LIBRARY, { path: "/decorators.d.ts" });
    const comments = library.match(/\/\*\*[\s\S]*?\*\//g)!;
    const plain = (text: string) => text.replace(/^\/\*\*|\*\/$|\n \*|\s/g, "");
    expect(comments.map(plain).sort()).toEqual(DOCS.map(([, chinese]) => plain(chinese)).sort());
  });

  it("says what can be typed, and what to type over in it", async () => {
    const rule = open("rules/full.rule.ts", `${RULE}\n\n@`);
    const decorators = await completions(rule, undefined);
    expect(decorators.slice(0, 2).map(({ label, detail }) => [label, detail])).toEqual([
      ["@promo", "促销规则：从购物车中减去多少"],
      ["@pricing", "定价规则：每件商品的价格"],
    ]);
    expect(decorators.filter(({ detail }) => !HAN.test(detail!))).toEqual([]);
    const whole = await completions(open("rules/full.rule.ts", `${RULE}\n\np`), undefined);
    const promotion = whole.find(({ label }) => label === "promotion with parameters");
    expect(promotion).toMatchObject({
      detail: "可由店铺调整参数的促销规则",
      insertText: expect.stringMatching(
        /^\/\*\* \$\{1:用途。\} \*\/\n.+\n {2}\/\*\* \$\{2:从多少合计起生效。\} \*\/\n/,
      ),
    });
  });

  it("says what stands above it, and why something keeps its name", async () => {
    open("promotions/sale.yaml");
    const rule = open("rules/full.rule.ts");
    await editor.request(RULES, { root: project.root });
    const lenses = await editor.request<CodeLens[]>("textDocument/codeLens", {
      textDocument: { uri: rule.uri },
    });
    expect(lenses.map(({ command }) => command!.title)).toEqual([
      "运行",
      "用所有用例运行（0）",
      "调试追踪",
      "优先级 10 · 分组 order · 阶段 order · 模板",
      "被 1 处引用",
    ]);
    const rename = (word: string) => ask("prepareRename", rule, rule.positionAt(RULE.indexOf(word)));
    await expect(rename("promo")).rejects.toThrow("装饰器及其键的名称由 Haggle 规定，不能重命名");
    await expect(rename("Money")).rejects.toThrow("Money 是库中的名称，不能重命名");
  });

  it("says what can be done about what is wrong", async () => {
    const rule = open("rules/full.rule.ts", RULE.replace("priority=", "priorty="));
    // What is found first has no fixes: they come from the compiler.
    for (;;) {
      const { diagnostics } = await editor.published(rule.uri);
      const found = diagnostics.find(({ message }) => String(message).includes("priorty"));
      const offered = found === undefined ? [] : await titles(rule, found);
      if (offered.length === 0) continue;
      expect(offered).toEqual(["改为 priority", "修复所有明确的问题"]);
      break;
    }
  });
});

function uriOf(file: File): string {
  return `${project.root}/${file}`;
}

/** As it is on disk, or with another text. */
function open(file: File, text: string = FILES[file]): TextDocument {
  if (opened.has(file)) editor.change(uriOf(file), text);
  else editor.open(uriOf(file), text);
  opened.add(file);
  return TextDocument.create(uriOf(file), "", 0, text);
}

/** Diagnostics of a text that has some. */
async function published(uri: string): Promise<{ diagnostics: Diagnostic[] }> {
  for (;;) {
    const { diagnostics } = await editor.published(uri);
    if (diagnostics.length > 0) return { diagnostics };
  }
}

function ask<R>(what: string, { uri }: TextDocument, position: Position): Promise<R> {
  return editor.request(`textDocument/${what}`, { textDocument: { uri }, position });
}

/** The Markdown at the first place of a word. */
async function hover(document: TextDocument, word: string): Promise<string | undefined> {
  const found = await ask<Hover | null>("hover", document, placeOf(document, word));
  return (found?.contents as { value: string } | undefined)?.value;
}

/** Before a word, or behind all blanks at the end of a text. */
function completions(document: TextDocument, word: string | undefined): Promise<CompletionItem[]> {
  const end = document.positionAt(document.getText().replace(/\n$/, "").length);
  return ask("completion", document, word === undefined ? end : placeOf(document, word));
}

function placeOf(document: TextDocument, word: string): Position {
  return document.positionAt(new RegExp(`(?<![\\w-])${word}`).exec(document.getText())!.index);
}

async function titles({ uri }: TextDocument, diagnostic: Diagnostic): Promise<string[]> {
  const actions = await editor.request<CodeAction[]>("textDocument/codeAction", {
    textDocument: { uri },
    range: diagnostic.range,
    context: { diagnostics: [diagnostic], only: ["quickfix", "source"] },
  });
  return actions.map(({ title }) => title);
}

function textOf(documentation: CompletionItem["documentation"]): string {
  return typeof documentation === "string" ? documentation : (documentation?.value ?? "");
}
