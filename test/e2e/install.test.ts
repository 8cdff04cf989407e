import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build as buildWithVite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, type ServedFile, SKIPS_BROWSER, servePages } from "../support/browser.ts";
import { type Installed, installPackages } from "../support/installed.ts";
import {
  compileConsumer,
  copyConsumer,
  listEntries,
  listImported,
  listStandalone,
  PEERS,
} from "../support/installed-consumer.ts";
import { PRICE_IN_NODE, PRICED } from "../support/installed-programs.ts";
import { type InstalledServer, publishShop, startInstalled } from "../support/installed-server.ts";
import { followLinks } from "../support/page-links.ts";

// From the packages alone: whoever installs them has no repository beside them.

const SLOW_MS = 300_000;

let installed: Installed;
let home: string;

beforeAll(async () => {
  installed = await installPackages();
  ({ home } = installed);
}, SLOW_MS);
afterAll(() => installed?.remove());

const NAMES = ["@haggle/sdk", "@haggle/toolchain", "@haggle/server", "haggle-cli"];

describe("the packages", () => {
  it("carry built code, declarations, a licence and a readme, and no sources", async () => {
    for (const name of NAMES) {
      const files = await readdir(join(home, "node_modules", name), { recursive: true });
      expect(files).toEqual(
        expect.arrayContaining(["package.json", "LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"]),
      );
      const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
      // AssemblyScript, which is compiled with the rules, and the rule that a new project starts with.
      expect(sources.filter((file) => !/^dist\/(runtime|templates)\//.test(file))).toEqual([]);
    }
  });

  it("carry nothing that only this repository has a use for", async () => {
    for (const name of NAMES) {
      const folder = join(home, "node_modules", name);
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
      const top = files.filter((file) => !/^(?:dist\/|[A-Z-]+\.md$|LICENSE$|package\.json$)/.test(file));
      expect(top, name).toEqual([]);
      const stray = /\.test\.|\.map$|tsbuildinfo|\.inputs\.json$|(?:^|\/)(?:node_modules|build|test)\//;
      expect(
        files.filter((file) => stray.test(file)),
        name,
      ).toEqual([]);
    }
    const sdk = await readdir(join(home, "node_modules/@haggle/sdk/dist"), { recursive: true });
    expect(sdk.filter((file) => /\.\w+$/.test(file) && !/\.(?:js|d\.ts)$/.test(file))).toEqual([]);
  });

  it("have pages whose links lead to what is inside of the package", async () => {
    const allDead: string[] = [];
    for (const name of NAMES) {
      const folder = join(home, "node_modules", name);
      const { pages, dead } = followLinks(folder, await readdir(folder, { recursive: true }));
      expect(pages, name).toContain("README.md");
      allDead.push(...dead.map((link) => `${name}/${link}`));
    }
    expect(allDead).toEqual([]);
  });

  it("are clean by publint, its suggestions included", async () => {
    for (const file of installed.tarballs) {
      const { buffer, byteOffset, length } = await readFile(file);
      const tarball = buffer.slice(byteOffset, byteOffset + length) as ArrayBuffer;
      const { messages, pkg } = await publint({ pack: { tarball }, level: "suggestion", strict: true });
      expect(NAMES).toContain(pkg?.name);
      expect(messages.map((message) => formatMessage(message, pkg!, { color: false }))).toEqual([]);
    }
  });

  it("need nothing private", async () => {
    expect(await readdir(join(home, "node_modules/@haggle"))).toEqual(["sdk", "server", "toolchain"]);
  });
});

describe("haggle", () => {
  it(
    "makes, builds, verifies and prices a project",
    async () => {
      const { haggle, must } = installed;
      await must("npx", "haggle", "init", "shop");
      await must("npx", "haggle", "build", "shop");
      await haggle("keys", "new", "--out", "keys");
      await haggle("build", "shop", "--key", "keys/author.sk");
      await haggle("bundle", "inspect", "shop/dist/bundle.wasm");
      await haggle("bundle", "verify", "shop/dist/bundle.wasm", "--key", "keys/author.pk");
      await haggle("test", "shop");
      const priced = await haggle("run", "shop/carts/example.json", "--project", "shop", "--json");
      expect(JSON.parse(priced)).toMatchObject(PRICED);
      // Threads and the chart library are what could be missing from a package.
      await haggle("carts", "generate", "--count", "50", "--out", "carts.ndjson");
      const args = ["carts.ndjson", "--workers", "2", "--out", "report.html"];
      expect(await haggle("replay", "shop/dist", "shop/dist", ...args)).toContain("50 the same");
      expect(await readFile(join(home, "report.html"), "utf8")).toContain("<svg");
    },
    SLOW_MS,
  );

  it("says what the other packages refuse as its own refusals", async () => {
    await installed.haggle("keys", "new", "--out", "strange");
    const args = ["bundle", "verify", "shop/dist/bundle.wasm", "--key", "strange/author.pk"];
    const refused = await installed.run("node_modules/.bin/haggle", ...args);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_/m) });
    expect(refused.stderr).not.toContain("    at ");
  });
});

