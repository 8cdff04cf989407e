import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createAlbum } from "../support/artefacts.ts";
import { launchBrowser } from "../support/browser.ts";
import { packagedExtension } from "../support/extension.ts";
import { startVscode, type Vscode } from "../support/vscode.ts";
import { SKIPS_VSCODE } from "../support/vscode-folder.ts";
import { type Hands, handsOn } from "../support/vscode-hands.ts";

// A folder of somebody else in a real VS Code: what the packaged extension does before it is trusted, and after, also where its
// language server dies.

const TURNS = 6;
const PATIENT = { timeout: 30_000 };
const RULE = "rules/boots-week.rule.ts";

describe.skipIf(SKIPS_VSCODE)("a workspace that is not trusted", { timeout: 120_000 }, () => {
  const album = createAlbum("extension-trust");
  let browser: Browser;
  let vscode: Vscode;
  let page: Page;
  let hands: Hands;

  beforeAll(async () => {
    const { vsix } = await packagedExtension();
    const settings = { "security.workspace.trust.startupPrompt": "never" };
    [browser, vscode] = await Promise.all([
      launchBrowser(),
      startVscode({ vsix, settings, asksForTrust: true }),
    ]);
    const workspace = await vscode.makeWorkspace("stranger", { [RULE]: BROKEN });
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.setDefaultTimeout(60_000);
    hands = handsOn(page);
    await vscode.open(page, workspace, [["openFile", vscode.remote(join(workspace, RULE))]]);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") await album.take(page, "where-it-failed");
  });
  afterAll(async () => {
    await browser?.close();
    await vscode?.close();
  });

  it("is read and coloured, and neither compiled nor run, and no server is asked", async () => {
    await page.getByRole("tab", { name: "Haggle" }).click();
    await page.getByText("No server is asked before you trust this workspace.").waitFor();
    await page.getByRole("tab", { name: "Testing" }).waitFor();
    // Formatted by the language server, which is there: often enough for the compiler to have been, if it were asked.
    for (let turn = 0; turn < TURNS; turn += 1) {
      await hands.goTo(3, 9);
      await page.keyboard.type("  ");
      await hands.command("Format Document");
      await expect.poll(() => hands.text()).toContain("  const small: i32 = ctx.cart.total;\n");
    }
    await album.take(page, "restricted");
    expect(await page.locator(".squiggly-error").count()).toBe(0);
  });

  it("is compiled once it is trusted", async () => {
    await hands.command("Workspaces: Manage Workspace Trust");
    await page.getByRole("button", { name: "Trust", exact: true }).first().click();
    await page.getByRole("tab", { name: "boots-week" }).click();
    await page.locator(".squiggly-error").first().waitFor();
    await page.getByText("Connect to a Haggle server to see").waitFor();
    await album.take(page, "trusted");
  });

  it("is still trusted by a language server that comes later", async () => {
    expect(await vscode.signalLanguageServers("SIGKILL")).toBe(1);
    await expect.poll(isServed, PATIENT).toBe(false);
    await expect.poll(isServed, PATIENT).toBe(true);
    expect(await page.locator(".notification-list-item").allTextContents()).toEqual([]);
  });

  it("is left alone by a language server that ends again and again, until somebody wants it back", async () => {
    const gone = hands.notification("ended several times within minutes");
    for (let ends = 1; ends < 6 && !(await gone.isVisible()); ends += 1) {
      await vscode.signalLanguageServers("SIGKILL");
      await expect.poll(isServed, PATIENT).toBe(false);
      await expect.poll(async () => (await gone.isVisible()) || (await isServed()), PATIENT).toBe(true);
    }
    await album.take(page, "given-up");
    await gone.getByRole("button", { name: "Start Again" }).click();
    await expect.poll(isServed, PATIENT).toBe(true);
  });

  /** Nobody but the compiler knows what is wrong with this rule. */
  function isServed(): Promise<boolean> {
    return page.locator(".squiggly-error").first().isVisible();
  }
});

/** To TypeScript these are two names of one type, so that only the compiler has something to say. */
const BROKEN = `@promo(name="boots-week", group="order", priority=20)
export function bootsWeek(ctx: Context): Result {
  const   small: i32 = ctx.cart.total;
  return Result.linesPercent(ctx.cart.lines, Percent.of(small), "BOOTS_WEEK");
}
`;
