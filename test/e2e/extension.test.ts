import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAlbum } from "../support/artefacts.ts";
import { launchBrowser } from "../support/browser.ts";
import { packagedExtension } from "../support/extension.ts";
import { type ExtensionServer, startExtensionServer } from "../support/extension-server.ts";
import { bundleInHostTests, listInHostTests, receiveResults } from "../support/in-host.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { startVscode, type Vscode } from "../support/vscode.ts";
import { SKIPS_VSCODE } from "../support/vscode-folder.ts";

// The packaged extension in a real VS Code: by its API, and as somebody uses it.

const AREAS = ["language", "runs", "views", "release"];
const tests = await listInHostTests(AREAS);

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
  });
  afterAll(async () => {
    await browser?.close();
    await vscode?.close();
    await server?.close();
    await removeFolder(folder);
  });

  describe("by VS Code's own API", () => {
    const results = receiveResults();

    beforeAll(async () => {
      const { url, key, signingKey } = server;
      const { ended, url: report } = await results;
      // VS Code runs tests only of an extension under development: one that does nothing.
      await bundleInHostTests({
        areas: tests.map(({ area }) => area),
        host: "node",
        report,
        settings: { serverUrl: url, serverKey: key, signingKey },
        outfile: join(folder, "tests.js"),
      });
      await writeFile(join(folder, "package.json"), JSON.stringify(TEST_EXTENSION));
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      await vscode.open(page, await vscode.makeWorkspace("in-host"), [
        ["extensionDevelopmentPath", vscode.remote(folder)],
        ["extensionTestsPath", vscode.remote(join(folder, "tests.js"))],
      ]);
      await ended;
      await createAlbum("extension-in-host").take(page, "after-the-tests");
      await page.close();
    }, 120_000);
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
});

const TEST_EXTENSION = {
  name: "haggle-tests",
  publisher: "haggle",
  version: "0.0.0",
  engines: { vscode: "^1.91.0" },
  extensionKind: ["workspace"],
};
