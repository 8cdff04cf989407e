import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createAlbum } from "../support/artefacts.ts";
import { launchBrowser } from "../support/browser.ts";
import { packagedExtension } from "../support/extension.ts";
import { type ExtensionServer, startExtensionServer } from "../support/extension-server.ts";
import { bundleInHostTests, listInHostTests, receiveResults } from "../support/in-host.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { startVscode, type Vscode } from "../support/vscode.ts";
import { SKIPS_VSCODE } from "../support/vscode-folder.ts";
import { type Hands, handsOn } from "../support/vscode-hands.ts";

// The packaged extension in a real VS Code: by its API, and as somebody uses it.

/** What all of them may take together, where other work is done beside them. */
const IN_HOST_MS = 200_000;
const PATIENT = { timeout: 30_000 };
/** In a list of them, and in no name of a command. */
const RELEASE = /\bv\d/;

const RUNS = [
  { title: "by VS Code's own API", host: "node", tests: await listInHostTests("node") },
  { title: "by VS Code's own API, in Chinese", host: "chinese", tests: await listInHostTests("chinese") },
] as const;

describe.skipIf(SKIPS_VSCODE)("the packaged extension", { timeout: 150_000 }, () => {
  let browser: Browser;
  let server: ExtensionServer;
  let vscode: Vscode;
  let folder: string;

  beforeAll(async () => {
    const { vsix } = await packagedExtension();
    folder = await mkdtemp(join(tmpdir(), "haggle-in-host-"));
    [browser, server, vscode] = await Promise.all([
      launchBrowser(),
      startExtensionServer(),
      startVscode({ vsix }),
    ]);
  }, IN_HOST_MS);
  afterAll(async () => {
    await browser?.close();
    await vscode?.close();
    await server?.close();
    await removeFolder(folder);
  });

  describe.each(RUNS)("$title", ({ host, tests }) => {
    const results = receiveResults();

    beforeAll(async () => {
      const { url, key, signingKey } = server;
      const { ended, url: report } = await results;
      // VS Code runs tests only of an extension under development: one that does nothing.
      await bundleInHostTests({
        host,
        report,
        settings: { serverUrl: url, serverKey: key, signingKey },
        outfile: join(folder, "tests.js"),
      });
      await writeFile(join(folder, "package.json"), JSON.stringify(TEST_EXTENSION));
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      // As a language pack would have it; VS Code's own texts stay English without one.
      if (host === "chinese")
        await page.addInitScript(() => Object.assign(globalThis, { _VSCODE_NLS_LANGUAGE: "zh-cn" }));
      await vscode.open(page, await vscode.makeWorkspace(`in-host-${host}`), [
        ["extensionDevelopmentPath", vscode.remote(folder)],
        ["extensionTestsPath", vscode.remote(join(folder, "tests.js"))],
      ]);
      // Tests that have not run by then are told one by one.
      await Promise.race([ended, sleep(IN_HOST_MS, undefined, { ref: false })]);
      await createAlbum("extension-in-host").take(page, `after-the-tests-${host}`);
      await page.close();
    }, IN_HOST_MS + 30_000);
    afterAll(async () => (await results).close());

    for (const { area, names } of tests) {
      describe(area, () => {
        it.each(names)("%s", async (name) => {
          const result = (await results).results.find((each) => each.area === area && each.name === name);
          expect(result, "it ran").toBeDefined();
          expect(result!.error).toBeUndefined();
        });
      });
    }
  });

  describe("by hand", () => {
    const album = createAlbum("extension-walk");
    let hands: Hands;
    let page: Page;
    let workspace: string;

    beforeAll(async () => {
      workspace = await vscode.makeWorkspace("walk", {
        "rules/boots-week.rule.ts": MISSPELT,
        [LARGE_CART.file]: LARGE_CART.text,
      });
      page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      page.setDefaultTimeout(60_000);
      hands = handsOn(page);
      await vscode.open(page, workspace, [
        ["openFile", vscode.remote(join(workspace, "rules/boots-week.rule.ts"))],
      ]);
    }, IN_HOST_MS);
    afterEach(async ({ task }) => {
      if (task.result?.state === "fail") await album.take(page, "where-it-failed");
    });
    afterAll(() => page.close());

    it("a misspelt argument is underlined, and its quick fix mends it", async () => {
      await page.locator(".squiggly-error").first().waitFor();
      await album.take(page, "diagnostic");
      await hands.goTo(MISSPELT_AT.line, MISSPELT_AT.column);
      const fix = page.locator(".action-widget").getByText("priority").first();
      await hands.show("Control+.", fix);
      await album.take(page, "quick-fix");
      // The list closes by itself when anything happens in the window, which there is time for while a picture is taken.
      await page.keyboard.press("Escape");
      await fix.waitFor({ state: "hidden" });
      await hands.goTo(MISSPELT_AT.line, MISSPELT_AT.column);
      await hands.show("Control+.", fix);
      // The mouse is kept away from the list by VS Code while it is a moment old.
      await page.keyboard.press("Enter");
      await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
      expect(await hands.text()).toContain("priority=20");
      await page.keyboard.press("Control+s");
      await page.locator(".codelens-decoration").getByText("Run on all cases").waitFor();
      await album.take(page, "mended");
    });

    it("what a cart has is completed, and explained", async () => {
      await hands.goTo(CART_AT.line, CART_AT.column);
      await hands.show("Control+Space", page.locator(".suggest-widget").getByText("inCategories").first());
      await album.take(page, "completion");
      await page.keyboard.press("Escape");
      const hover = page.locator(".monaco-hover").getByText("inCategories").first();
      await hands.show(["Control+k", "Control+i"], hover);
      await album.take(page, "hover");
      await page.keyboard.press("Escape");
    });

    it("cases run from the Test Explorer", async () => {
      await page.getByRole("tab", { name: "Testing" }).click();
      await page.locator(".test-explorer").getByText("walk").first().waitFor();
      await hands.command("Test: Run All Tests");
      await page.locator(".test-explorer").getByText("4/5").waitFor();
      await album.take(page, "test-explorer");
    });

    it("a file with a number that a form cannot keep is left as it is", async () => {
      await hands.open(LARGE_CART.file);
      const view = hands.webview();
      const quantity = view.locator("input.quantity").first();
      await expect.poll(() => quantity.inputValue(), PATIENT).toBe("2");
      await view.locator('[data-does="more"]').first().click();
      await hands.notification("9007199254740993").waitFor();
      await expect.poll(() => quantity.inputValue(), PATIENT).toBe("2");
      await album.take(page, "large-number");
      expect(await page.locator(".tab.active.dirty").count()).toBe(0);
      await hands.command("View: Close Editor");
      await page.locator("iframe.webview").waitFor({ state: "detached" });
    });

    it("a changed quantity is another price in the cart view", async () => {
      await hands.command("Haggle: Open Cart View");
      const view = hands.webview();
      const total = view.getByTestId("total");
      await expect.poll(() => total.textContent(), PATIENT).toMatch(/\d/);
      const before = await total.textContent();
      await album.take(page, "cart-view");
      await view.locator('[data-does="more"]').first().click();
      await expect.poll(() => total.textContent(), PATIENT).not.toBe(before);
      await expect.poll(() => total.textContent(), PATIENT).toMatch(/\d/);
      await album.take(page, "cart-view-changed");
    });

    it("a price that the language server dies of is told by the next one, and nobody sees an error", async () => {
      const view = hands.webview();
      const total = view.getByTestId("total");
      const before = await total.textContent();
      await hands.command("Notifications: Clear All Notifications");
      // It answers nothing any more, so that it dies with the question.
      await vscode.signalLanguageServers("SIGSTOP");
      await view.locator('[data-does="more"]').first().click();
      await view.locator(".stale").waitFor();
      await vscode.signalLanguageServers("SIGKILL");
      await view.locator(".stale").waitFor({ state: "detached" });
      await expect.poll(() => total.textContent(), PATIENT).not.toBe(before);
      expect(await total.textContent()).toMatch(/\d/);
      expect(await view.getByText("Nobody answered").count()).toBe(0);
      expect(await page.locator(".notification-list-item").allTextContents()).toEqual([]);
      await album.take(page, "cart-view-of-another-server");
    });

    it("the cart is saved as a case, under the name that was asked for", async () => {
      const view = hands.webview();
      await view.locator('[data-does="saveCase"]:enabled').click();
      await hands.choose("boots-week.cases.json");
      await hands.answer("What does the case show?", "saved by hand");
      const names = async () => {
        const cases = await readFile(join(workspace, "rules/boots-week.cases.json"), "utf8");
        return (JSON.parse(cases) as { name: string }[]).map(({ name }) => name);
      };
      await expect.poll(names, PATIENT).toEqual(["a tenth off boots", "expects too much", "saved by hand"]);
      await album.take(page, "case-saved");
    });

    it("a release is published, and the tree shows it", async () => {
      await hands.command("Haggle: Connect to a Server");
      await hands.answer("Its address", server.url);
      await hands.answer("secret storage", server.key);
      await page.getByRole("tab", { name: "Haggle" }).click();
      const tree = page.locator(".pane-body .monaco-list");
      const releases = tree.locator(".label-name").filter({ hasText: /^v\d+$/ });
      await tree.getByText("stable").first().waitFor();
      await hands.command("Haggle: Import a Signing Key");
      await hands.choose("Paste a key");
      await hands.answer("in base64", server.signingKey);
      await hands.notification("imported").waitFor();
      // There is one that nobody here has published.
      await releases.first().waitFor();
      const before = await releases.count();
      await album.take(page, "connected");
      await hands.command("Haggle: Publish a Release");
      await hands.dialog().getByRole("button", { name: "Sign" }).click({ timeout: 60_000 });
      // A message may be gone behind others before anybody looks; the tree stays.
      await expect.poll(() => releases.count(), { timeout: 60_000 }).toBe(before + 1);
      await album.take(page, "published");
    });

    it("a rollout that was paused goes on when somebody says yes to it, and not before", async () => {
      const status = page.locator(".statusbar");
      await hands.command("Haggle: Start a Canary");
      // The newest stands first.
      await hands.choose(RELEASE);
      await hands.answer("To how many percent", "5");
      await status.getByText("canary 5 %").waitFor();
      await hands.command("Haggle: Pause the Rollout");
      await status.getByText("paused").waitFor();
      await hands.command("Haggle: Resume the Rollout");
      await hands.dialog().getByText("Go on with the rollout on stable?").waitFor();
      await album.take(page, "resume");
      await sayNo();
      expect(await newestState()).toBe("paused");
      await hands.command("Haggle: Resume the Rollout");
      await hands.dialog().getByRole("button", { name: "Resume" }).click();
      await status.getByText("paused").waitFor({ state: "detached" });
      await expect.poll(newestState, PATIENT).toBe("running");
    });

    it("whoever says no to what moves everybody moves nobody", async () => {
      await hands.command("Haggle: Promote to Everybody");
      await hands.answer("Why?", "too early");
      await hands
        .dialog()
        .getByText(/^Give v\d+ to all shoppers on stable now\?$/)
        .waitFor();
      await album.take(page, "promote");
      await sayNo();
      expect(await newestState()).toBe("running");

      await hands.command("Haggle: Give to Everybody");
      await hands.choose(RELEASE);
      await hands
        .dialog()
        .getByText(/^Give v\d+ to all shoppers on stable at once\?$/)
        .waitFor();
      await sayNo();
      expect(await newestState()).toBe("running");

      await hands.command("Haggle: Roll Back");
      await hands.answer("Why?", "seen enough");
      await hands
        .dialog()
        .getByText(/^Take v\d+ back from all shoppers on stable\?$/)
        .waitFor();
      await sayNo();
      expect(await newestState()).toBe("running");
      // What moves in spite of a no may take a moment; there would be no rollout to take back then.
      await hands.command("Haggle: Roll Back");
      await hands.answer("Why?", "seen enough");
      await hands.dialog().getByRole("button", { name: "Roll Back" }).click();
      await expect.poll(newestState, PATIENT).toBe("rolled_back");
    });

    it("a signing key is neither replaced nor forgotten before somebody says yes to it", async () => {
      await hands.command("Haggle: Forget the Signing Key");
      await hands.dialog().getByText("Forget the signing key?").waitFor();
      await sayNo();
      await hands.command("Haggle: Generate a Development Key");
      await hands.dialog().getByText("There is a signing key already.").waitFor();
      await sayNo();
      // The same key is taken unasked; over another one there would be the question again.
      await hands.command("Notifications: Clear All Notifications");
      await hands.command("Haggle: Import a Signing Key");
      await hands.choose("Paste a key");
      await hands.answer("in base64", server.signingKey);
      await hands.notification("imported").waitFor();
      await hands.command("Haggle: Forget the Signing Key");
      await hands.dialog().getByRole("button", { name: "Forget It" }).click();
      await hands.dialog().waitFor({ state: "detached" });
      await hands.command("Haggle: Forget the Signing Key");
      await hands.notification("There is no signing key.").waitFor();
    });

    it("the conflict view opens from above the promotions", async () => {
      await hands.open("promotions/spend-and-save.yaml");
      await page
        .locator(".editor-actions")
        .getByLabel("Show Conflicts of the Promotion Table")
        .first()
        .click();
      await hands.webview().locator("body").waitFor();
      await page.getByRole("tab", { name: "Conflicts" }).waitFor();
      await album.take(page, "conflicts");
    });

    it("the walkthrough knows what is done already", async () => {
      await hands.command("Haggle: Open the Walkthrough");
      await page.getByText("Your first promotion rule").first().waitFor();
      // Of what was run before it was first opened, VS Code knows nothing.
      for (const step of ["Make a project", "Write a rule"]) {
        await page
          .getByRole("checkbox", { name: `${step}: Completed` })
          .first()
          .waitFor();
      }
      await album.take(page, "walkthrough");
    });

    async function sayNo(): Promise<void> {
      await hands.dialog().getByRole("button", { name: "Cancel" }).click();
      await hands.dialog().waitFor({ state: "detached" });
    }

    async function newestState(): Promise<string | undefined> {
      const { url, key } = server;
      const answer = await fetch(`${url}/v1/rollouts`, { headers: { authorization: `Bearer ${key}` } });
      const { rollouts } = (await answer.json()) as { rollouts: { state: string }[] };
      return rollouts[0]?.state;
    }
  });
});

