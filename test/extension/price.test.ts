import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CancellationTokenSource } from "vscode-languageserver-protocol/node";
import {
  appendCase,
  caseNames,
  changeCase,
  circumstancesOf,
  expectationOf,
  findCase,
} from "../../extension/shared/case-text.ts";
import type { TextChange } from "../../extension/shared/expectation.ts";
import {
  PRICE,
  PROMOTION_PLACES,
  type PriceAnswer,
  type PricedBy,
  type PriceRequest,
  type PromotionPlaces,
} from "../../extension/shared/price.ts";
import { RULES } from "../../extension/shared/protocol.ts";
import { type CaseOutcome, RUN_CASES, type RunReport, type RunRequest } from "../../extension/shared/runs.ts";
import { builtExtension } from "../support/extension.ts";
import { VIEW_CART, VIEW_FILES, writeProject } from "../support/view-project.ts";
import { type Editor, openEditor } from "./editor.ts";

// Carts priced by the language server, as the cart view asks for them: the real compiler, the real sandbox.

const RULE = "rules/spend-and-save.rule.ts";

let editor: Editor;
let project: { path: string; root: string };

beforeAll(async () => {
  project = await writeProject();
  editor = await openEditor(await builtExtension(), { folders: [project.root] });
});
afterAll(async () => {
  await editor?.close();
  await rm(project.path, { recursive: true });
});

