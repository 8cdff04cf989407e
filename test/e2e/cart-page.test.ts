import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CartViewState, FromCartPage, ToCartPage } from "../../extension/shared/cart-page.ts";
import { PRICE, type PriceAnswer, type PricedBy } from "../../extension/shared/price.ts";
import { type Editor, openEditor } from "../extension/editor.ts";
import { launchBrowser, type PageServer, SKIPS_BROWSER } from "../support/browser.ts";
import { builtExtension } from "../support/extension.ts";
import { VIEW_CART, writeProject } from "../support/view-project.ts";
import { findNarrow, findViolations, openWebview, serveWebviews } from "../support/vscode-page.ts";
import type { Theme } from "../support/vscode-themes.ts";

// The page of the cart view in a real browser, priced by the real language server. VS Code alone stands in.

type Look = { theme: Theme; locale: "en" | "zh-CN"; viewport?: { width: number; height: number } };

const NARROW = { width: 300, height: 800 };
const LOOKS: Look[] = [
  { theme: "light", locale: "en" },
  { theme: "dark", locale: "zh-CN" },
  { theme: "dark", locale: "en", viewport: NARROW },
  { theme: "light", locale: "zh-CN", viewport: NARROW },
];
/** A folder for pictures, where somebody wants to look at them. */
const PICTURES = process.env.HAGGLE_ARTEFACTS;

let browser: Browser;
let pages: PageServer;
let editor: Editor;
let project: { path: string; root: string };

/** Opens the view on a cart and waits for its first price. */
async function open({
  cart = VIEW_CART,
  by = { kind: "table" },
  state = {},
  locale = "en",
  ...options
}: { cart?: unknown; by?: PricedBy; state?: Partial<CartViewState> } & Partial<Look> &
  BrowserContextOptions = {}) {
  const first: CartViewState = { root: project.root, title: "example", cart, by, server: false, ...state };
  const url = `${pages.url}/cart-view.${locale}.html`;
  const view = await openWebview<ToCartPage, FromCartPage>(
    browser,
    { url, ...options },
    async (message, tell) => {
      if (message.kind === "ready") {
        // Ahead of the cart, as a page prices anew when it is told of rules, whenever that is.
        await tell({ kind: "rules", rules: ["boots-week", "spend-and-save"] });
        if (message.state === undefined) await tell({ kind: "open", state: first });
      } else if (message.kind === "price") {
        const { kind: _, revision, ...request } = message;
        await tell({ kind: "priced", revision, answer: await editor.request(PRICE, request) });
      }
    },
  );
  const { page } = view;
  const total = page.getByTestId("total");
  await total.filter({ hasText: /\d/ }).waitFor();
  return {
    ...view,
    total: (text: string) => total.filter({ hasText: text }).waitFor(),
    at: (place: string) => page.locator(`[data-at="${place}"]`),
    does: (name: string) => page.locator(`[data-does="${name}"]`),
    /** What the view would keep, which is what it shows. */
    state: () => page.evaluate(() => JSON.parse(sessionStorage.getItem("kept")!).state as CartViewState),
    asked: () => view.told.filter((message) => message.kind === "price"),
  };
}

