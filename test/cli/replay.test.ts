import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Cart, createEngine, type Engine, type Promotion } from "@haggle/sdk";
import type { Figures } from "@haggle/toolchain/replay";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawProgress } from "../../engine/cli/progress.ts";
import { findSegment, isFull, mergeSegments, type Segments } from "../../engine/toolchain/replay/segments.ts";
import {
  addToSketch,
  bucketsOf,
  mergeSketch,
  quantile,
  type Sketch,
} from "../../engine/toolchain/replay/sketch.ts";
import { launchBrowser, SKIPS_BROWSER } from "../support/browser.ts";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

const NOON = Date.UTC(2026, 0, 10, 12);

const SHOES: Promotion = {
  ...{ id: "shoes", priority: 10 },
  effects: [{ target: "line", percent: "10", filter: { categories: ["shoes"] }, reason: "SHOES" }],
};
const SPEND: Promotion = {
  ...{ id: "spend", priority: 5, conditions: [{ kind: "goodsTotal", value: 100_00 }] },
  effects: [{ target: "order", amount: 10_00, reason: "SPEND" }],
};
const VIP: Promotion = {
  ...{ id: "vip", priority: 1, conditions: [{ kind: "segments", match: ["vip"] }] },
  effects: [{ target: "shipping", percent: "100", reason: "VIP" }],
};
const A: Promotion[] = [SHOES, SPEND, VIP];
/** More off shoes, less often for spending, something new in the middle of an hour, and a rule that stops. */
const B: Promotion[] = [
  { ...SHOES, effects: [{ target: "line", percent: "20", filter: { categories: ["shoes"] } }] },
  { ...SPEND, conditions: [{ kind: "goodsTotal", value: 200_00 }] },
  VIP,
  { id: "divides", priority: 3, rule: "divides" },
  {
    ...{ id: "happy-minutes", priority: 2, window: { from: NOON + 30 * 60_000, until: NOON + 60 * 60_000 } },
    effects: [{ target: "order", percent: "50", reason: "HAPPY" }],
  },
];
const RULE = `@promo(name="divides")
export function apply(ctx: Context): Result {
  if (!ctx.cart.hasCoupon("BROKEN")) return Result.none();
  return Result.order(100 / (ctx.cart.total - ctx.cart.total), "NEVER");
}
`;

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let engines: { a: Engine; b: Engine };
const at = (...path: string[]) => join(folder.path, ...path);
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
const replay = (carts: string, ...args: string[]) => haggle("replay", "a/dist", "b/dist", carts, ...args);
const readFigures = async (name: string): Promise<Figures> => JSON.parse(await readFile(at(name), "utf8"));

beforeAll(async () => {
  folder = await createTemporaryFolder();
  for (const [name, promotions] of [
    ["a", A],
    ["b", B],
  ] as const) {
    await mkdir(at(name, "rules"), { recursive: true });
    if (name === "b") await writeFile(at(name, "rules", "divides.rule.ts"), RULE);
    await writeFile(at(name, "promotions.json"), JSON.stringify(promotions));
    expect(await haggle("build", name)).toMatchObject({ code: 0, err: "" });
  }
  engines = { a: await openEngine("a"), b: await openEngine("b") };
  await haggle("carts", "generate", "--count", "600", "--seed", "5", "--out", "carts.ndjson");
});
afterAll(() => folder.remove());

