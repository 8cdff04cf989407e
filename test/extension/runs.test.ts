import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { MAX_PROJECT_FILE_BYTES } from "@haggle/abi";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  CancellationTokenSource,
  type CodeLens,
  CodeLensRequest,
  ProgressType,
} from "vscode-languageserver-protocol/node";
import { acceptDecision } from "../../extension/shared/expectation.ts";
import { parseJson } from "../../extension/shared/json-places.ts";
import { RULES } from "../../extension/shared/protocol.ts";
import {
  CASES,
  type CaseFile,
  type CaseOutcome,
  RUN_CASES,
  type RunReport,
  type RunRequest,
  TRACE,
  type TraceReport,
} from "../../extension/shared/runs.ts";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";

// Cases, run by the bundled server and its worker, as the client asks for it.

const TENTH = `@promo(name="tenth", priority=10, group="basket")
export function tenth(ctx: Context): Result {
  return Result.orderPercent(Percent.of(10), "TEN");
}
`;
/** Stops at line 3 for more than five units, at line 5 for want of fuel at five, at line 8 in a sum at four, at line 9 behind the end of a list at three. */
const STOPS = `@promo(name="stops", priority=5)
export function stops(ctx: Context): Result {
  assert(ctx.cart.lines.at(0).quantity <= 5);
  let sum: i64 = 0;
  while (ctx.cart.lines.at(0).quantity == 5) {
    sum = (sum + ctx.cart.total) % 1000;
  }
  if (ctx.cart.lines.at(0).quantity == 4) sum = mulDiv(ctx.cart.total, 9_000_000_000_000_000, 1, Rounding.Down);
  if (ctx.cart.lines.at(0).quantity == 3) sum = new StaticArray<i64>(2)[ctx.cart.lines.at(0).quantity];
  return Result.order(1_00 + sum, "ONE");
}
`;
const cart = (quantity: number, unitPrice = 1000) => ({
  ...{ id: "c", currency: "EUR", now: 1_767_225_600_000, shipping: [], coupons: [] },
  lines: [{ id: "l", sku: "s", productId: "s", categories: [], quantity, unitPrice }],
});

let editor: Editor;
let shop: string;
let root: string;

beforeAll(async () => {
  editor = await openEditor(await builtExtension());
});
afterAll(() => editor.close());

beforeEach(async () => {
  shop = await mkdtemp(join(tmpdir(), "haggle-shop-"));
  root = pathToFileURL(shop).href;
});
afterEach(() => rm(shop, { recursive: true }));