describe("@haggle/sdk", () => {
  it("prices a cart in Node with what haggle build wrote, as it is and bundled by esbuild", async () => {
    await installed.write("price.js", PRICE_IN_NODE);
    expect(JSON.parse(await installed.must("node", "price.js"))).toMatchObject(PRICED);
    await build({
      ...{ entryPoints: [join(home, "price.js")], outfile: join(home, "bundled.mjs") },
      ...{ bundle: true, format: "esm", platform: "node", minify: true },
    });
    expect(JSON.parse(await installed.must("node", "bundled.mjs"))).toMatchObject(PRICED);
  });

  it("bundles for browsers without a condition or a module of Node's", async () => {
    const { metafile } = await build({
      stdin: {
        contents: `export * from "@haggle/sdk"; export * from "@haggle/sdk/client";`,
        resolveDir: home,
      },
      bundle: true,
      format: "esm",
      platform: "browser",
      write: false,
      metafile: true,
    });
    const [output] = Object.values(metafile.outputs);
    expect(output!.imports).toEqual([]);
    const inputs = Object.keys(metafile.inputs).filter((file) => file !== "<stdin>");
    expect(inputs.filter((file) => !file.includes("@haggle/sdk/dist/"))).toEqual([]);
  });
});

const RESOLUTIONS = [
  { module: "node16", moduleResolution: "node16" },
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
];

describe("the declarations", () => {
  it.each(RESOLUTIONS)(
    "stand without sources, skipLibCheck, peers or types of Node: $module, $moduleResolution",
    async (resolution) => {
      await copyConsumer(installed);
      await compileConsumer(installed, await listStandalone(), resolution, []);
    },
    SLOW_MS,
  );
});

