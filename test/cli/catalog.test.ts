import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CatalogShop, openCatalogShop } from "../support/catalog.ts";
import { type CliResult, createTemporaryFolder, runCli } from "../support/cli.ts";

// `haggle catalog`, as people type it, against a server.

const DEMO = join(import.meta.dirname, "../../server/demo/catalog.csv");

let shop: CatalogShop;
let space: Awaited<ReturnType<typeof createTemporaryFolder>>;
let haggle: (...args: string[]) => Promise<CliResult>;

beforeAll(async () => {
  shop = await openCatalogShop();
  space = await createTemporaryFolder();
  const env = { HAGGLE_URL: shop.server.url, HAGGLE_KEY: shop.key };
  haggle = (...args) => runCli(["catalog", ...args], { cwd: space.path, env });
});
afterAll(async () => {
  await shop.close();
  await space.remove();
});

const save = (name: string, text: string) => writeFile(join(space.path, name), text);

describe("an import", () => {
  it("tells what would become of a file, what became of it, and that nothing becomes of it twice", async () => {
    await save("shop.csv", await readFile(DEMO, "utf8"));
    const tried = await haggle("import", "shop.csv", "--dry-run");
    expect(tried).toEqual({
      code: 0,
      out: "shop.csv: 216 rows, 216 would be written, 0 unchanged\n",
      err: "",
    });
    expect(await shop.variants()).toEqual([]);
    const { code, out } = await haggle("import", "shop.csv", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ state: "done", rows: { read: 216, written: 216, unchanged: 0 } });
    expect(await shop.variants()).toHaveLength(216);
    expect((await haggle("import", "shop.csv")).out).toBe("shop.csv: 216 rows, 0 written, 216 unchanged\n");
  });

  it("with rows that are wrong names each of them, and ends with 1 unless the others are enough", async () => {
    await save(
      "bad.txt",
      "sku,productId,weightGrams\nbad-a,trail-runner,10\nbad-b,trail-runner,heavy\nbad-c,none,1\n",
    );
    const { code, out, err } = await haggle("import", "bad.txt", "--format", "csv");
    expect([code, out]).toEqual([1, ""]);
    expect(err.split("\n")).toEqual([
      expect.stringMatching(/^bad\.txt:3 CATALOG_BAD_ROW weightGrams "heavy": ./),
      expect.stringMatching(/^bad\.txt:4 CATALOG_NO_PRODUCT productId "none": ./),
      "bad.txt: 2 of 3 rows are wrong, nothing was put into the catalog",
      "",
    ]);
    const rest = await haggle("import", "bad.txt", "--format", "csv", "--valid-rows");
    expect([rest.code, rest.out]).toEqual([0, "bad.txt: 3 rows, 1 written, 0 unchanged, 2 refused\n"]);
  });

  it("that is no import says so before it sends anything, or as soon as the server does", async () => {
    expect(await haggle("import", "bad.txt")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/CLI_USAGE.*txt/),
    });
    expect(await haggle("import", "none.csv")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/CLI_FILE/),
    });
    // More than sockets hold: whoever may not is not listened to until its end.
    await save(
      "long.ndjson",
      `${JSON.stringify({ sku: "long", productId: "p", name: "x".repeat(250) })}\n`.repeat(60_000),
    );
    const env = {
      HAGGLE_URL: shop.server.url,
      HAGGLE_KEY: `${shop.key.slice(0, -1)}${shop.key.endsWith("x") ? "y" : "x"}`,
    };
    const refused = await runCli(["catalog", "import", "long.ndjson"], { cwd: space.path, env });
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/^SERVER_UNAUTHORIZED/) });
  });
});

it("an export is a file that changes nothing, and brings back what is gone", async () => {
  const { code, out } = await haggle("export", "--out", "out.ndjson");
  const before = await shop.variants();
  expect([code, out]).toEqual([0, `out.ndjson: ${before.length} variants\n`]);
  const again = await haggle("import", "out.ndjson");
  expect(again.out).toBe(`out.ndjson: ${before.length} rows, 0 written, ${before.length} unchanged\n`);
  for (const path of ["variants/camp-mug", "variants/camp-mug-blue", "products/camp-mug"]) {
    expect((await shop.ask("DELETE", `/v1/catalog/${path}`)).status).toBe(204);
  }
  // A file without costs and floors would take them away from what it is put into.
  const keyless = await runCli(["catalog", "export"], {
    cwd: space.path,
    env: { HAGGLE_URL: shop.server.url },
  });
  expect(keyless).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringMatching(/^SERVER_FORBIDDEN.*catalog:read/),
  });
  const piped = await haggle("export");
  expect(piped.out.trimEnd().split("\n")).toHaveLength(before.length - 2);
  expect((await haggle("import", "out.ndjson")).out).toContain(`2 written, ${before.length - 2} unchanged`);
  const stable = ({ revision: _, createdAt: _c, updatedAt: _u, ...fields }: Record<string, unknown>) =>
    fields;
  expect((await shop.variants()).map(stable)).toEqual(before.map(stable));
});