describe.skipIf(SKIPS_BROWSER)("the page of the cart view", () => {
  beforeAll(async () => {
    const built = await builtExtension();
    [browser, pages, project] = await Promise.all([launchBrowser(), serveWebviews(built), writeProject()]);
    editor = await openEditor(built, { folders: [project.root] });
    if (PICTURES) await mkdir(PICTURES, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
    await editor?.close();
    if (project) await rm(project.path, { recursive: true });
  });

  it("prices while somebody types, and shows who gave what", async () => {
    const { page, at, does, total, complaints, close } = await open();
    await total("¥241.80");
    const shares = await page.getByTestId("share").allTextContents();
    expect(shares).toHaveLength(4);
    expect(shares[0]).toBe("boots-weekBOOTS_WEEK · on 1 unit−¥28.00");
    expect(await page.getByTestId("winners").getByTestId("entry").count()).toBe(3);
    expect(await page.getByTestId("losers").textContent()).toContain("needs at least 3");
    expect(await page.getByTestId("fuel").textContent()).toMatch(/^[\d,]+ of [\d,]+ fuel · [\d.]+ ms$/);

    await at("lines[0].unitPrice").fill("100");
    await total("¥129.80");
    await at("lines[0].unitPrice").fill("100.5x");
    expect(await at("lines[0].unitPrice").getAttribute("aria-invalid")).toBe("true");
    await at("lines[0].quantity").focus();
    // What is no amount is gone with the hand, and was never priced.
    expect(await at("lines[0].unitPrice").inputValue()).toBe("100.00");
    expect(await at("lines[0].unitPrice").getAttribute("aria-invalid")).toBeNull();

    // One pair more unlocks what the hint says.
    await does("unlock").first().click();
    await page.locator('[data-status="applied"][data-promotion="three-socks"]').waitFor();
    expect(await at("lines[1].quantity").inputValue()).toBe("3");
    expect(complaints).toEqual([]);
    await close();
  });

  it("asks once for what is typed at a stretch, and shows the newest answer alone", async () => {
    const { page, at, asked, tell, total, close } = await open();
    const [first] = asked();
    const old = await editor.request<PriceAnswer>(PRICE, { ...first!, cart: VIEW_CART });
    const before = asked().length;
    await at("lines[1].quantity").evaluate((input: HTMLInputElement) => {
      for (const text of ["1", "12", "121", "12", "1", "21"]) {
        input.value = text;
        input.dispatchEvent(new Event("input"));
      }
    });
    // 280.00 less a tenth, 417.90 less 15 %, less 50.00.
    await total("¥557.21");
    expect(asked().length - before).toBe(1);
    // An answer that was long on its way.
    await tell({ kind: "priced", revision: 1, answer: old });
    await tell({ kind: "unanswered", revision: 1, message: "late" });
    await at("lines[1].quantity").fill("20");
    await total("¥540.30");
    expect(await page.getByTestId("notice").isHidden()).toBe(true);
    await tell({ kind: "priced", revision: 1, answer: old });
    expect(await page.getByTestId("total").textContent()).toBe("¥540.30");
    await close();
  });

  it("has every field of a cart, writes what is typed, and takes away what is emptied", async () => {
    const { page, at, does, state, close } = await open();
    const { cart } = await state();
    expect(cart).toEqual(VIEW_CART);
    await page.locator('details[data-of="lines[0]"] summary').click();
    for (const [place, text] of [
      ["lines[0].categories", "boots, winter"],
      ["lines[0].unitCost", "120"],
      ["lines[0].taxRate", "19"],
      ["lines[0].attributes", 'size=42, organic=true, code="7"'],
      ["customer.segments", '["a, b"]'],
      ["customer.tier", ""],
      ["customer.orders", "5"],
      ["coupons", "SPRING，OTHER"],
      ["currency", "eur"],
      ["now", "2026-06-01T12:30:00"],
      ["timeZone", "Europe/Berlin"],
      ["market", "de"],
      ["allowances", "spring=100"],
    ] as const) {
      await at(place).fill(text);
    }
    await page.locator('[data-at="lines[0].subscription"]').check();
    await page.locator('[data-at="customer.loggedIn"]').uncheck();
    const { tier: _, ...customer } = VIEW_CART.customer;
    expect((await state()).cart).toEqual({
      ...VIEW_CART,
      lines: [
        {
          ...VIEW_CART.lines[0],
          ...{ categories: ["boots", "winter"], unitCost: 12000, taxRate: "19", subscription: true },
          attributes: { size: 42, organic: true, code: "7" },
        },
        VIEW_CART.lines[1],
      ],
      customer: { ...customer, segments: ["a, b"], orders: 5, loggedIn: false },
      coupons: ["SPRING", "OTHER"],
      ...{ currency: "EUR", now: Date.UTC(2026, 5, 1, 12, 30), timeZone: "Europe/Berlin", market: "de" },
      allowances: { spring: 100 },
    });

    await page.locator(".items").first().locator('[data-does="duplicate"]').first().click();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-at"))).toBe("lines[1].sku");
    await page.getByRole("button", { name: "Add line" }).click();
    const lines = ((await state()).cart as typeof VIEW_CART).lines;
    expect(lines.map(({ id }) => id)).toEqual(["1", "3", "2", "4"]);
    await does("remove").first().click();
    await page.locator('[data-at="customer"]').uncheck();
    expect((await state()).cart).not.toHaveProperty("customer");
    expect(((await state()).cart as typeof VIEW_CART).lines.map(({ id }) => id)).toEqual(["3", "2", "4"]);
    await close();
  });

  it("goes back and forth, by button and by key", async () => {
    const { page, at, does, total, state, close } = await open();
    await at("lines[0].unitPrice").fill("10");
    await at("lines[1].unitPrice").fill("10");
    await total("¥29.00");
    await page.keyboard.press("Control+z");
    expect(await at("lines[1].unitPrice").inputValue()).toBe("19.90");
    await does("undo").click();
    await total("¥241.80");
    expect((await state()).cart).toEqual(VIEW_CART);
    expect(await does("undo").isDisabled()).toBe(true);
    await does("redo").click();
    await page.keyboard.press("Control+Shift+z");
    await total("¥29.00");
    expect(await does("redo").isDisabled()).toBe(true);
    await close();
  });

  it("is a form and JSON of the same cart, and says where a text is no JSON", async () => {
    const { page, at, total, close } = await open();
    await page.getByText("JSON", { exact: true }).click();
    const area = page.locator("textarea");
    expect(JSON.parse(await area.inputValue())).toEqual(VIEW_CART);
    await area.fill((await area.inputValue()).replace("28000", "10000"));
    await total("¥129.80");
    await area.fill('{\n  "id": "view",\n  "lines": [}');
    const problem = page.locator(".json [role=status]");
    expect(await problem.textContent()).toContain("line 3, column 13");
    await page.getByRole("button", { name: "Go there" }).click();
    expect(await area.evaluate((element: HTMLTextAreaElement) => element.selectionStart)).toBe(30);
    await area.fill('{ "id": 9007199254740993 }');
    expect(await problem.textContent()).toContain("line 1, column 9 has more digits than can be kept");
    await page.getByText("Form", { exact: true }).click();
    expect(await at("lines[0].unitPrice").inputValue()).toBe("100.00");
    await page.getByText("JSON", { exact: true }).click();
    await area.fill('"no cart"');
    await page.getByTestId("notice").waitFor();
    await page.getByText("Form", { exact: true }).click();
    await page.getByText("no cart that a form could show").waitFor();
    await close();
  });

  it("says what is wrong with a cart, and leads to the field", async () => {
    const { page, at, does, complaints, close } = await open();
    await page.getByText("JSON", { exact: true }).click();
    await page
      .locator("textarea")
      .fill(JSON.stringify({ ...VIEW_CART, lines: [{ ...VIEW_CART.lines[0], productId: 7 }] }));
    await page.getByTestId("notice").filter({ hasText: "CART_WRONG_TYPE" }).waitFor();
    expect(await does("saveCase").isDisabled()).toBe(true);
    await page.getByText("Form", { exact: true }).click();
    await page.getByRole("button", { name: "Show the field" }).click();
    // It was folded away.
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-at"))).toBe(
      "lines[0].productId",
    );
    await at("lines[0].productId").fill("boot");
    await page.getByTestId("notice").waitFor({ state: "hidden" });
    expect(complaints).toEqual([]);
    await close();
  });

  it("stays whole, whatever a cart is made of", async () => {
    const { page, at, asked, state, tell, total, complaints, close } = await open();
    const first = await state();
    const show = (cart: unknown) => tell({ kind: "open", state: { ...first, cart } });
    // A key that looks like half a place: the field of all of them is the nearest.
    const { revision } = asked().at(-1)!;
    const refusal = {
      ok: false,
      kind: "refused",
      code: "CART",
      message: "odd",
      at: "lines[0].sku.a[b",
    } as const;
    await tell({ kind: "priced", revision, answer: refusal });
    await page.locator('.refused[data-at="lines[0].sku"]').waitFor();
    // Values that become no text.
    const odd = { toString: 1, valueOf: 1 };
    const line = { ...VIEW_CART.lines[0]!, categories: [odd], quantity: odd, unitPrice: odd, unitCost: odd };
    const lines = [{ ...line, attributes: { a: odd } }];
    await show({ ...VIEW_CART, lines, now: odd, currency: odd, coupons: [odd], customer: odd });
    await expect.poll(() => at("lines[0].quantity").inputValue()).toBe(JSON.stringify(odd));
    await show(VIEW_CART);
    await total("¥241.80");
    expect(complaints).toEqual([]);
    await close();
  });

  it("goes on after a reload with what it had", async () => {
    const { page, at, does, total, close } = await open();
    await at("lines[0].unitPrice").fill("10");
    await does("pricedBy").selectOption("rule:boots-week");
    await total("¥60.80");
    await page.reload();
    await total("¥60.80");
    expect(await at("lines[0].unitPrice").inputValue()).toBe("10.00");
    expect(await does("pricedBy").inputValue()).toBe("rule:boots-week");
    await close();
  });

  it("tells VS Code what only VS Code can do", async () => {
    const caseOf = { file: "rules/boots-week.cases.json", name: "a pair of boots" };
    const by: PricedBy = { kind: "case", file: caseOf.file, parameters: { percent: "20" } };
    const { page, does, told, tell, total, close } = await open({
      by,
      state: { caseOf, title: caseOf.name },
    });
    await total("¥275.80");
    await does("updateCase").click();
    await does("saveCase").click();
    await does("copy").click();
    await page.getByRole("button", { name: "Go to boots-week" }).click();
    const kinds = () => told.map(({ kind }) => kind).filter((kind) => kind !== "price");
    await expect.poll(kinds).toEqual(["ready", "updateCase", "saveCase", "copy", "goToPromotion"]);
    expect(told.find(({ kind }) => kind === "copy")).toMatchObject({
      text: JSON.stringify(VIEW_CART, null, 2),
    });
    await tell({ kind: "saved", caseOf: { ...caseOf, name: "another" } });
    await page.getByRole("heading", { name: "another" }).waitFor();
    await close();
  });

  it("is reached and worked by keyboard alone, and tells its total", async () => {
    const { page, total, close } = await open();
    const focused = () =>
      page.evaluate(() => {
        const { dataset, tagName } = document.activeElement as HTMLElement;
        return dataset.does ?? dataset.at ?? tagName;
      });
    const seen: string[] = [];
    for (let steps = 0; steps < 80 && !seen.includes("coupons"); steps += 1) {
      await page.keyboard.press("Tab");
      seen.push(await focused());
    }
    for (const name of [
      "copy",
      "saveCase",
      "pricedBy",
      "server",
      "lines[0].sku",
      "more",
      "duplicate",
      "coupons",
    ]) {
      expect(seen).toContain(name);
    }
    await page.keyboard.type("SPRING");
    await total("¥236.80");
    expect(await page.locator(".result [role=status]").textContent()).toBe("Total ¥236.80");
    await close();
  });

  it.each(LOOKS)(
    "has nothing that axe finds: $theme, $locale, $viewport.width",
    async ({ theme, locale, viewport }) => {
      const options = { theme, locale, ...(viewport && { viewport }) };
      const { page, does, total, complaints, close } = await open(options);
      await total("241.80");
      const check = async (where: string) => {
        if (PICTURES) await take(page, `cart-${theme}-${locale}-${viewport?.width ?? "wide"}-${where}`);
        expect({ where, violations: await findViolations(page) }).toEqual({ where, violations: [] });
        expect({ where, ...(await findNarrow(page)) }).toEqual({ where, overflow: 0, small: [] });
      };
      await check("form");
      await page.locator("details.more summary").first().click();
      await page.locator('[data-at="lines[0].unitCost"]').fill("x");
      await check("problem");
      await page.locator('input[value="json"] + label').click();
      await check("json");
      await page.locator("textarea").fill(JSON.stringify({ ...VIEW_CART, currency: "€" }));
      await page.getByTestId("notice").waitFor();
      await check("refused");
      expect(await does("saveCase").isDisabled()).toBe(true);
      expect(complaints).toEqual([]);
      await close();
    },
  );
});

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(PICTURES!, `${name}.png`), fullPage: true });
}