describe("a price", () => {
  it("is that of the whole table, with who gave which amount to which line", async () => {
    const { decision, trace, fuelLimit, durationMs } = await priced({ cart: VIEW_CART });
    // 280.00 + 39.80, less 10 % of the boots, less 50.00 over both; the parcel is free for gold.
    expect(decision).toMatchObject({ subtotal: 31980, shippingTotal: 0, total: 31980 - 2800 - 5000 });
    const boots = decision.lines[0]!.discounts;
    expect(boots.map(({ promotion, reason }) => [promotion, reason])).toEqual([
      ["boots-week", "BOOTS_WEEK"],
      ["spend-and-save", "SPEND_AND_SAVE"],
    ]);
    const given = decision.lines.map(({ discounts }) =>
      discounts.reduce((sum, { amount }) => sum + amount, 0),
    );
    expect(given).toEqual(decision.lines.map(({ discount }) => discount));
    expect(Object.fromEntries(trace.map(({ promotion, status }) => [promotion, status]))).toEqual({
      "boots-week": "applied",
      "gold-shipping": "applied",
      "spend-and-save": "applied",
      "spring-coupon": "inactive",
      "three-socks": "notEligible",
    });
    expect(trace.find(({ promotion }) => promotion === "three-socks")?.text).toContain("needs at least 3");
    expect(decision.fuelUsed).toBeLessThan(fuelLimit);
    expect(durationMs).toBeGreaterThan(0);
  });

  it("tells its trace in the language of whoever asks", async () => {
    const { trace } = await priced({ cart: VIEW_CART, locale: "zh-CN" });
    expect(trace.find(({ promotion }) => promotion === "boots-week")?.text).toContain("优惠");
  });

  it("says what is nearest to unlock, and proposes only what is enough", async () => {
    const laces = { ...VIEW_CART.lines[0]!, id: "3", sku: "laces", categories: [], unitPrice: 100 };
    const { hints } = await priced({ cart: { ...VIEW_CART, lines: [...VIEW_CART.lines, laces] } });
    expect(hints).toEqual([
      {
        ...{ promotion: "three-socks", reason: "unlock", missing: 1, unit: "pieces" },
        reached: expect.closeTo(2 / 3),
        // More laces are pieces too, and cheaper, and unlock nothing.
        add: { line: 1, quantity: 1 },
      },
    ]);
    const less = { ...VIEW_CART, lines: [{ ...VIEW_CART.lines[1]!, quantity: 5 }] };
    const { hints: byMoney } = await priced({ cart: less });
    // The rule's own word: 99.50 of 300.00 are there, and eleven pairs more are the first to be enough.
    expect(byMoney).toEqual([
      {
        ...{ promotion: "spend-and-save", reason: "SPEND_MORE_TO_SAVE", missing: 20050, unit: "minor" },
        add: { line: 0, quantity: 11 },
      },
    ]);
  });

  it("proposes no line where trying them would use too much fuel", async () => {
    const file = "rules/slow.rule.ts";
    const textOf = (rounds: string) => `class Slow {
  categories: Tags = Tags.of("socks");
}

@promo(name="slow")
export function slow(ctx: Context, p: Slow): Result {
  let sum: i64 = 0;
  for (let i = 0; i < ${rounds}; i++) sum = (sum * 7 + i) % 1_000_003;
  const have = ctx.cart.inCategories(p.categories).quantity;
  if (have >= 5 || sum < 0) return Result.order(1_00, "SOCKS");
  return Result.message(5 - have, "MORE_SOCKS");
}
`;
    const lines = Array.from({ length: 40 }, (_, i) => ({
      ...{ id: String(i), sku: `s${i}`, productId: `p${i}`, quantity: 1, unitPrice: 1000 + i },
      categories: i === 39 ? ["socks"] : [],
    }));
    const by = { kind: "rule", rule: "slow" } as const;
    const hint = { promotion: "slow", reason: "MORE_SOCKS", missing: 4 };
    const asked = { cart: { ...VIEW_CART, lines, shipping: [] }, by };
    editor.open(uriOf(file), textOf("10"));
    try {
      const quick = await priced(asked);
      expect(quick.hints).toEqual([{ ...hint, unit: "pieces", add: { line: 39, quantity: 4 } }]);
      editor.change(uriOf(file), textOf("10_000"));
      const slow = await priced(asked);
      expect(slow.decision.messages).toEqual(quick.decision.messages);
      // Nothing is known by then of what the amount is of.
      expect(slow.hints).toEqual([{ ...hint, unit: "minor" }]);
    } finally {
      editor.closeFile(uriOf(file));
    }
  });

  it("is that of one rule, with its defaults or with other parameters", async () => {
    const by = { kind: "rule", rule: "boots-week" } as const;
    expect((await priced({ cart: VIEW_CART, by })).decision).toMatchObject({
      discountTotal: 2800,
      shippingTotal: 1200,
    });
    const half = { ...by, parameters: { percent: "50" } };
    expect((await priced({ cart: VIEW_CART, by: half })).decision.discountTotal).toBe(14000);
    expect(await price({ cart: VIEW_CART, by: { kind: "rule", rule: "no-such" } })).toMatchObject({
      ...{ ok: false, kind: "refused", code: "PROMOTION_UNKNOWN_RULE" },
    });
  });

  it("is that of a case, with what the case says beside its cart", async () => {
    const by = { kind: "case", file: "rules/boots-week.cases.json", parameters: { percent: "20" } } as const;
    expect((await priced({ cart: VIEW_CART, by })).decision.discountTotal).toBe(5600);
    const wrong = { ...by, parameters: { percnt: "20" } };
    expect(await price({ cart: VIEW_CART, by: wrong })).toMatchObject({ ok: false, kind: "refused" });
  });

  it("is the server's where that is asked for, which runs what is for it alone", async () => {
    const file = "promotions/server.yaml";
    const text =
      'id: for-the-server\npriority: 1\nserverOnly: true\neffects: [{ target: order, percent: "1" }]\n';
    editor.open(uriOf(file), text);
    try {
      // Not on disk: what the editor shows counts.
      const client = await priced({ cart: VIEW_CART });
      const server = await priced({ cart: VIEW_CART, server: true });
      const statusIn = ({ trace }: typeof client) =>
        trace.find(({ promotion }) => promotion === "for-the-server")?.status;
      expect([statusIn(client), statusIn(server)]).toEqual(["inactive", "applied"]);
    } finally {
      editor.closeFile(uriOf(file));
    }
  });

  it("is none where the cart is wrong, with the place; nor where a field would be left unread", async () => {
    const wrong = { ...VIEW_CART, lines: [{ ...VIEW_CART.lines[0]!, unitPrice: -1 }] };
    expect(await price({ cart: wrong })).toMatchObject({
      ...{ ok: false, kind: "refused", code: "CART_NEGATIVE", at: "lines[0].unitPrice" },
    });
    expect(await price({ cart: { ...VIEW_CART, curency: "EUR" } })).toMatchObject({
      ...{ code: "CART_UNKNOWN_FIELD", at: "curency" },
    });
    const missing = "at now, others at id, currency, lines, shipping, coupons";
    expect(await price({ cart: {} })).toMatchObject({
      message: `A field that every cart has is missing ${missing}`,
      at: "now",
    });
    expect(await price({ cart: {}, locale: "zh-CN" })).toMatchObject({
      message: "缺少每个购物车都有的字段（位置 now；此外还有 id, currency, lines, shipping, coupons）",
    });
    for (const nothing of [null, 7, "cart", [], {}]) {
      expect(await price({ cart: nothing })).toMatchObject({ ok: false, kind: "refused" });
    }
  });

  it("follows what is typed, and says where a project does not build", async () => {
    const text = VIEW_FILES[RULE];
    editor.open(uriOf(RULE), text);
    editor.change(uriOf(RULE), text.replace("off: Money = 50_00", "off: Money = 60_00"));
    expect((await priced({ cart: VIEW_CART })).decision.total).toBe(31980 - 2800 - 6000);
    editor.change(uriOf(RULE), text.replace("p.off", "p.of"));
    const { faults } = (await price({ cart: VIEW_CART })) as PriceAnswer & { ok: false; kind: "project" };
    expect(faults).toMatchObject([{ file: RULE, line: 10, code: "BUILD_TYPE" }]);
    editor.change(uriOf(RULE), text);
    expect((await priced({ cart: VIEW_CART })).decision.total).toBe(31980 - 2800 - 5000);
    editor.closeFile(uriOf(RULE));
  });

  it("is given up where nobody waits for it any more", async () => {
    const text = VIEW_FILES[RULE];
    // A text that was never built takes longer than the message that stops it.
    editor.open(uriOf(RULE), text.replace("50_00", "51_00"));
    const stop = new CancellationTokenSource();
    const asked = editor.request(PRICE, requestOf({ cart: VIEW_CART }), stop.token);
    stop.cancel();
    await expect(asked).rejects.toThrow("cancelled");
    expect((await priced({ cart: VIEW_CART })).decision.total).toBe(31980 - 2800 - 5100);
    editor.closeFile(uriOf(RULE));
  });
});