/** One amount is beyond what JavaScript's numbers hold. */
const LARGE_CART = {
  file: "carts/large.cart.json",
  text: `{
  "id": "large", "currency": "EUR", "now": 1767225600000,
  "lines": [{
    "id": "1", "sku": "boot", "productId": "boot", "categories": ["boots"],
    "quantity": 2, "unitPrice": 10000, "unitCost": 9007199254740993
  }],
  "shipping": [], "coupons": []
}
`,
};

/** One letter is missing. */
const MISSPELT = `class BootsWeek {
  /** What comes off every pair. */
  percent: Percent = Percent.of(10);
  /** Goods that count. */
  categories: Tags = Tags.of("boots");
}

/** A percentage off every line of boots. */
@promo(name="boots-week", group="order", priorty=20)
export function bootsWeek(ctx: Context, p: BootsWeek): Result {
  return Result.linesPercent(ctx.cart.inCategories(p.categories), p.percent, "BOOTS_WEEK");
}
`;
const MISSPELT_AT = placeOf("priorty");
const CART_AT = placeOf("inCategories");

/** Counted from 1, as VS Code does. */
function placeOf(words: string): { line: number; column: number } {
  const before = MISSPELT.slice(0, MISSPELT.indexOf(words)).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

const TEST_EXTENSION = {
  name: "haggle-tests",
  publisher: "haggle",
  version: "0.0.0",
  engines: { vscode: "^1.91.0" },
  extensionKind: ["workspace"],
};
