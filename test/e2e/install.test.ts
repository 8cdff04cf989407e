import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { build as buildWithVite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser, type ServedFile, SKIPS_BROWSER, servePages } from "../support/browser.ts";
import { ENV, type Installed, installPackages, REPO } from "../support/installed.ts";
import {
  CONSUMER,
  FOLLOW_A_SERVER,
  PRICE_IN_A_PAGE,
  PRICE_IN_NODE,
  PRICED,
} from "../support/installed-programs.ts";

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

describe.skipIf(SKIPS_BROWSER)("@haggle/sdk in Chromium", () => {
  const served: Record<string, ServedFile> = {};

  beforeAll(async () => {
    for (const name of ["dist/bundle.wasm", "dist/release.json", "dist/root.json", "carts/example.json"]) {
      served[`/shop/${name}`] = {
        type: "application/octet-stream",
        body: await readFile(join(home, "shop", name)),
      };
    }
    await installed.write("page.js", PRICE_IN_A_PAGE);
    await installed.write(
      "index.html",
      '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    );
  });

  async function priceIn(files: Record<string, ServedFile>): Promise<unknown> {
    const server = await servePages({ ...served, ...files });
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const failed = new Promise<never>((_, reject) => page.on("pageerror", reject));
      await page.goto(server.url);
      return JSON.parse(await Promise.race([server.posted("priced"), failed]));
    } finally {
      await browser.close();
      await server.close();
    }
  }

  const EXPECTED = { ...PRICED, first: expect.stringContaining("took") };

  it(
    "prices a cart when Vite has built the page",
    async () => {
      await buildWithVite({
        ...{ root: home, configFile: false, logLevel: "error", envDir: false },
        build: { outDir: "site", target: "es2022", modulePreload: { polyfill: false } },
      });
      const files: Record<string, ServedFile> = {};
      const html = await readFile(join(home, "site/index.html"), "utf8");
      files["/"] = { type: "text/html", body: html };
      for (const name of await readdir(join(home, "site/assets"))) {
        files[`/assets/${name}`] = {
          type: "text/javascript",
          body: await readFile(join(home, "site/assets", name)),
        };
      }
      expect(html).toContain("/assets/");
      expect(await priceIn(files)).toMatchObject(EXPECTED);
    },
    SLOW_MS,
  );

  it("prices a cart when esbuild has bundled the page", async () => {
    const { outputFiles } = await build({
      ...{ entryPoints: [join(home, "page.js")], bundle: true, write: false, minify: true },
      ...{ format: "esm", platform: "browser" },
    });
    const page = { type: "text/javascript", body: outputFiles[0]!.text };
    const html = { type: "text/html", body: await readFile(join(home, "index.html"), "utf8") };
    expect(await priceIn({ "/": html, "/page.js": page })).toMatchObject(EXPECTED);
  });
});

describe("the declarations", () => {
  it.each([
    ["node16", "node16"],
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])(
    "stand without sources, skipLibCheck or types of Node: %s, %s",
    async (module, moduleResolution) => {
      await installed.write("consumer.ts", CONSUMER);
      await installed.write(
        "tsconfig.json",
        JSON.stringify({
          compilerOptions: {
            ...{ module, moduleResolution, target: "es2024", lib: ["es2024", "dom"], types: [] },
            ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
          },
          files: ["consumer.ts"],
        }),
      );
      await installed.must("node", join(REPO, "node_modules/typescript/bin/tsc"), "-p", ".");
    },
    SLOW_MS,
  );
});

describe("@haggle/server", () => {
  /** Listens until `use` is done, and ends by itself when it is asked to. */
  async function serve(env: NodeJS.ProcessEnv, use: (address: string) => Promise<void>): Promise<void> {
    const server = spawn(join(home, "node_modules/.bin/haggle-server"), {
      cwd: home,
      env: { ...ENV, PORT: "0", LOG_LEVEL: "error", ...env },
    });
    const ended = new Promise((resolve) => server.once("exit", resolve));
    try {
      const address = await new Promise<string>((resolve, reject) => {
        let said = "";
        server.stdout.on("data", (text) => {
          said += text;
          const address = /http:\S+(?=\s)/.exec(said)?.[0];
          if (address !== undefined) resolve(address);
        });
        server.stderr.on("data", (text) => reject(new Error(String(text))));
      });
      await use(address);
    } finally {
      server.kill("SIGTERM");
    }
    expect(await ended).toBe(0);
  }

  it(
    "listens, and serves the demo shop",
    () =>
      serve({ HAGGLE_DATA: join(home, "demo") }, async (address) => {
        expect((await fetch(`${address}/livez`)).status).toBe(200);
        expect(await (await fetch(address)).text()).toContain("<title>");
      }),
    SLOW_MS,
  );

  it(
    "serves what haggle init has made, signed and published: a price by HTTP, and by the SDK",
    async () => {
      const { haggle } = installed;
      for (const name of ["alice", "channel"])
        await haggle("keys", "new", "--name", name, "--out", "data/keys");
      const roles = ["root", "release"].map((role) => `${role}=data/keys/alice.pk`);
      const flags = [...roles, "channel=data/keys/channel.pk"].flatMap((role) => ["--role", role]);
      await haggle("keys", "root", ...flags);
      await haggle("release", "sign", "root.json", "--key", "data/keys/alice.sk", "--yes");
      await haggle("release", "draft", "shop", "--root", "root.json", "--out", "draft");
      await haggle("release", "sign", "draft", "--key", "data/keys/alice.sk", "--yes");
      const to = ["--folder", "data/releases", "--root", "root.json"];
      await haggle("release", "publish", "draft", ...to, "--channel-key", "data/keys/channel.sk");
      await installed.write("follow.js", FOLLOW_A_SERVER);

      const env = { HAGGLE_DATA: join(home, "data"), HAGGLE_ROOT: join(home, "root.json") };
      await serve(env, async (address) => {
        const key = (await readFile(join(home, "data/admin.key"), "utf8")).trim();
        const answer = await fetch(`${address}/v1/evaluations`, {
          method: "POST",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
          body: await readFile(join(home, "shop/carts/example.json"), "utf8"),
        });
        const told = await answer.json();
        const priced = JSON.parse(await installed.must("node", "follow.js", address));
        expect(priced).toMatchObject(PRICED);
        expect(told).toMatchObject({ ...PRICED, digest: priced.digest, release: priced.release });
      });
    },
    SLOW_MS,
  );
});