describe("haggle replay", () => {
  it("comes to what each cart comes to, whatever the number of threads", async () => {
    const [one, three] = await Promise.all([
      replay("carts.ndjson", "--json", "one.json", "--workers", "1"),
      replay("carts.ndjson", "--json", "three.json", "--workers", "3"),
    ]);
    expect(one).toMatchObject({ code: 0, err: "" });
    expect(one.out).toMatch(/^600 carts, 600 priced by both releases\n\nEUR: shoppers pay €/);
    expect(three.code).toBe(0);
    expect(await readFile(at("three.json"), "utf8")).toBe(await readFile(at("one.json"), "utf8"));

    const figures = await readFigures("one.json");
    const carts = (await readFile(at("carts.ndjson"), "utf8")).trim().split("\n").map(parseCart);
    const expected = addUp(carts);
    const [euro] = figures.currencies;
    expect(euro!.carts).toEqual({ all: 600, ...expected.carts });
    expect(euro!.difference.total).toBe(expected.total.b - expected.total.a);
    expect(euro!.sums.a).toMatchObject({ total: expected.total.a, discount: expected.discount.a });
    expect(euro!.sums.b).toMatchObject({ total: expected.total.b, discount: expected.discount.b });
    expect(euro!.margin).toMatchObject({
      a: { amount: expected.margin.a },
      b: { amount: expected.margin.b },
      difference: expected.margin.b - expected.margin.a,
    });
    const granted = Object.fromEntries(euro!.promotions.map((each) => [each.id, each.granted]));
    expect(granted).toEqual(expected.granted);
    const vip = euro!.segments.find(({ name }) => name === "vip");
    expect(vip).toMatchObject({ carts: expected.vip.carts, difference: expected.vip.difference });
    expect(euro!.differences.reduce((sum, { count }) => sum + count, 0)).toBe(600);
    expect(figures.idle).toEqual({ a: [], b: ["divides"] });
  });

  it("shows the carts that change most, with what both releases say, runnable", async () => {
    const figures = await readFigures("one.json");
    const { cheaper, dearer } = figures.currencies[0]!;
    const lines = (await readFile(at("carts.ndjson"), "utf8")).split("\n");
    const changes = lines.slice(0, 600).map((line) => totalOf(engines.b, line) - totalOf(engines.a, line));
    const ranked = changes.toSorted((x, y) => x - y);
    expect(cheaper.map(({ difference }) => difference)).toEqual(ranked.slice(0, 10));
    expect(dearer.map(({ difference }) => difference)).toEqual(ranked.toReversed().slice(0, 10));
    for (const { line, difference, exact, cart, a, b } of [...cheaper, ...dearer]) {
      expect(changes[line - 1]).toBe(difference);
      expect(exact).toBe(true);
      expect(totalOf(engines.a, JSON.stringify(cart))).toBe(a.total);
      expect(totalOf(engines.b, JSON.stringify(cart))).toBe(b.total);
    }
    expect(dearer[0]!.a.sentences).toContain(
      `'spend' took €10.00 off ${dearer[0]!.cart.lines.length} lines.`,
    );
    expect(dearer[0]!.b.sentences.join()).toMatch(
      /'spend' did not apply: goods total .* needs at least €200\.00/,
    );
  });

  it("counts what is refused and what stops, by line, and leaves it out of the money", async () => {
    const good = (await readFile(at("carts.ndjson"), "utf8")).trimEnd();
    const wrong = [
      "{ this is no cart",
      "",
      JSON.stringify(cartOf({ lines: [{ ...LINE, quantity: -1 }] })),
      JSON.stringify({ ...cartOf({}), total: 5 }),
      JSON.stringify(cartOf({ coupons: ["BROKEN"] })),
    ];
    // No line feed at the end, and Windows' in between.
    await writeFile(at("wrong.ndjson"), `${good}\n${wrong.join("\r\n")}`);
    const { code, out } = await replay("wrong.ndjson", "--json", "wrong.json");
    expect(code).toBe(0);
    expect(out).toContain("604 carts, 601 priced by both releases\n");
    const { carts, refusals, faults } = await readFigures("wrong.json");
    expect(carts).toEqual({ read: 604, both: 601, onlyA: 0, onlyB: 0, neither: 3 });
    expect(refusals).toEqual([
      { code: "CLI_NOT_JSON", at: "", a: 1, b: 1, line: 601 },
      { code: "CART_NEGATIVE", at: "lines[].quantity", a: 1, b: 1, line: 603 },
      { code: "CART_UNKNOWN_FIELD", at: "*", a: 1, b: 1, line: 604 },
    ]);
    expect(faults).toEqual([{ promotion: "divides", code: "ENGINE_RULE_TRAP", a: 0, b: 1 }]);
  });

  it("exits with 1 when there was nothing to compare", async () => {
    await writeFile(at("none-priced.ndjson"), "{ this is no cart");
    const none = await replay("none-priced.ndjson");
    expect([none.code, none.err]).toEqual([1, ""]);
    expect(none.out).toContain(
      "1 cart, 0 priced by both releases\nrefused: 0 by A alone, 0 by B alone, 1 by both\n  CLI_NOT_JSON The file is not JSON, first in line 1\n",
    );
  });

  it("adds up each currency by itself", async () => {
    const lines = [{ ...LINE, quantity: 2 }];
    const carts = ["EUR", "JPY", "JPY"].map((currency) => cartOf({ currency, lines }));
    await writeFile(at("money.ndjson"), carts.map((cart) => JSON.stringify(cart)).join("\n"));
    await replay("money.ndjson", "--json", "money.json", "--out", "money.html");
    const { currencies } = await readFigures("money.json");
    expect(currencies.map(({ currency, carts: { all } }) => [currency, all])).toEqual([
      ["JPY", 2],
      ["EUR", 1],
    ]);
    expect(currencies.map(({ difference }) => difference.total)).toEqual([-40_00, -20_00]);
    expect(await readFile(at("money.html"), "utf8")).toContain("−¥4,000");
  });

  it("writes down nobody", async () => {
    const secrets = ["jane", "doe", "acme", "tattoo", "single-use", "budget-of"];
    const cart = cartOf({
      id: "order-of-jane",
      now: NOON + 45 * 60_000 + 12_345,
      lines: [{ ...LINE, id: "line-of-jane", attributes: { tattoo: "jane", doe: 1 } }],
      shipping: [{ id: "to-jane", method: "standard", price: 490 }],
      customer: {
        ...{ id: "jane@example.com", segments: ["vip", "friends-of-jane"], tier: "acme", loggedIn: true },
        ...{ orders: 3, attributes: { email: "jane@example.com", doe: 7 } },
      },
      coupons: ["single-use-jane"],
      allowances: { "budget-of-jane": 5 },
    });
    const unknown = { ...cart, "jane doe": 1 };
    // No release asks for attributes of customers, so nothing looks at them.
    const odd = { ...cart, customer: { ...cart.customer, attributes: { BROKEN: { jane: "doe" } } } };
    const lines = [cart, unknown, odd].map((each) => JSON.stringify(each));
    await writeFile(at("jane.ndjson"), lines.join("\n"));
    expect(await replay("jane.ndjson", "--json", "jane.json", "--out", "jane.html")).toMatchObject({
      code: 0,
    });
    const written = (await readFile(at("jane.json"), "utf8")) + (await readFile(at("jane.html"), "utf8"));
    expect(secrets.filter((secret) => written.toLowerCase().includes(secret))).toEqual([]);
    const { currencies } = await readFigures("jane.json");
    const [sample] = currencies[0]!.cheaper;
    // The promotion began in the middle of the hour that the sample keeps.
    expect(sample).toMatchObject({ exact: false, cart: { now: NOON, customer: { segments: ["vip"] } } });
    // One cart of a segment could be one person's.
    expect(currencies[0]!.segments).toEqual([expect.objectContaining({ name: null, merged: 2, carts: 4 })]);
  });

  it("says which release or file is wrong", async () => {
    expect(await replay("none.ndjson")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLI_FILE No such file at .*none\.ndjson\n$/),
    });
    const missing = await haggle("replay", "a/dist", "nowhere", "carts.ndjson");
    expect(missing.err).toMatch(/^CLI_FILE No such file at .*nowhere/);
    await mkdir(at("mixed"));
    for (const name of ["bundle.wasm", "release.json", "root.json"]) {
      const from = name === "bundle.wasm" ? "b" : "a";
      await writeFile(at("mixed", name), await readFile(at(from, "dist", name)));
    }
    const mixed = await haggle("replay", "a/dist", "mixed", "carts.ndjson");
    expect(mixed).toMatchObject({ code: 1, err: expect.stringMatching(/ at .*mixed/) });
    expect(await haggle("replay", "a/dist", "carts.ndjson")).toMatchObject({ code: 2 });
    expect(await replay("carts.ndjson", "--workers", "0")).toMatchObject({ code: 2 });
  });
});

