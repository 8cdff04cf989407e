// The hostile modules in a browser: the same verdict, code and offset as in Node for every file, whatever WebAssembly
// features the browser has; the same decisions, and the same fuel left behind.

import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, type PageServer, SKIPS_BROWSER, servePages } from "../support/browser.ts";
import { makeHostileInput, readHostileFiles } from "../support/hostile.ts";
import { type HostileVerdict, judgeHostile } from "../support/hostile-host.ts";

const files = await readHostileFiles();

/** Under the policy that storefronts are told to have. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'">
<script type="module" src="/page.js"></script>
`;

describe.skipIf(SKIPS_BROWSER)("in Chromium", () => {
  let inNode: HostileVerdict[] = [];
  let inChromium: HostileVerdict[] = [];
  let server: PageServer | undefined;

  beforeAll(async () => {
    const input = await makeHostileInput(files);
    server = await servePages({
      "/": { type: "text/html", body: PAGE },
      "/page.js": { type: "text/javascript", body: await bundlePage() },
      "/input.json": { type: "application/json", body: JSON.stringify(input) },
    });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${server.url}/`);
      const posted = await server.posted("verdicts");
      if (posted.startsWith("error ")) throw new Error(posted);
      inChromium = JSON.parse(posted);
    } finally {
      await browser.close();
    }
    inNode = await judgeHostile(input);
  }, 300_000);

  afterAll(() => server?.close());

  it("all were judged", () => {
    expect(inChromium.map(({ name }) => name)).toEqual(files.map(({ name }) => name));
  });

  it.each(files.map(({ name }, i) => ({ name, i })))("$name is what it is in Node", ({ i }) => {
    expect(inChromium[i]).toEqual(inNode[i]);
  });
});

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL("../support/hostile-page.ts", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["chrome137", "firefox130", "safari18"],
    conditions: ["haggle-source"],
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}
