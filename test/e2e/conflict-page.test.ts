import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FromConflictPage, ToConflictPage } from "../../extension/shared/conflict-page.ts";
import { CHECK, type ConflictReport } from "../../extension/shared/conflicts.ts";
import { type Editor, openEditor } from "../extension/editor.ts";
import { launchBrowser, type PageServer, SKIPS_BROWSER } from "../support/browser.ts";
import { builtExtension } from "../support/extension.ts";
import { VIEW_FILES, writeProject } from "../support/view-project.ts";
import { findNarrow, findViolations, openWebview, serveWebviews } from "../support/vscode-page.ts";
import type { Theme } from "../support/vscode-themes.ts";

// The page of the conflict view in a real browser, with what the real language server finds. VS Code alone stands in.

const CONFLICTS = `- id: never
  priority: 5
  conditions:
    - { kind: goodsTotal, value: 10000 }
    - { kind: goodsTotal, operator: lessThan, value: 5000 }
  effects: [{ target: order, amount: 100 }]
- id: small-sale
  priority: 4
  group: sale
  effects: [{ target: order, percent: "5" }]
- id: summer-sale
  priority: 40
  group: sale
  effects: [{ target: order, percent: "20" }]
`;
const POLICY = "extends: default\ngroups:\n  sale: { mode: highest }\n";
const PICTURES = process.env.HAGGLE_ARTEFACTS;

let browser: Browser;
let pages: PageServer;
let editor: Editor;
let project: { path: string; root: string };
let report: ConflictReport;

async function open({
  theme = "light",
  locale = "en",
  width = 1000,
}: {
  theme?: Theme;
  locale?: string;
  width?: number;
} = {}) {
  const url = `${pages.url}/conflict-view.${locale}.html`;
  const viewport = { width, height: 800 };
  const view = await openWebview<ToConflictPage, FromConflictPage>(
    browser,
    { url, theme, viewport },
    (message, tell) => {
      if (message.kind === "ready") return tell({ kind: "report", project: "shop", report });
    },
  );
  await view.page.getByTestId("finding").first().waitFor();
  return view;
}

describe.skipIf(SKIPS_BROWSER)("the page of the conflict view", () => {
  beforeAll(async () => {
    const built = await builtExtension();
    const files = { ...VIEW_FILES, "promotions/conflicts.yaml": CONFLICTS, "policy.yaml": POLICY };
    [browser, pages, project] = await Promise.all([
      launchBrowser(),
      serveWebviews(built),
      writeProject(files),
    ]);
    editor = await openEditor(built, { folders: [project.root] });
    report = await editor.request<ConflictReport>(CHECK, { root: project.root, currency: "CNY" });
    if (PICTURES) await mkdir(PICTURES, { recursive: true });
  });
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
    await editor?.close();
    if (project) await rm(project.path, { recursive: true });
  });

  it("shows each finding with its cart, and leads to promotions and into the cart view", async () => {
    const { page, told, complaints, close } = await open();
    if (!report.ok) throw new Error(JSON.stringify(report));
    expect(await page.getByTestId("finding").count()).toBe(report.findings.length);
    const shadowed = page.locator('[data-code="CHECK_SHADOWED"]').filter({ hasText: "small-sale" });
    expect(await shadowed.textContent()).toContain("Always shadowed");
    await shadowed.getByRole("button", { name: "Go to small-sale" }).click();
    await shadowed.locator('[data-does="openCart"]').click();
    const finding = report.findings.find(
      ({ code, promotions }) => code === "CHECK_SHADOWED" && promotions[0] === "small-sale",
    );
    await expect
      .poll(() => told)
      .toEqual([
        { kind: "ready" },
        { kind: "goToPromotion", promotion: "small-sale" },
        { kind: "openCart", finding },
      ]);
    expect(complaints).toEqual([]);
    await close();
  });

  it("tells how far a check is, keeps what it had meanwhile, and can be stopped", async () => {
    const { page, tell, told, close } = await open();
    await tell({ kind: "checking", project: "shop", done: 2, of: 6 });
    await page.getByTestId("state").filter({ hasText: "Check 3 of 6" }).waitFor();
    expect(await page.getByTestId("finding").count()).toBeGreaterThan(0);
    await page.locator('[data-does="stop"]').click();
    await tell({ kind: "ended" });
    await page.getByTestId("state").filter({ hasText: "stopped" }).waitFor();
    // The hand stays where the button was.
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-does"))).toBe("check");
    await page.keyboard.press("Enter");
    const fault = { code: "BUILD_TYPE", message: "wrong", file: "rules/a.rule.ts", line: 3, column: 1 };
    await tell({ kind: "report", project: "shop", report: { ok: false, faults: [fault] } });
    await page.getByRole("button", { name: "rules/a.rule.ts:3" }).click();
    await tell({
      ...{ kind: "report", project: "shop" },
      report: { ok: true, findings: [], undecided: [], pricedCarts: 7, promotions: 2 },
    });
    await page.getByText("2 promotions do what they say").waitFor();
    await expect
      .poll(() => told.slice(1))
      .toEqual([{ kind: "stop" }, { kind: "check" }, { kind: "goToFault", fault }]);
    await close();
  });

  it.each([
    ["light", "en", 1000],
    ["dark", "zh-CN", 1000],
    ["dark", "en", 300],
    ["light", "zh-CN", 300],
  ] as const)("has nothing that axe finds: %s, %s, %i pixels", async (theme, locale, width) => {
    const { page, complaints, close } = await open({ theme, locale, width });
    const folded = page.locator('[data-testid="undecided"] summary');
    if ((await folded.count()) > 0) await folded.click();
    if (PICTURES)
      await page.screenshot({
        path: join(PICTURES, `conflicts-${theme}-${locale}-${width}.png`),
        fullPage: true,
      });
    expect(await findViolations(page)).toEqual([]);
    expect(await findNarrow(page)).toEqual({ overflow: 0, small: [] });
    expect(complaints).toEqual([]);
    await close();
  });
});