describe("cases of a project", () => {
  it("are listed with their places, as the editor shows them", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    const uri = await write("rules/tenth.cases.json", "[]");
    await write("rules/torn.cases.json", '[{ "name": ');
    const text = `[\n  { "name": "one", "cart": {}, "expect": { "total": 1 } },\n  { "cart": {} }\n]`;
    editor.open(uri, text);
    const [listed, torn] = await editor.request<CaseFile[]>(CASES, { root });
    expect(listed).toMatchObject({ uri, file: "rules/tenth.cases.json" });
    expect(listed!.cases.map(({ name, index }) => [name, index])).toEqual([
      ["one", 0],
      ["#2", 1],
    ]);
    expect(sliceOf(text, listed!.cases[0]!.range)).toBe(text.split("\n")[1]!.trim().slice(0, -1));
    expect(sliceOf(text, listed!.cases[0]!.expectRange)).toBe('"expect": { "total": 1 }');
    expect(torn!.cases).toEqual([]);
    expect(torn!.problem).toMatchObject({ range: { start: { line: 0, character: 11 } } });
  });

  it("are run in the sandbox, and each tells what it came to", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    await writeCases("rules/tenth.cases.json", [
      { name: "a tenth", cart: cart(2), expect: { total: 1800 } },
      { name: "too much", cart: cart(2), expect: { total: 1500, lines: [{ discount: 500 }] } },
      { name: "no cart", cart: { ...cart(1), currency: "XXX" }, expect: { total: 900 } },
    ]);
    const [passed, failed, refused] = await run({});
    expect(passed).toMatchObject({
      ...{ name: "a tenth", index: 0, rules: ["tenth"], passed: true, problems: [], minorDigits: 2 },
      gave: [{ rule: "tenth", amount: 200, reasons: ["TEN"], statuses: ["applied"] }],
      decision: { total: 1800 },
      faults: [],
    });
    expect(passed!.fuel).toBeGreaterThan(0);
    expect(passed!.fuelLimit).toBe(1_000_000 + 100_000 + 1_000_000);
    expect(failed).toMatchObject({ passed: false, expect: { total: 1500 } });
    expect(failed!.problems).toEqual([
      "total: expected 1500, got 1800",
      "lines[0].discount: expected 500, got 200",
    ]);
    expect(refused).toMatchObject({ passed: false, decision: { error: { code: "CART_UNKNOWN_CURRENCY" } } });
    expect(refused!.fuel).toBeUndefined();
  });

  it("are told apart by file, rule and name", async () => {
    await write("rules/a/tenth.rule.ts", TENTH);
    await write("rules/b/other.rule.ts", TENTH.replace('"tenth"', '"other"'));
    const same = { name: "same", cart: cart(1), expect: {} };
    await writeCases("rules/a/tenth.cases.json", [same, { ...same, name: "more" }, same]);
    await writeCases("rules/a/cases.json", [{ ...same, name: "of the folder" }]);
    await writeCases("rules/b/cases.json", [same]);
    const ran = async (request: Partial<RunRequest>) =>
      (await run(request)).map(({ file, name, index }) => `${file.slice(6)} ${name} ${index}`);
    expect(await ran({ file: "rules/b/cases.json" })).toEqual(["b/cases.json same 0"]);
    expect(await ran({ rule: "tenth" })).toEqual([
      "a/cases.json of the folder 0",
      "a/tenth.cases.json same 0",
      "a/tenth.cases.json more 1",
      "a/tenth.cases.json same 2",
    ]);
    expect(await ran({ file: "rules/a/tenth.cases.json", names: ["same"] })).toEqual([
      "a/tenth.cases.json same 0",
      "a/tenth.cases.json same 2",
    ]);
    expect(await ran({ rule: "unknown" })).toEqual([]);
  });

  it("that are wrong say so, and the others run", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    await write("rules/alone.cases.json", `[{ "name": "x", "cart": {}, "expect": {} }]`);
    await write("rules/torn.cases.json", "[");
    await write("rules/large.cases.json", `[${" ".repeat(2 * MAX_PROJECT_FILE_BYTES)}]`);
    await writeCases("rules/tenth.cases.json", [
      { name: "no cart", expect: {} },
      { name: "odd cart", cart: { ...cart(1), coupon: "X" }, expect: {} },
      { name: "right", cart: cart(1), expect: { total: 900 } },
    ]);
    const outcomes = await run({});
    expect(outcomes.map(({ name, passed, error }) => [name, passed, error?.code])).toEqual([
      ["x", false, "CLI_CASES"],
      ["", false, "CLI_FILE_TOO_LARGE"],
      ["no cart", false, "CLI_CASES"],
      ["odd cart", false, "CART_UNKNOWN_FIELD"],
      ["right", true, undefined],
      ["", false, "CLI_NOT_JSON"],
    ]);
    expect(outcomes[3]!.error!.at).toContain("rules/tenth.cases.json[1].cart");
  });

  it("do not run where the rules do not compile, and the report says why", async () => {
    await write("rules/tenth.rule.ts", TENTH.replace("Percent.of(10)", "ten"));
    await writeCases("rules/tenth.cases.json", [{ name: "x", cart: cart(1), expect: {} }]);
    const report = await editor.request<RunReport>(RUN_CASES, { root });
    expect(report).toMatchObject({ ok: false, diagnostics: [{ file: "rules/tenth.rule.ts", line: 3 }] });
  });

  it("end when nobody wants to know any more, between two of them", async () => {
    await write("rules/stops.rule.ts", STOPS);
    // Each goes round for as long as it has fuel, which is longer than the worker is deaf to messages.
    const policy = { fuel: { base: 1_000_000, perLine: 100_000, perPromotion: 20_000_000 } };
    const endless = { cart: cart(5), expect: {}, policy };
    const count = 200;
    await writeCases(
      "rules/stops.cases.json",
      Array.from({ length: count }, (_, i) => ({ ...endless, name: `case ${i}` })),
    );
    const source = new CancellationTokenSource();
    const partialResultToken = "part";
    let heard = 0;
    const listening = editor.onProgress(new ProgressType<CaseOutcome[]>(), partialResultToken, (part) => {
      heard += part.length;
      source.cancel();
    });
    const cancelled = editor.request(RUN_CASES, { root, partialResultToken }, source.token);
    await expect(cancelled).rejects.toThrow("cancelled");
    const atCancel = heard;
    expect(atCancel).toBeGreaterThan(0);
    // Had it gone on behind our back, each of these would have let some more of it through.
    for (let i = 0; i < 5; i++) {
      const [one] = await run({ names: ["case 1"] });
      expect(one!.faults).toMatchObject([{ code: "ENGINE_RULE_FUEL" }]);
    }
    listening.dispose();
    expect(heard - atCancel).toBeLessThanOrEqual(2);
  });
});