describe.skipIf(SKIPS_BROWSER)("the report", () => {
  it("stands alone, is drawn and can be sorted", async () => {
    await replay("carts.ndjson", "--out", "report.html");
    const text = await readFile(at("report.html"), "utf8");
    // But the names of XML spaces in the charts, nothing names another place.
    expect(text.replaceAll(/xmlns(?::\w+)?="[^"]*"/g, "")).not.toMatch(/https?:|src=|href=|@import|url\(/);
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("console", (message) => problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(pathToFileURL(at("report.html")).href);
      expect(await page.locator("svg.chart").count()).toBe(3);
      expect(await page.locator("svg.chart").first().boundingBox()).toMatchObject({ x: expect.any(Number) });
      const table = page.locator("table").first();
      const names = () => table.locator("tbody td.name").allInnerTexts();
      const byName = (await names()).toSorted();
      await table.locator("th button").first().click();
      expect(await names()).toEqual(byName.toReversed());
      await table.locator("th button").first().click();
      expect(await names()).toEqual(byName);
      const paper = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
      await page.emulateMedia({ colorScheme: "light" });
      const light = await paper();
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await paper()).not.toBe(light);
      expect(problems).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

describe("what is counted", () => {
  it("keeps quantiles to 1 in 64, in any parts", () => {
    const amounts = fc.array(fc.integer({ min: -10_000_000, max: 10_000_000 }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(amounts, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const [whole, left, right] = [new Map(), new Map(), new Map()] as [Sketch, Sketch, Sketch];
        for (const [i, value] of values.entries()) {
          addToSketch(whole, value);
          addToSketch(i % 2 === 0 ? left : right, value);
        }
        mergeSketch(left, right);
        expect(bucketsOf(left)).toEqual(bucketsOf(whole));
        const exact = values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * values.length)) - 1]!;
        const found = quantile(bucketsOf(whole), share);
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) / 64);
      }),
    );
  });

  it("has whole figures of the segments that it keeps, in any parts", () => {
    const count = (segments: Segments, carts: readonly number[]) => {
      for (const cart of carts) {
        const segment = findSegment(segments, `segment-${cart % 1500}`);
        if (segment !== undefined) segment.carts++;
      }
      return segments;
    };
    const carts = Array.from({ length: 6000 }, (_, i) => i);
    const whole = count(new Map(), carts);
    const merged = count(new Map(), carts.slice(0, 2000));
    mergeSegments(merged, count(new Map(), carts.slice(2000)));
    expect(new Map([...merged].sort())).toEqual(new Map([...whole].sort()));
    expect([whole.size, isFull(whole)]).toEqual([1000, true]);
    expect(new Set([...whole.values()].map((segment) => segment.carts))).toEqual(new Set([4]));
  });

  it("is told while it goes on", () => {
    const state = { count: 12_000, noun: "carts", bytes: 250, totalBytes: 1000, elapsedMs: 1500 };
    expect(drawProgress(state)).toBe(
      `${"█".repeat(6)}${"░".repeat(18)}   25 %  12,000 carts  8,000/s  0:05 left`,
    );
    expect(drawProgress({ count: 0, noun: "carts", bytes: 0, totalBytes: 0, elapsedMs: 0 })).toContain(
      "100 %",
    );
  });
});