describe("a case that is made of a cart", () => {
  const file = "rules/boots-week.cases.json";
  const text = VIEW_FILES[file];

  it.each<[string, PricedBy]>([
    ["the whole table", { kind: "table" }],
    ["a rule", { kind: "rule", rule: "boots-week" }],
    ["a rule with parameters", { kind: "rule", rule: "boots-week", parameters: { percent: "30" } }],
    ["another rule than the one it stands beside", { kind: "rule", rule: "spend-and-save" }],
    ["a case of the same file", { kind: "case", file, parameters: { percent: "20" } }],
    ["a case of another file", { kind: "case", file: "rules/spend-and-save.cases.json" }],
  ])("is as expected when it runs: priced by %s", async (_name, by) => {
    const { decision, promotions } = await priced({ cart: VIEW_CART, by });
    const stated = circumstancesOf(by, { file, rules: ["boots-week"] }, promotions);
    const added = { name: "mine", cart: VIEW_CART, ...stated, expect: expectationOf(decision) };
    expect(await run(changed(text, [appendCase(text, added)!]), "mine")).toEqual({
      passed: true,
      problems: [],
    });
  });

  it("expects what its cart comes to after it was changed, and nothing else of the file is", async () => {
    const { node, stated } = findCase(text, "a pair of boots")!;
    const { cart: _, ...circumstances } = stated;
    const cart = { ...VIEW_CART, shipping: [] };
    const { decision } = await priced({ cart, by: { kind: "case", file, ...circumstances } });
    const next = changed(text, changeCase(text, node, cart, decision));
    expect(JSON.parse(next)).toEqual([
      {
        ...{ name: "a pair of boots", cart, parameters: { percent: "20" } },
        expect: { discountTotal: 5600, total: 26380 },
      },
    ]);
    expect(next).toContain('    "parameters": { "percent": "20" },\n    "expect": { "discountTotal": 5600');
    expect(await run(next, "a pair of boots")).toEqual({ passed: true, problems: [] });
  });

  it("is the first of a file that is empty, or of a list that is, and none in what is no list", () => {
    expect(JSON.parse(changed("", [appendCase("", { name: "a" })!]))).toEqual([{ name: "a" }]);
    expect(changed("[]\n", [appendCase("[]\n", { name: "a" })!])).toBe('[\n  {\n    "name": "a"\n  }\n]\n');
    expect(appendCase('{"name": "a"}', { name: "a" })).toBeUndefined();
    expect(() => appendCase("[", { name: "a" })).toThrow("is needed here");
    expect(caseNames(text)).toEqual(["a pair of boots"]);
  });

  /** Runs what the editor shows. */
  async function run(shown: string, name: string) {
    editor.open(uriOf(file), shown);
    try {
      const request: RunRequest = { root: project.root, file, names: [name] };
      const report = await editor.request<RunReport>(RUN_CASES, request);
      if (!report.ok) throw new Error(JSON.stringify(report));
      const [{ passed, problems }] = report.results as [CaseOutcome];
      return { passed, problems };
    } finally {
      editor.closeFile(uriOf(file));
    }
  }

  function changed(before: string, changes: readonly TextChange[]): string {
    return changes
      .toSorted((a, b) => b.start - a.start)
      .reduce((now, { start, end, text: put }) => now.slice(0, start) + put + now.slice(end), before);
  }
});

