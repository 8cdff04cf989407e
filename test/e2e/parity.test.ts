import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  findFirefox,
  launchBrowser,
  openInFirefox,
  type PageServer,
  SKIPS_BROWSER,
  servePages,
} from "../support/browser.ts";
import { findJavaScriptCore, runInJavaScriptCore } from "../support/javascriptcore.ts";
import { type ParityInput, priceCarts } from "../support/parity-host.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { buildRules, readDemoSources, signTestRelease } from "../support/rules.ts";

// The product's promise: the same bytes price the same cart to the same minor unit in every host. All carts are
// compared, byte by byte.

const CARTS = 1_000;
/** With rules that fail; each fault costs a new instance, so these are fewer. */
const FAILING_CARTS = 100;

/** Beside the demo rules, some that fail, each in its own way: fuel and codes must agree there too. */
const FAILING = `class Ask { from: Money = 300_00; }

@promo(name="endless", priority=45)
export function endless(ctx: Context, p: Ask): Result {
  let n = 0;
  while (ctx.cart.total > p.from) n++;
  return Result.order(n, "ENDLESS");
}

@promo(name="traps", priority=44)
export function traps(ctx: Context): Result { return Result.order(ctx.cart.total / (ctx.cart.quantity % 3), "TRAPS"); }

@promo(name="overflows", priority=43)
export function overflows(ctx: Context): Result {
  return Result.order(ctx.cart.total * 1_000_000_000_00 / 1_000_000_000_00 / 50, "OVERFLOWS");
}

@promo(name="hoards", priority=42)
export function hoards(ctx: Context): Result {
  const list: i32[] = [];
  for (let i = 0; i < ctx.cart.quantity * 9_000; i++) list.push(i);
  return Result.order(list.length, "HOARDS");
}
`;

let input: ParityInput;
let expected: string[];
let server: PageServer | undefined;

beforeAll(async () => {
  const demo = await readDemoSources();
  const built = await buildRules({ ...demo, failing: FAILING });
  const rules = built.metadata.rules.map(({ name, priority }) => ({ id: name, rule: name, priority }));
  const failing = ["endless", "traps", "overflows", "hoards"];
  const sound = rules.filter(({ id }) => !failing.includes(id));
  const release = async (promotions: typeof rules, carts: number) => {
    return { bytes: toBase64((await signTestRelease(built, promotions)).bytes), carts };
  };
  input = {
    bundle: toBase64(built.bundle),
    root: toBase64(built.root.bytes),
    releases: [await release(sound, CARTS), await release(rules, FAILING_CARTS)],
  };
  expected = await priceCarts(input);
});

afterAll(() => server?.close());

it("the carts of the proof reach what it is about", () => {
  expect(expected).toHaveLength(CARTS + FAILING_CARTS);
  const all = expected.join("\n");
  for (const word of [
    "applied",
    "capped",
    "notEligible",
    "ENGINE_RULE_FUEL",
    "ENGINE_RULE_TRAP",
    "ENGINE_RULE_MONEY",
  ]) {
    expect(all).toContain(word);
  }
});

it("Node gives the same bytes again in a second engine", async () => {
  expectSame(await priceCarts(input));
});

// No machine needs a JavaScriptCore either.
if (findJavaScriptCore() !== undefined) {
  it(`JavaScriptCore prices all ${CARTS + FAILING_CARTS} alike`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "haggle-shell-"));
    try {
      await writeFile(
        join(folder, "program.js"),
        await bundle(new URL("../support/parity-shell.ts", import.meta.url)),
      );
      await writeFile(join(folder, "input.json"), JSON.stringify(input));
      expectSame(await runInJavaScriptCore(folder, "program.js"));
    } finally {
      await removeFolder(folder);
    }
  });
}

describe.skipIf(SKIPS_BROWSER)("a browser", () => {
  beforeAll(async () => {
    server = await servePages({
      "/": { type: "text/html", body: PAGE },
      "/page.js": {
        type: "text/javascript",
        body: await bundle(new URL("../support/parity-page.ts", import.meta.url)),
      },
      "/input.json": { type: "application/json", body: JSON.stringify(input) },
    });
  });

  it(`Chromium prices all ${CARTS + FAILING_CARTS} alike`, async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`${server!.url}/?host=chromium`);
      expectSame((await server!.posted("chromium")).split("\n"));
    } finally {
      await browser.close();
    }
  });

  // No machine needs a Firefox; where there is one, it must agree.
  if (findFirefox() !== undefined) {
    it(`Firefox prices all ${CARTS + FAILING_CARTS} alike`, async () => {
      const firefox = await openInFirefox(`${server!.url}/?host=firefox`);
      try {
        expectSame((await server!.posted("firefox")).split("\n"));
      } finally {
        await firefox.close();
      }
    });
  }
});

/** Under the policy that storefronts are told to have. */
const PAGE = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'">
<script type="module" src="/page.js"></script>
`;

async function bundle(program: URL): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [program.pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: ["chrome137", "firefox130", "safari18"],
    conditions: ["haggle-source"],
    minify: true,
    write: false,
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}

/** Equal strings are compared in one step; of a difference, what stands around its first character is shown. */
function expectSame(got: readonly string[]): void {
  const cart = expected.findIndex((line, i) => got[i] !== line);
  if (cart >= 0) {
    const [wanted, line = "nothing"] = [expected[cart]!, got[cart]];
    let at = 0;
    while (wanted[at] === line[at]) at++;
    const around = (text: string) => ({ cart, at, text: text.slice(Math.max(0, at - 60), at + 60) });
    expect(around(line)).toEqual(around(wanted));
  }
  expect(got.length).toBe(expected.length);
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
