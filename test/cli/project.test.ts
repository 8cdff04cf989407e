import { spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_POLICY, MAX_PROJECT_FILE_BYTES } from "@haggle/abi";
import { createEngine } from "@haggle/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, commandOf, createTemporaryFolder, runCli } from "../support/cli.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let first: CliResult;
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });
const inShop = (...path: string[]) => join(folder.path, "shop", ...path);

beforeAll(async () => {
  folder = await createTemporaryFolder();
  first = await haggle("init", "shop");
});
afterAll(() => folder.remove());

describe("a new project", () => {
  it("is made by init, once", async () => {
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(await readFile(inShop("package.json"), "utf8"))).toMatchObject({
      name: "shop",
      type: "module",
    });
    expect(await readFile(inShop(".gitignore"), "utf8")).toContain(".haggle/");
    expect(await haggle("init", "shop")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLI_NOT_EMPTY /),
    });
  });

  it("is made in a folder that git knows, with commands that can be pasted, and whole or not at all", async () => {
    await mkdir(join(folder.path, "Mein Lädchen", ".git"), { recursive: true });
    const cart = join("Mein Lädchen", "carts", "example.json");
    expect(await haggle("init", "Mein Lädchen")).toEqual({
      code: 0,
      out: [
        "Mein Lädchen: a project with one rule",
        '  haggle build "Mein Lädchen"',
        `  haggle run "${cart}"`,
        '  haggle test "Mein Lädchen"',
        "",
      ].join("\n"),
      err: "",
    });
    const manifest = await readFile(join(folder.path, "Mein Lädchen", "package.json"), "utf8");
    expect(JSON.parse(manifest).name).toBe("mein-ladchen");
    expect(await haggle("run", cart)).toMatchObject({ code: 0, err: "" });
    // Room for 1,024 bytes in a file, of which one has more.
    const small = spawnSync("bash", ["-c", 'ulimit -f 1; exec "$@"', "", ...commandOf("init", "small")], {
      cwd: folder.path,
      encoding: "utf8",
    });
    expect(small.stderr).toMatch(
      /^CLI_FILE The system refuses: the file is too large at .*small.README\.md\n$/,
    );
    expect(await readdir(join(folder.path, "small"))).toEqual([]);
  });

  it("builds, and the second time builds nothing", async () => {
    const built = await haggle("build", "shop");
    expect(built).toMatchObject({ code: 0, err: "" });
    expect(built.out).toMatch(/^shop\/dist\/bundle\.wasm: \d+ bytes, signed with the development key/);
    const read = async () => ({
      bundle: new Uint8Array(await readFile(inShop("dist", "bundle.wasm"))),
      release: new Uint8Array(await readFile(inShop("dist", "release.json"))),
      root: new Uint8Array(await readFile(inShop("dist", "root.json"))),
    });
    const files = await read();
    expect(await haggle("build", "shop")).toMatchObject({
      code: 0,
      out: "shop/dist/bundle.wasm: unchanged\n",
    });
    expect(await read()).toEqual(files);
    await expect(createEngine(files)).rejects.toMatchObject({ code: "DOCUMENT_DEVELOPMENT" });
    const engine = await createEngine({ ...files, development: true });
    expect(engine).toMatchObject({ version: 1, development: true });
    expect((await stat(inShop(".haggle", "keys", "development.sk"))).mode & 0o777).toBe(0o600);
  });

  it("prices the example cart as a table and as JSON", async () => {
    const table = await haggle("run", "shop/carts/example.json", "--project", "shop");
    expect(table).toMatchObject({ code: 0, err: "" });
    expect(table.out).toMatch(/spend-and-save\s+-45\.17\s+SPEND_AND_SAVE/);
    expect(table.out).toMatch(/total\s+264\.96 EUR/);
    const json = await haggle("run", "shop/carts/example.json", "--project", "shop", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      currency: "EUR",
      subtotal: 30_997,
      discountTotal: 5000,
      total: 26_496,
      promotions: [{ id: "spend-and-save", status: "applied" }],
    });
  });

  it("refuses a cart that is wrong, with the place", async () => {
    const cart = JSON.parse(await readFile(inShop("carts", "example.json"), "utf8"));
    cart.lines[1].quantity = -3;
    await writeFile(inShop("carts", "wrong.json"), JSON.stringify(cart));
    const wrong = await haggle("run", "shop/carts/wrong.json", "--project", "shop");
    expect(wrong).toMatchObject({ code: 1, out: "", err: expect.stringContaining("lines[1].quantity") });
    expect(wrong.err).toMatch(/^CART_/);
    await writeFile(inShop("carts", "broken.json"), '{\n  "id": "c1",\n}');
    expect((await haggle("run", "shop/carts/broken.json", "--project", "shop")).err).toMatch(
      /^CLI_NOT_JSON This is not JSON: .+ at .*broken\.json:3:1\n$/,
    );
    expect((await haggle("run", "shop/carts/none.json", "--project", "shop")).err).toMatch(/^CLI_FILE /);
  });

  it("refuses a cart with a field that nothing reads, as the server does", async () => {
    const cart = JSON.parse(await readFile(inShop("carts", "example.json"), "utf8"));
    cart.lines[1].discount = 1;
    await writeFile(inShop("carts", "misspelt.json"), JSON.stringify(cart));
    expect(await haggle("run", "shop/carts/misspelt.json", "--project", "shop", "--json")).toEqual({
      code: 1,
      out: "",
      err: "CART_UNKNOWN_FIELD A cart has no such field at lines[1].discount\n",
    });
    const path = inShop("rules", "spend-and-save.cases.json");
    const text = await readFile(path, "utf8");
    const cases = JSON.parse(text);
    cases[1].cart.curency = "EUR";
    await writeFile(path, JSON.stringify(cases));
    const tested = await haggle("test", "shop");
    await writeFile(path, text);
    expect(tested).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^CART_UNKNOWN_FIELD .*; did you mean "currency"\? at rules\/.*\.cases\.json\[1\]\.cart\.curency\n$/,
      ),
    });
  });

  it("says in a sentence why a promotion failed, beside those that did not", async () => {
    await mkdir(join(folder.path, "looping", "rules"), { recursive: true });
    await writeFile(
      join(folder.path, "looping", "rules", "loops.rule.ts"),
      '@promo(name="loops")\nexport function loops(ctx: Context): Result {\n  let n = 0;\n  while (ctx.cart.total > 0) n++;\n  return Result.order(n as i64, "N");\n}\n',
    );
    const table = await haggle("run", "shop/carts/example.json", "--project", "looping");
    expect(table).toMatchObject({ code: 0, err: "" });
    expect(table.out).toContain("'loops' failed: ENGINE_RULE_FUEL The rule ran out of fuel\n");
  });

  it("fails a case whose rule was stopped, though nothing came off as it expects", async () => {
    const cart = JSON.parse(await readFile(inShop("carts", "example.json"), "utf8"));
    const promotions = [{ id: "loops", status: "failed", error: "ENGINE_RULE_FUEL" }];
    await writeFile(
      join(folder.path, "looping", "rules", "loops.cases.json"),
      JSON.stringify([
        { name: "for nothing", cart, expect: { discountTotal: 0 } },
        { name: "on purpose", cart, expect: { discountTotal: 0, promotions } },
      ]),
    );
    expect(await haggle("test", "looping")).toEqual({
      code: 1,
      out: "1 passed, 1 failed\n",
      err: "failed rules/loops.cases.json: for nothing\n  'loops' failed: ENGINE_RULE_FUEL The rule ran out of fuel\n",
    });
  });

  it("passes its cases, and shows what a failing one got", async () => {
    expect(await haggle("test", "shop")).toMatchObject({ code: 0, out: "3 passed, 0 failed\n", err: "" });
    const path = inShop("rules", "spend-and-save.cases.json");
    const text = await readFile(path, "utf8");
    const cases = JSON.parse(text);
    cases[0].expect.total = 24_999;
    cases[0].expect.lines[0].discounts[0].reason = "OTHER";
    cases[0].expect.discountTotl = 5000;
    await writeFile(path, JSON.stringify(cases));
    const failing = await haggle("test", "shop");
    await writeFile(path, text);
    expect(failing).toMatchObject({ code: 1, out: "2 passed, 1 failed\n" });
    expect(failing.err).toContain("failed rules/spend-and-save.cases.json: 300 of goods save 50");
    expect(failing.err).toContain("  total: expected 24999, got 25000");
    expect(failing.err).toContain('  lines[0].discounts[0].reason: expected "OTHER", got "SPEND_AND_SAVE"');
    expect(failing.err).toContain(
      '  discountTotl: expected 5000, and there is no such field; did you mean "discountTotal"?',
    );
  });

  it("names the rules that no case runs, on one line, and fails for none of them", async () => {
    const rules = join(folder.path, "untested", "rules");
    await mkdir(rules, { recursive: true });
    const off = (name: string, more = "") =>
      `@promo(name="${name}"${more})\nexport function ${name}(ctx: Context): Result {\n  return Result.order(100, "A");\n}\n`;
    await writeFile(join(rules, "tried.rule.ts"), off("tried"));
    await writeFile(join(rules, "named.rule.ts"), off("named"));
    await writeFile(join(rules, "kind.rule.ts"), off("kind", ", template=true"));
    const cart = JSON.parse(await readFile(inShop("carts", "example.json"), "utf8"));
    const given = { name: "by itself", cart, expect: { discountTotal: 100 } };
    const stated = { ...given, name: "another's", promotions: [{ id: "n", rule: "named", priority: 1 }] };
    const write = (cases: unknown) => writeFile(join(rules, "tried.cases.json"), JSON.stringify(cases));
    await write([given, stated]);
    const err = "1 rule has no cases: kind\n";
    expect(await haggle("test", "untested")).toEqual({ code: 0, out: "2 passed, 0 failed\n", err });
    // Beside a rule that its cases do not run.
    await write([stated]);
    expect((await haggle("test", "untested")).err).toBe("2 rules have no cases: kind, tried\n");
    const many = Array.from({ length: 9 }, (_, i) => off(`more${i}`)).join("");
    await writeFile(join(rules, "more.rule.ts"), many);
    expect((await haggle("test", "untested")).err).toBe(
      `11 rules have no cases: kind, ${[0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => `more${i}`).join(", ")} and 1 more\n`,
    );
  });

  it("says of a case whose cart is refused why, and not which figures are missing", async () => {
    const path = inShop("rules", "spend-and-save.cases.json");
    const text = await readFile(path, "utf8");
    const cases = JSON.parse(text);
    cases[0].cart.customer = { id: "m-1", segments: ["members"] };
    delete cases[0].cart.lines[0].sku;
    cases[1].expect = { error: { code: "CART_MISSING_FIELD" } };
    delete cases[1].cart.shipping;
    await writeFile(path, JSON.stringify(cases));
    const refused = await haggle("test", "shop");
    await writeFile(path, text);
    expect(refused).toMatchObject({ code: 1, out: "2 passed, 1 failed\n" });
    expect(refused.err).toBe(
      "failed rules/spend-and-save.cases.json: 300 of goods save 50\n" +
        "  CART_MISSING_FIELD A field that every cart has is missing at lines[0].sku, " +
        "others at customer.loggedIn, customer.orders\n",
    );
    await writeFile(inShop("carts", "poor.json"), '{ "id": "c-1", "currency": "EUR", "lines": [] }');
    expect(await haggle("run", "shop/carts/poor.json", "--project", "shop")).toEqual({
      code: 1,
      out: "",
      err: "CART_MISSING_FIELD A field that every cart has is missing at now, others at shipping, coupons\n",
    });
  });

  it("builds for the loader with --debug", async () => {
    expect(await haggle("build", "shop", "--debug", "--out", "debug")).toMatchObject({ code: 0 });
    const names = WebAssembly.Module.exports(
      new WebAssembly.Module(await readFile(join(folder.path, "debug", "bundle.debug.wasm"))),
    ).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["__new", "__pin", "__collect", "trace", "evaluate"]));
  });
});