describe("a rule that stops", () => {
  beforeEach(async () => {
    await write("rules/stops.rule.ts", STOPS);
  });

  it.each([
    { what: "by an assertion", quantity: 6, code: "ENGINE_RULE_TRAP", line: 3 },
    { what: "without fuel in an endless loop", quantity: 5, code: "ENGINE_RULE_FUEL", line: 5 },
    { what: "in what it calls of the library", quantity: 4, code: "ENGINE_RULE_MONEY", line: 8 },
    { what: "in what was inlined of the library", quantity: 3, code: "ENGINE_RULE_TRAP", line: 9 },
  ])("$what is named with its line", async ({ quantity, code, line }) => {
    await writeCases("rules/stops.cases.json", [{ name: "x", cart: cart(quantity), expect: {} }]);
    const [outcome] = await run({});
    expect(outcome!.passed).toBe(false);
    expect(outcome!.faults).toMatchObject([
      { rule: "stops", promotion: "stops", code, place: { file: "rules/stops.rule.ts", line } },
    ]);
    expect(outcome!.fuel).toBeLessThanOrEqual(outcome!.fuelLimit!);
  });

  it("is found beside others that stop, and where the policy refuses the cart for it", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    const promotions = [
      { id: "first", rule: "stops", priority: 9 },
      { id: "second", rule: "tenth", priority: 8 },
      { id: "third", rule: "stops", priority: 7 },
    ];
    const stated = { cart: cart(6), expect: {}, promotions };
    await writeCases("rules/stops.cases.json", [
      { ...stated, name: "skips" },
      { ...stated, name: "refuses", policy: { onFault: "refuse" } },
    ]);
    const [skips, refuses] = await run({ file: "rules/stops.cases.json" });
    const place = { file: "rules/stops.rule.ts", line: 3 };
    expect(skips!.faults).toMatchObject([
      { promotion: "first", place },
      { promotion: "third", place },
    ]);
    expect(skips!.gave).toMatchObject([
      { rule: "stops", amount: 0, statuses: ["failed", "failed"] },
      { rule: "tenth", amount: 600, statuses: ["applied"] },
    ]);
    expect(refuses!.faults).toMatchObject([{ promotion: "first", code: "ENGINE_RULE_TRAP", place }]);
  });
});

describe("the fuel limit", () => {
  it("is what the sandbox gave: one instruction less is too little", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    const stated = { cart: cart(2), expect: { total: 1800 } };
    await writeCases("rules/tenth.cases.json", [{ ...stated, name: "roomy" }]);
    const [roomy] = await run({});
    const fuel = { perLine: 1, perPromotion: Math.floor(roomy!.fuel! / 2) };
    const base = roomy!.fuel! - fuel.perLine - fuel.perPromotion;
    await writeCases("rules/tenth.cases.json", [
      { ...stated, name: "just enough", policy: { fuel: { ...fuel, base } } },
      { ...stated, name: "too little", policy: { fuel: { ...fuel, base: base - 1 } } },
    ]);
    const [enough, tooLittle] = await run({});
    expect(enough).toMatchObject({ passed: true, fuel: roomy!.fuel, fuelLimit: roomy!.fuel });
    expect(tooLittle!.passed).toBe(false);
  });
});

describe("a trace", () => {
  it("tells what became of each promotion of a case, in the language that was asked for", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    const promotions = [
      { id: "tenth", rule: "tenth", priority: 9 },
      { id: "many", rule: "tenth", priority: 8, conditions: [{ kind: "goodsTotal", value: 100_000 }] },
    ];
    await writeCases("rules/tenth.cases.json", [{ name: "x", cart: cart(2), expect: {}, promotions }]);
    const of = { root, rule: "tenth", file: "rules/tenth.cases.json", index: 0 };
    const english = await editor.request<TraceReport>(TRACE, { ...of, locale: "en" });
    expect(english).toMatchObject({
      ok: true,
      outcome: { name: "x", passed: true },
      trace: [
        {
          id: "tenth",
          rule: "tenth",
          status: "applied",
          granted: 200,
          text: expect.stringContaining("€2.00"),
        },
        { id: "many", status: "notEligible", text: expect.stringContaining("did not apply") },
      ],
    });
    const chinese = await editor.request<TraceReport>(TRACE, { ...of, locale: "zh-CN" });
    expect(JSON.stringify(chinese)).toMatch(/\p{Script=Han}/u);
  });

  it("is there for a cart of no case, by the defaults of the rule", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    const of = { root, rule: "tenth", cart: cart(3), locale: "en" };
    const report = await editor.request<TraceReport>(TRACE, of);
    expect(report).toMatchObject({ ok: true, outcome: { decision: { total: 2700 } } });
  });
});