const LINE = {
  ...{ id: "l", sku: "boot", productId: "boot", categories: ["shoes"] },
  ...{ quantity: 1, unitPrice: 100_00 },
};

/** A pair of shoes for 100.00 takes 20.00 off in both; two take 30.00 off in A and 50.00 in B. */
function cartOf(changes: Partial<Cart>): Cart {
  return { id: "c", currency: "EUR", now: NOON, lines: [LINE], shipping: [], coupons: [], ...changes };
}

async function openEngine(name: string): Promise<Engine> {
  const [bundle, release, root] = await Promise.all(
    ["bundle.wasm", "release.json", "root.json"].map(
      async (file) => new Uint8Array(await readFile(at(name, "dist", file))),
    ),
  );
  return createEngine({ bundle: bundle!, release: release!, root: root!, server: true, development: true });
}

function parseCart(line: string): Cart {
  return JSON.parse(line);
}

function totalOf(engine: Engine, line: string): number {
  return price(engine, parseCart(line)).total;
}

function price(engine: Engine, cart: Cart) {
  const decision = engine.evaluate(cart);
  if (!decision.ok) throw decision.error;
  return decision;
}

/** The same figures by another way: from whole decisions, one after another. */
function addUp(carts: readonly Cart[]) {
  const pairs = carts.map((cart) => ({
    cart,
    a: price(engines.a, cart).toJSON(),
    b: price(engines.b, cart).toJSON(),
  }));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  const both = (of: (decision: (typeof pairs)[number]["a"]) => number) => ({
    a: sum(pairs.map(({ a }) => of(a))),
    b: sum(pairs.map(({ b }) => of(b))),
  });
  const cost = sum(carts.flatMap(({ lines }) => lines.map((line) => (line.unitCost ?? 0) * line.quantity)));
  const goods = both(({ lines }) => sum(lines.map(({ total }) => total)));
  const ofVips = pairs.filter(({ cart }) => cart.customer?.segments.includes("vip"));
  const grantedTo = (id: string) =>
    both(({ promotions }) => sum(promotions.filter((each) => each.id === id).map(({ granted }) => granted)));
  return {
    carts: {
      cheaper: pairs.filter(({ a, b }) => b.total < a.total).length,
      dearer: pairs.filter(({ a, b }) => b.total > a.total).length,
      same: pairs.filter(({ a, b }) => b.total === a.total).length,
    },
    total: both(({ total }) => total),
    discount: both(({ discountTotal }) => discountTotal),
    margin: { a: goods.a - cost, b: goods.b - cost },
    granted: Object.fromEntries(["shoes", "spend", "vip", "happy-minutes"].map((id) => [id, grantedTo(id)])),
    vip: { carts: ofVips.length, difference: sum(ofVips.map(({ a, b }) => b.total - a.total)) },
  };
}