describe("promotions and policy of a project", () => {
  const half = {
    id: "half",
    priority: 0,
    effects: [{ target: "order", percent: "50" }],
    conditions: [{ kind: "goodsTotal", value: 100_000 }],
  };

  it("run without a rule", async () => {
    await mkdir(join(folder.path, "data"));
    await writeFile(join(folder.path, "data", "promotions.json"), JSON.stringify([half]));
    const tax = { prices: "gross", per: "line" };
    await writeFile(join(folder.path, "data", "policy.json"), JSON.stringify({ ...DEFAULT_POLICY, tax }));
    const cart = JSON.parse(await readFile(inShop("carts", "example.json"), "utf8"));
    cart.lines[0].taxRate = "20";
    await writeFile(join(folder.path, "data", "taxed.json"), JSON.stringify(cart));
    const table = await haggle("run", "data/taxed.json", "--project", "data");
    expect(table).toMatchObject({ code: 0, err: "" });
    expect(table.out).toMatch(/tax\s+46\.67\n/);
    expect(table.out).toContain("'half' did not apply: goods total €309.97, needs at least €1,000.00");
  });

  it("are refused with file and place", async () => {
    await mkdir(join(folder.path, "wrong"));
    const wrong = { ...half, effects: [{ target: "order", percent: "half" }] };
    await writeFile(join(folder.path, "wrong", "promotions.json"), JSON.stringify([wrong]));
    expect(await haggle("build", "wrong")).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^wrong\/promotions\.json:1:\d+ DOCUMENT_BAD_FIELD Needs a percentage in quotes/,
      ),
    });
  });
});

