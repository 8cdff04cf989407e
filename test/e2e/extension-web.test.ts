import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAlbum } from "../support/artefacts.ts";
import { launchBrowser } from "../support/browser.ts";
import { packagedExtension } from "../support/extension.ts";
import { listInHostTests } from "../support/in-host.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { SKIPS_VSCODE } from "../support/vscode-folder.ts";
import { startVscodeWeb } from "../support/vscode-web.ts";

// The packaged extension in the oldest VS Code that it promises to run in, with no Node anywhere: language server,
// compiler and sandbox are workers of the page, as on vscode.dev.

const PATIENCE_MS = 240_000;
const REPO = join(import.meta.dirname, "../..");
const tests = await listInHostTests("web");

describe.skipIf(SKIPS_VSCODE)("in a browser alone", { timeout: 120_000 }, () => {
  let browser: Browser;
  let context: BrowserContext;
  let workspace: string;
  let vscode: Awaited<ReturnType<typeof startVscodeWeb>>;
  const said: string[] = [];

  beforeAll(async () => {
    const { files } = await packagedExtension();
    workspace = await mkdtemp(join(tmpdir(), "haggle-web-workspace-"));
    await cp(join(REPO, "engine/cli/templates/project"), workspace, { recursive: true });
    await cp(join(REPO, "test/extension/in-host/workspace"), workspace, { recursive: true });
    vscode = await startVscodeWeb({ extension: files, workspace });
    browser = await launchBrowser();
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.on("console", (message) => said.push(message.text()));
    await vscode.open(page);
    await Promise.race([vscode.results.ended, patience(() => said.slice(-20).join("\n"))]);
    await createAlbum("extension-web").take(page, "after-the-tests");
    // It is packaged before that.
  }, PATIENCE_MS + 120_000);
  afterAll(async () => {
    await browser?.close();
    await vscode?.close();
    await removeFolder(workspace);
  });

  for (const { area, names } of tests) {
    describe(area, () => {
      it.each(names)("%s", (name) => {
        const result = vscode.results.results.find((each) => each.area === area && each.name === name);
        expect(result, "it ran").toBeDefined();
        expect(result!.error).toBeUndefined();
      });
    });
  }
});

/** Rejects when the tests do not come to an end, with what the page has said. */
function patience(tell: () => string): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(tell())), PATIENCE_MS).unref();
  });
}