describe("accepting what a case came to", () => {
  const text = `[
  {
    "name": "as written",
    "cart": ${JSON.stringify(cart(2))},
    "expect": {
      "total":   1500, "absent": 1,
      "lines": [ { "id": "l", "discount": 1 } ],
      "promotions": []
    }
  },
  { "name": "other", "cart": ${JSON.stringify(cart(1))}, "expect": { "total": 1 } }
]
`;

  it("changes what is expected and nothing else, and the case passes then", async () => {
    await write("rules/tenth.rule.ts", TENTH);
    const uri = await write("rules/tenth.cases.json", text);
    const [before] = await run({});
    const root = parseJson(text);
    if (root.kind !== "array") throw new Error("cases are an array");
    const accepted = acceptDecision(text, root.items[0]!, before!.decision)
      .sort((a, b) => b.start - a.start)
      .reduce((changed, { start, end, text: by }) => changed.slice(0, start) + by + changed.slice(end), text);
    const decided = (before!.decision as { promotions: unknown }).promotions;
    expect(accepted).toBe(
      text
        .replace('1500, "absent": 1', "1800")
        .replace('"discount": 1 ', '"discount": 200 ')
        .replace('"promotions": []', `"promotions": ${spaced(decided)}`),
    );

    editor.open(uri, accepted);
    expect((await run({})).map(({ passed }) => passed)).toEqual([true, false]);
  });
});

describe("lenses", () => {
  it("stand above each rule, with what is known of it", async () => {
    const uri = await write("rules/tenth.rule.ts", TENTH);
    await writeCases("rules/tenth.cases.json", [{ name: "x", cart: cart(1), expect: {} }]);
    await write("promotions/often.yaml", "- id: often\n  rule: tenth\n  priority: 1\n");
    editor.open(uri, TENTH);
    // They come with the rules, of which the compiler tells.
    await editor.request(RULES, { root });
    const lenses = await editor.request<CodeLens[]>(CodeLensRequest.method, { textDocument: { uri } });
    expect(lenses.map(({ command, data }) => `${data.kind}: ${command!.title}`)).toEqual([
      "run: Run",
      "runAll: Run on all cases (1)",
      "trace: Debug trace",
      "facts: priority 10 · group basket · phase order",
      "uses: used once",
    ]);
    expect(lenses[0]!.range.start.line).toBe(0);
    expect(lenses[1]!.command).toMatchObject({
      command: "haggle.runCases",
      arguments: [{ root, rule: "tenth" }],
    });
  });
});

describe("this repository's own rules", () => {
  it("pass all of their cases", { timeout: 60_000 }, async () => {
    await cp(join(import.meta.dirname, "../../rules"), join(shop, "rules"), { recursive: true });
    const outcomes = await run({});
    expect(outcomes.length).toBeGreaterThan(150);
    expect(outcomes.filter(({ passed }) => !passed)).toEqual([]);
    expect(outcomes.every(({ gave }) => gave.length > 0)).toBe(true);
  });
});

async function run(request: Partial<RunRequest>): Promise<CaseOutcome[]> {
  const report = await editor.request<RunReport>(RUN_CASES, { root, ...request });
  if (!report.ok) throw new Error(JSON.stringify(report.diagnostics));
  return report.results;
}

async function write(file: string, text: string): Promise<string> {
  await mkdir(dirname(join(shop, file)), { recursive: true });
  await writeFile(join(shop, file), text);
  const uri = pathToFileURL(join(shop, file)).href;
  editor.changedOnDisk(uri);
  return uri;
}

function writeCases(file: string, cases: readonly object[]): Promise<string> {
  return write(file, JSON.stringify(cases, null, 2));
}

/** As somebody would write it on one line. */
function spaced(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('":', '": ')
    .replaceAll(",", ", ")
    .replaceAll("{", "{ ")
    .replaceAll("}", " }");
}

function sliceOf(text: string, { start, end }: CaseFile["cases"][number]["range"]): string {
  const lines = text.split("\n");
  const offset = ({ line, character }: typeof start) =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + character;
  return text.slice(offset(start), offset(end));
}