describe("a file of a project that is too large", () => {
  it.each(["promotions.json", "policy.yaml", "rules/large.rule.ts"])("is not read: %s", async (file) => {
    const name = file.replaceAll(/[/.]/g, "-");
    await mkdir(join(folder.path, name, "rules"), { recursive: true });
    await writeFile(join(folder.path, name, file), " ".repeat(MAX_PROJECT_FILE_BYTES + 1));
    expect(await haggle("build", name)).toMatchObject({
      code: 1,
      err: expect.stringContaining(`CLI_FILE_TOO_LARGE`),
    });
  });
});

describe("builds", () => {
  it("are the same bytes for the same sources, key and time", async () => {
    await haggle("keys", "new", "--out", "keys");
    const build = (out: string) =>
      runCli(["build", "shop", "--key", "keys/author.sk", "--out", out], {
        cwd: folder.path,
        // Each compiles.
        env: { SOURCE_DATE_EPOCH: "1790000000", HAGGLE_CACHE: join(folder.path, "kept", out) },
      });
    expect(await build("one")).toMatchObject({ code: 0 });
    expect(await build("two")).toMatchObject({ code: 0 });
    for (const name of ["bundle.wasm", "release.json", "root.json"]) {
      const [one, two] = await Promise.all(
        ["one", "two"].map((out) => readFile(join(folder.path, out, name))),
      );
      expect(one!.equals(two!), name).toBe(true);
    }
  });

  it("go on from the release before", async () => {
    const source = inShop("rules", "spend-and-save.rule.ts");
    const text = await readFile(source, "utf8");
    await haggle("build", "shop", "--out", "grown");
    const root = await readFile(join(folder.path, "grown", "root.json"));
    await writeFile(source, text.replace("50_00", "60_00"));
    await haggle("build", "shop", "--out", "grown");
    await writeFile(source, text);
    const release = await releasePayload(join(folder.path, "grown", "release.json"));
    expect(release).toMatchObject({ version: 2, previous: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect((await readFile(join(folder.path, "grown", "root.json"))).equals(root)).toBe(true);
  });

  it("say file, line, column, code and hint of what is wrong, and write nothing", async () => {
    await mkdir(join(folder.path, "bad", "rules"), { recursive: true });
    await writeFile(
      join(folder.path, "bad", "rules", "a.rule.ts"),
      '@promo(nmae="a")\nexport function a(ctx: Context): Result {\n  return Result.order(1.5, "X");\n}\n',
    );
    const bad = await haggle("build", "bad");
    expect(bad).toMatchObject({ code: 1, out: "" });
    expect(bad.err.split("\n")).toEqual([
      "bad/rules/a.rule.ts:1:8 BUILD_UNKNOWN_METADATA Unknown @promo key nmae",
      '  hint: did you mean "name"?',
      "bad/rules/a.rule.ts:3:23 BUILD_FLOAT A fraction in a rule",
      "  hint: amounts are integers in minor units; use Percent, mulDiv, min(a, b) and max(a, b)",
      "",
    ]);
    await expect(stat(join(folder.path, "bad", "dist"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("run no code of the project", async () => {
    for (const name of ["asconfig.json", "rules/asconfig.json", "rules/transform.mjs", "rules/x.js"]) {
      const project = join(folder.path, `code-${name.replaceAll("/", "-")}`);
      await mkdir(join(project, "rules"), { recursive: true });
      await writeFile(join(project, name), "{}");
      const built = await runCli(["build", project], { cwd: folder.path });
      expect(built, name).toMatchObject({ code: 1, err: expect.stringMatching(/^BUILD_PROJECT_CODE /) });
    }
  });

  it("need a project", async () => {
    expect(await haggle("build", "nowhere")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLI_NO_PROJECT /),
    });
    await mkdir(join(folder.path, "empty", "rules"), { recursive: true });
    expect(await haggle("build", "empty")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^BUILD_NO_RULES /),
    });
  });
});

async function releasePayload(path: string): Promise<unknown> {
  const { payload } = JSON.parse(await readFile(path, "utf8")) as { payload: string };
  return JSON.parse(Buffer.from(payload, "base64").toString("utf8"));
}
