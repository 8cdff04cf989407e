// The oldest VS Code that the extension promises to run in, as vscode.dev runs one: all of it in a browser, the
// extension too. Its files are those of a folder, but what is written to them stays in the page.

import { spawn } from "node:child_process";
import { cp, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { childEnv } from "./child-env.ts";
import { freePort } from "./free-port.ts";
import { bundleInHostTests, receiveResults } from "./in-host.ts";
import { removeFolder } from "./remove-folder.ts";
import { until } from "./server.ts";
import { findVscode, WEB_COMMIT } from "./vscode-folder.ts";

/** Where test-web serves the extension that is under development. */
const EXTENSION = "/static/devextensions";
const TESTS = "tests.js";

/** Serves an unpacked extension with in-host tests beside it. */
export async function startVscodeWeb({ extension, workspace }: { extension: string; workspace: string }) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-vscode-web-"));
  const results = await receiveResults();
  const copy = join(folder, "extension");
  await cp(extension, copy, { recursive: true });
  await bundleInHostTests({ host: "web", report: results.url, outfile: join(copy, TESTS) });

  const { node, testWeb, webFolder } = findVscode();
  // test-web takes no 0.
  const port = await freePort();
  const authority = `127.0.0.1:${port}`;
  const server = spawn(
    node,
    [
      testWeb,
      ...["--browser", "none", "--host", "127.0.0.1", "--port", String(port)],
      ...["--quality", "stable", "--commit", WEB_COMMIT, "--testRunnerDataDir", webFolder],
      ...["--extensionDevelopmentPath", copy, workspace],
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...childEnv(), HOME: folder } },
  );
  let log = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk));
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`test-web has ended:\n${log}`);
    return (await fetch(`http://${authority}/`).catch(() => undefined))?.ok;
  });

  return {
    results,
    log: () => log,
    /** Opens the page; the tests begin by themselves. */
    async open(page: Page): Promise<void> {
      // test-web takes tests only with a browser that it starts itself, so they are put into the page's settings.
      await page.route(`http://${authority}/`, async (route) => {
        const response = await route.fetch();
        const html = await response.text();
        const body = html.replace(/data-settings="(?<settings>[^"]*)"/, (_, settings: string) => {
          const value = JSON.parse(settings.replaceAll("&quot;", '"'));
          value.developmentOptions = {
            ...value.developmentOptions,
            extensionTestsPath: { scheme: "http", authority, path: `${EXTENSION}/${TESTS}` },
          };
          return `data-settings="${JSON.stringify(value).replaceAll('"', "&quot;")}"`;
        });
        await route.fulfill({ response, body });
      });
      await page.goto(`http://${authority}/`);
    },
    async close(): Promise<void> {
      const ended = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGKILL");
      await ended;
      await results.close();
      await removeFolder(folder);
    },
  };
}
