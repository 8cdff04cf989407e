import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { launchBrowser, type PageServer, SKIPS_BROWSER, servePages } from "../support/browser.ts";
import { convert, prepareConformance, readPromotionCases } from "../support/conformance.ts";
import { type ConformanceInput, priceCases } from "../support/conformance-host.ts";

// The cases of the promotion vocabulary come to the same digests, and the same bytes, in Node and in a browser.

vi.setConfig({ hookTimeout: 180_000, testTimeout: 180_000 });

let input: ConformanceInput;
let expected: string[];
let server: PageServer | undefined;

beforeAll(async () => {
  const { policies, pricer } = await prepareConformance();
  const all = [...readPromotionCases("cases"), ...readPromotionCases("neighbours")];
  const signed = [];
  for (const each of all) {
    const converted = convert(each, policies);
    signed.push({ id: each.id, cart: converted.cart, files: await pricer.sign(converted) });
  }
  const { bundle, root } = signed[0]!.files;
  input = {
    bundle: toBase64(bundle),
    root: toBase64(root),
    cases: signed.map(({ id, cart, files }) => ({ id, cart, release: toBase64(files.release) })),
  };
  expected = await priceCases(input);
});

afterAll(() => server?.close());

it("every case has a digest of its own release", () => {
  const digests = expected.map((line) => line.split(" ")[1]);
  expect(digests.every((digest) => /^[0-9a-f]{64}$/.test(digest!))).toBe(true);
  expect(digests.length).toBeGreaterThanOrEqual(151);
});

describe.skipIf(SKIPS_BROWSER)("a browser", () => {
  beforeAll(async () => {
    server = await servePages({
      "/": { type: "text/html", body: PAGE },
      "/page.js": { type: "text/javascript", body: await bundlePage() },
      "/input.json": { type: "application/json", body: JSON.stringify(input) },
    });
  });

  it("Chromium prices all cases alike", async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${server!.url}/`);
      const got = (await server!.posted("chromium")).split("\n");
      for (const [i, line] of expected.entries()) expect(got[i]).toBe(line);
      expect(got).toHaveLength(expected.length);
    } finally {
      await browser.close();
    }
  });
});

/** Under the policy that storefronts are told to have. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'">
<script type="module" src="/page.js"></script>
`;

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL("../support/conformance-page.ts", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["chrome137"],
    conditions: ["haggle-source"],
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