it("knows where promotions are declared: in a file, or as a rule that is one by itself", async () => {
  const promotions = ["three-socks", "boots-week", "spring-coupon", "no-such"];
  // The rules are known once the compiler has told of them.
  editor.open(uriOf(RULE), VIEW_FILES[RULE]);
  await editor.request(RULES, { root: project.root });
  const places = await editor.request<PromotionPlaces>(PROMOTION_PLACES, { root: project.root, promotions });
  const text = VIEW_FILES["promotions/members.yaml"].split("\n");
  const lineOf = (id: string) => text.findIndex((line) => line.includes(`id: ${id}`));
  expect(places).toEqual({
    "three-socks": { uri: uriOf("promotions/members.yaml"), line: lineOf("three-socks"), character: 6 },
    "spring-coupon": { uri: uriOf("promotions/members.yaml"), line: lineOf("spring-coupon"), character: 6 },
    "boots-week": { uri: uriOf("rules/boots-week.rule.ts"), line: 7, character: "export function ".length },
  });
});

type Asked = Omit<PriceRequest, "root" | "by"> & Partial<Pick<PriceRequest, "by">>;

function requestOf({ by = { kind: "table" }, ...asked }: Asked): PriceRequest {
  return { root: project.root, by, ...asked };
}

function price(asked: Asked): Promise<PriceAnswer> {
  return editor.request(PRICE, requestOf(asked));
}

async function priced(asked: Asked): Promise<PriceAnswer & { ok: true }> {
  const answer = await price(asked);
  if (!answer.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

function uriOf(file: string): string {
  return `${project.root}/${file}`;
}
