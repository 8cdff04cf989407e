import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder } from "../support/remove-folder.ts";

// The rooms as npm delivers them, in a folder that knows nothing of this repository. Node refuses to strip types below
// node_modules, so everything that runs here is built JavaScript.

const REPO = join(import.meta.dirname, "../..");
const ROOMS = ["sdk", "engine/toolchain", "engine/cli", "server"];
const SLOW_MS = 300_000;

/**
 * The repository's Node first, and nothing of the npm that runs these tests. Whom its machine trusts stays: npm asks the
 * registry for what nobody has asked for yet.
 */
const ENV: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local)|^NODE_(?!EXTRA_CA_CERTS)/.test(name),
    ),
  ),
  PATH: [join(REPO, "node_modules/.bin"), process.env.PATH].join(delimiter),
  NO_COLOR: "1",
};

let home: string;
let tarballs: string[];

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "haggle-install-"));
  const packs = join(home, "packs");
  await mkdir(packs);
  for (const room of ROOMS) await must(REPO, "npm", "pack", `./${room}`, "--pack-destination", packs);
  tarballs = (await readdir(packs)).map((name) => join(packs, name));
  await writeFile(join(home, "package.json"), '{ "private": true, "type": "module" }');
  await must(
    home,
    "npm",
    "install",
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    ...tarballs,
  );
}, SLOW_MS);
afterAll(() => removeFolder(home));

describe("the packages", () => {
  it("carry built code, declarations, a licence and a readme, and no sources", async () => {
    for (const name of ["@haggle/sdk", "@haggle/toolchain", "@haggle/server", "haggle-cli"]) {
      const files = await readdir(join(home, "node_modules", name), { recursive: true });
      expect(files).toEqual(
        expect.arrayContaining(["package.json", "LICENSE", "README.md", "dist/index.js", "dist/index.d.ts"]),
      );
      const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
      // AssemblyScript, which is compiled with the rules, and the rule that a new project starts with.
      expect(sources.filter((file) => !/^dist\/(runtime|templates)\//.test(file))).toEqual([]);
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
      await must(home, "npx", "haggle", "init", "shop");
      await must(home, "npx", "haggle", "build", "shop");
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
    await haggle("keys", "new", "--out", "strange");
    const args = ["bundle", "verify", "shop/dist/bundle.wasm", "--key", "strange/author.pk"];
    const refused = await run(home, "node_modules/.bin/haggle", ...args);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^SIGNATURE_/m) });
    expect(refused.stderr).not.toContain("    at ");
  });
});

describe("@haggle/sdk", () => {
  it("prices a cart with what haggle build wrote", async () => {
    await writeFile(join(home, "price.js"), PRICE);
    expect(JSON.parse(await must(home, "node", "price.js"))).toMatchObject(PRICED);
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

describe("the declarations", () => {
  it(
    "stand without sources, skipLibCheck or types of Node",
    async () => {
      await writeFile(join(home, "consumer.ts"), CONSUMER);
      await writeFile(
        join(home, "tsconfig.json"),
        JSON.stringify({
          compilerOptions: {
            module: "nodenext",
            target: "es2024",
            lib: ["es2024", "dom"],
            types: [],
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: false,
            noEmit: true,
          },
          files: ["consumer.ts"],
        }),
      );
      await must(home, "node", join(REPO, "node_modules/typescript/bin/tsc"), "-p", ".");
    },
    SLOW_MS,
  );
});

describe("@haggle/server", () => {
  it(
    "listens, and serves the demo shop",
    async () => {
      const env = { ...ENV, PORT: "0", HAGGLE_DATA: join(home, "data"), LOG_LEVEL: "error" };
      const server = spawn(join(home, "node_modules/.bin/haggle-server"), { cwd: home, env });
      const ended = new Promise((resolve) => server.once("exit", resolve));
      try {
        const address = await new Promise<string>((resolve, reject) => {
          server.stdout.on("data", (text) => resolve(/http:\S+/.exec(String(text))![0]));
          server.stderr.on("data", (text) => reject(new Error(String(text))));
        });
        expect((await fetch(`${address}/livez`)).status).toBe(200);
        expect(await (await fetch(address)).text()).toContain("<title>");
      } finally {
        server.kill("SIGTERM");
      }
      expect(await ended).toBe(0);
    },
    SLOW_MS,
  );
});

/** Without npx, which takes a second each time. */
function haggle(...args: string[]): Promise<string> {
  return must(home, "node_modules/.bin/haggle", ...args);
}

/** The example cart of a new project: 309.97 of goods, 50.00 off from 300.00 on. */
const PRICED = { subtotal: 30_997, discountTotal: 5_000 };

const PRICE = `
import { readFile } from "node:fs/promises";
import { createEngine } from "@haggle/sdk";

const read = (name) => readFile(new URL("shop/" + name, import.meta.url));
const engine = await createEngine({
  bundle: await read("dist/bundle.wasm"),
  release: await read("dist/release.json"),
  root: await read("dist/root.json"),
  now: Date.now(),
  development: true,
});
console.log(JSON.stringify(engine.evaluate(JSON.parse(await read("carts/example.json")))));
`;

const CONSUMER = `
import { type Cart, createEngine, type Decision, HaggleError } from "@haggle/sdk";
import { createHaggle } from "@haggle/sdk/client";
import { signerFromSeed } from "@haggle/sdk/sign";
import { build, createCompiler, type Diagnostic } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";

export async function price(files: Record<string, string>, cart: Cart): Promise<number | Diagnostic[]> {
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const signer = await signerFromSeed(new Uint8Array(32));
  const built = await build({ files }, { compiler, signer, version: 1, now: 0 });
  if (!built.ok) return built.diagnostics;
  const engine = await createEngine({
    bundle: built.bundle,
    release: built.release.bytes,
    root: built.root.bytes,
  });
  const decision: Decision = engine.evaluate(cart);
  if (decision.ok) return decision.total;
  const error: HaggleError = decision.error;
  throw error;
}

export async function stay(root: string): Promise<string | undefined> {
  const client = createHaggle({ url: "", root });
  await client.ready().catch((error: unknown) => {
    if (error instanceof HaggleError) return error.code;
    throw error;
  });
  // @ts-expect-error releases are known by their digest
  const version: number | undefined = client.state?.release;
  return version === undefined ? client.state?.release : undefined;
}
`;

type Ran = { code: number; stdout: string; stderr: string };

async function run(cwd: string, command: string, ...args: string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      cwd,
      env: ENV,
      shell: process.platform === "win32",
    });
    return { code: 0, stdout, stderr };
  } catch (cause) {
    const { code, stdout, stderr } = cause as Ran;
    if (typeof code !== "number") throw cause;
    return { code, stdout, stderr };
  }
}

/** Standard output of a command that has to succeed. */
async function must(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(cwd, command, ...args);
  expect(code, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}