describe("@haggle/server", () => {
  let server: InstalledServer;
  let entries: string[];

  beforeAll(async () => {
    await publishShop(installed);
    await installed.add(...PEERS);
    await copyConsumer(installed);
    entries = await listEntries(installed, NAMES);
    const env = { HAGGLE_DATA: join(home, "data"), HAGGLE_ROOT: join(home, "root.json") };
    server = await startInstalled(installed, env);
  }, SLOW_MS);
  afterAll(() => server?.close());

  it(
    "listens, and serves the demo shop",
    async () => {
      const demo = await startInstalled(installed, { HAGGLE_DATA: join(home, "demo") });
      try {
        expect((await fetch(`${demo.url}/livez`)).status).toBe(200);
        expect(await (await fetch(demo.url)).text()).toContain("<title>");
      } finally {
        await demo.close();
      }
    },
    SLOW_MS,
  );

  it("prices by HTTP what haggle init has made, signed and published", async () => {
    const key = (await readFile(join(home, "data/admin.key"), "utf8")).trim();
    const answer = await fetch(`${server.url}/v1/evaluations`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: await readFile(join(home, "shop/carts/example.json"), "utf8"),
    });
    expect(await answer.json()).toMatchObject(PRICED);
  });

  it("reads a large file of strategies in the thread that the package brings", async () => {
    const key = (await readFile(join(home, "data/admin.key"), "utf8")).trim();
    const check = async (text: string) => {
      const answer = await fetch(`${server.url}/v1/strategies/check`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/yaml" },
        body: text,
      });
      return { status: answer.status, body: await answer.json() };
    };
    const version = "v2026.11.22-large";
    const comments = `# ${"-".repeat(97)}\n`.repeat(1_000);
    expect(await check(`version: ${version}\n${comments}strategies: []\nend: ${version}\n`)).toEqual({
      status: 200,
      body: { ok: true, version, faults: [] },
    });
    const wrong = `version: ${version}\n${comments}strategies: {}\nend: ${version}\n`;
    expect(await check(wrong)).toMatchObject({
      status: 200,
      body: { ok: false, faults: [{ code: "STRATEGY_BAD_FIELD", at: "strategies", line: 1_002 }] },
    });
  });

  it("has programs behind it that import whatever the packages export", async () => {
    const imported = await listImported();
    expect(entries).toContain("@haggle/sdk/client");
    expect(entries.filter((entry) => !imported.has(entry))).toEqual([]);
  });

  it.each(RESOLUTIONS)(
    "is followed in Node by programs that use each entry: $module, $moduleResolution",
    async (resolution) => {
      await compileConsumer(installed, ["in-node", "in-page"], resolution, ["node"]);
      const said = await installed.must("node", "used/in-node.js", server.url);
      expect(expectUsed(said)).toEqual(entries);
    },
    SLOW_MS,
  );

  describe.skipIf(SKIPS_BROWSER)("followed from a page elsewhere, in Chromium", () => {
    /** What the page shows, and what its programs come to. */
    async function openPage(files: Record<string, ServedFile>) {
      const served: Record<string, ServedFile> = {};
      for (const name of ["root.json", "shop/dist/bundle.wasm", "shop/dist/release.json"].concat(
        ...["shop/dist/root.json", "shop/carts/example.json"],
      )) {
        served[`/${name}`] = { type: "application/octet-stream", body: await readFile(join(home, name)) };
      }
      const pages = await servePages({ ...served, ...files });
      const browser = await launchBrowser();
      try {
        const page = await browser.newPage();
        const failed = new Promise<never>((_, reject) => page.on("pageerror", reject));
        await page.goto(`${pages.url}?server=${encodeURIComponent(server.url)}`);
        const used = expectUsed(await Promise.race([pages.posted("used"), failed]));
        expect(used).toEqual(entries.filter((entry) => !IN_NODE.test(entry)));
        expect(await page.locator("output").textContent()).toBe("€264.96");
        expect(await page.locator("output").getAttribute("title")).toMatch(/^[0-9a-f]{64}$/);
      } finally {
        await browser.close();
        await pages.close();
      }
    }

    it(
      "built by Vite",
      async () => {
        await installed.write("index.html", htmlOf("/use/in-page.ts"));
        await buildWithVite({
          ...{ root: home, configFile: false, logLevel: "error", envDir: false },
          build: { outDir: "site", target: "es2022", modulePreload: { polyfill: false } },
        });
        const html = await readFile(join(home, "site/index.html"), "utf8");
        expect(html).toContain("/assets/");
        const files: Record<string, ServedFile> = { "/": { type: "text/html", body: html } };
        for (const name of await readdir(join(home, "site/assets"))) {
          const body = await readFile(join(home, "site/assets", name));
          files[`/assets/${name}`] = { type: "text/javascript", body };
        }
        await openPage(files);
      },
      SLOW_MS,
    );

    it(
      "bundled by esbuild",
      async () => {
        const { outputFiles } = await build({
          ...{ entryPoints: [join(home, "use/in-page.ts")], bundle: true, write: false, minify: true },
          ...{ format: "esm", platform: "browser" },
        });
        await openPage({
          "/": { type: "text/html", body: htmlOf("/page.js") },
          "/page.js": { type: "text/javascript", body: outputFiles[0]!.text },
        });
      },
      SLOW_MS,
    );
  });
});

/** Of entries of packages, those that no page imports. */
const IN_NODE = /^(?!@haggle\/sdk)|\/(?:node|openfeature-server)$/;

const htmlOf = (script: string) =>
  `<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="${script}"></script>`;

/** Which entries were used. Each has to come to what its program says. */
function expectUsed(said: string): string[] {
  const outcomes = JSON.parse(said) as Record<string, { gave: unknown; gives: unknown }>;
  for (const [entry, { gave, gives }] of Object.entries(outcomes)) {
    expect({ entry, gave }).toEqual({ entry, gave: gives });
  }
  return Object.keys(outcomes).sort();
}
