import { once } from "node:events";
import { join } from "node:path";
import { createLog, openDatabase } from "@haggle/server";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import {
  type CatalogShop,
  type Import,
  nextView,
  openCatalogShop,
  sendFile,
  toCsv,
  type Variant,
} from "../support/catalog.ts";
import { startCommitProxy } from "../support/commit-proxy.ts";
import { startServerProcess } from "../support/faults/server-process.ts";
import { tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// Files that shops put into their catalog, by HTTP.

let shop: CatalogShop;
let ahead = 0;

beforeAll(async () => {
  shop = await openCatalogShop(() => Date.now() + ahead);
  // Strategies price in the currency of the first.
  await shop.import(`${HEAD}\n${row("first")}`);
});
afterAll(() => shop.close());

const LINES = "application/x-ndjson";
const HEAD =
  "sku,productId,name,weightGrams,product.name,product.categories,attribute.size,unitPrice.EUR,unitPrice.CHF";
const row = (name: string, more = "") =>
  `${name},p-${name},Variant ${name},100,Product ${name},a|b,M,1000,${more}`;
const skusOf = async (prefix: string) =>
  (await shop.variants()).map(({ sku }) => sku).filter((sku) => sku.startsWith(prefix));

const text = fc.stringMatching(/^[ -~äß€]{1,12}$/).filter((each) => each.trim() === each);
const amount = fc.maxSafeNat();
const attributes = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,8}$/),
  fc.oneof(text, fc.maxSafeInteger(), fc.boolean()),
  {
    maxKeys: 3,
  },
);
const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const price = fc.record({
  currency: fc.constantFrom("EUR", "CHF", "JPY"),
  unitPrice: amount,
  unitCost: some(amount),
  minUnitPrice: some(amount),
});
const variant = fc.record({
  name: some(text),
  attributes,
  weightGrams: some(amount),
  taxClass: some(text),
  prices: fc.uniqueArray(price, { selector: ({ currency }) => currency }),
  product: fc.record({
    name: text,
    categories: fc.uniqueArray(
      text.filter((each) => !each.includes("|")),
      { maxLength: 3 },
    ),
    attributes,
    taxClass: some(text),
  }),
});

describe("a file", () => {
  it("is in the catalog what it was, whatever it is written as", async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(variant, { minLength: 1, maxLength: 8 }), async (given) => {
        run++;
        for (const [form, type] of ["text/csv", LINES, "application/json"].entries()) {
          const prefix = `same-${run}-${form}-`;
          const byCurrency = ({ prices = [] }: Variant) =>
            [...prices].sort((a, b) => (a.currency < b.currency ? -1 : 1));
          // Of two attributes of one name, a column each for text and for numbers, CSV keeps none: one row has the name.
          const variants: Variant[] = (JSON.parse(JSON.stringify(given)) as Variant[]).map((each, index) => ({
            ...each,
            sku: `${prefix}${index}`,
            productId: `${prefix}${index}`,
            ...(type === "text/csv" && {
              attributes: named(each.attributes, index),
              product: { ...each.product!, attributes: named(each.product!.attributes, index) },
            }),
          }));
          const body =
            type === "text/csv"
              ? toCsv(variants)
              : type === LINES
                ? variants.map((each) => JSON.stringify(each)).join("\n")
                : JSON.stringify(variants);
          const answer = await shop.import(body, { type });
          expect(answer.import.errors).toEqual([]);
          expect(answer.import.rows).toEqual({
            read: variants.length,
            written: variants.length,
            unchanged: 0,
            refused: 0,
          });
          for (const { product, ...expected } of variants) {
            const { body: stored } = await shop.ask("GET", `/v1/catalog/variants/${expected.sku}`);
            const {
              revision: _r,
              createdAt: _c,
              updatedAt: _u,
              ...fields
            } = stored as Variant & Record<string, unknown>;
            expect({ ...fields, prices: byCurrency(fields) }).toEqual({
              ...expected,
              prices: byCurrency(expected),
            });
            const ofProduct = await shop.ask("GET", `/v1/catalog/products/${expected.productId}`);
            expect(ofProduct.body).toMatchObject(product!);
          }
          // Again it is nothing new.
          const again = await shop.import(body, { type });
          expect(again.import.rows).toMatchObject({ written: 0, unchanged: variants.length });
        }
      }),
      { numRuns: 4 },
    );
  });

  it("with bad rows changes nothing, and tells where each is wrong", async () => {
    const file = [
      HEAD,
      row("bad-a"),
      "bad-b,p-bad-a,,heavy,,,,12.50,",
      row("bad-a"),
      "bad-c,nowhere,,,,,,,",
      "bad-d,p-bad-a,,,Another name,,,,",
      ",p-bad-a,,,,,,,",
      "bad-e,p-bad-a",
    ].join("\n");
    const { status, error, import: refused } = await shop.import(file);
    expect([status, error.code, error.at]).toEqual([422, "CATALOG_REFUSED", "line 3: weightGrams"]);
    expect(refused).toMatchObject({ state: "refused", rows: { read: 7, written: 0, refused: 6 } });
    expect(refused.errors.map(({ message: _, ...fault }) => fault)).toEqual([
      { line: 3, column: 4, field: "weightGrams", code: "CATALOG_BAD_ROW", value: "heavy" },
      { line: 3, column: 8, field: "unitPrice.EUR", code: "CATALOG_BAD_ROW", value: "12.50" },
      { line: 4, column: 1, field: "sku", code: "CATALOG_DUPLICATE", value: "bad-a" },
      { line: 6, column: 2, field: "productId", code: "CATALOG_PRODUCT_DIFFERS", value: "p-bad-a" },
      { line: 7, column: 1, field: "sku", code: "CATALOG_BAD_ROW" },
      { line: 8, code: "CATALOG_BAD_ROW" },
      { line: 5, field: "productId", code: "CATALOG_NO_PRODUCT", value: "nowhere" },
    ]);
    expect((await shop.ask("GET", `/v1/catalog/imports/${refused.id}`)).body).toEqual(refused);
    expect(await skusOf("bad-")).toEqual([]);
    const rest = await shop.import(file, { query: "?mode=valid-rows" });
    expect([rest.status, rest.import.state, rest.import.rows]).toEqual([
      201,
      "done",
      { read: 7, written: 1, unchanged: 0, refused: 6 },
    ]);
    expect(await skusOf("bad-")).toEqual(["bad-a"]);
  });

  it("tells the first hundred faults, and counts all of them", async () => {
    const rows = Array.from({ length: 2_500 }, (_, index) => `{"sku":"many-${index}"}`).join("\n");
    const { import: refused } = await shop.import(rows, { type: LINES });
    expect(refused.rows).toEqual({ read: 2_500, written: 0, unchanged: 0, refused: 2_500 });
    expect(refused.errors).toHaveLength(100);
    expect(refused.errors.at(-1)).toMatchObject({ line: 100, field: "productId", code: "CATALOG_BAD_ROW" });
  });

  it("that cannot be read to its end is refused, whatever is to be taken", async () => {
    const { status, import: refused } = await shop.import(`${HEAD}\n${row("torn-a")}\ntorn-b,"`, {
      query: "?mode=valid-rows",
    });
    expect([status, refused.state, refused.rows.read]).toEqual([422, "refused", 1]);
    expect(refused.errors).toMatchObject([{ line: 3, code: "CATALOG_BAD_FILE" }]);
    expect(await skusOf("torn-")).toEqual([]);
    expect((await shop.import("a", { type: "text/plain" })).error.code).toBe("SERVER_UNSUPPORTED_MEDIA_TYPE");
  });

  it("may be tried first: what would become of it is told, and nothing is", async () => {
    const file = `${HEAD}\n${row("dry-a")}\n${row("dry-b")}`;
    const { status, import: tried } = await shop.import(file, { query: "?dryRun=true" });
    expect([status, tried.state, tried.rows.written]).toEqual([201, "done", 2]);
    expect(await skusOf("dry-")).toEqual([]);
    expect((await shop.ask("GET", `/v1/catalog/imports/${tried.id}`)).body).toEqual(tried);
  });

  it("changes with its products what strategies price", async () => {
    await shop.import(`${HEAD}\n${row("moved-a")}`);
    await shop.import(
      "sku,productId,product.name,product.categories\nmoved-b,p-moved-a,Product moved-a,sale",
    );
    const { body } = await shop.ask("GET", "/v1/skus/moved-a");
    expect(body).toMatchObject({ categories: ["sale"], listPrice: 1_000, currency: "EUR" });
  });
});

const LONG = process.env.HAGGLE_FULL === "1" ? 100_000 : 10_000;

it(`${LONG} variants come through, of which some thousand are held at once`, async () => {
  let [made, read, most] = [0, 0, 0];
  async function* file() {
    yield Buffer.from(`${HEAD}\n`);
    for (; made < LONG; made += 100) {
      const some = Array.from({ length: 100 }, (_, index) => row(`long-${made + index}`));
      most = Math.max(most, made + 100 - read);
      yield Buffer.from(`${some.join("\n")}\n`);
    }
  }
  const { run } = shop.server.app.catalog.imports;
  const ask = { format: "csv", mode: "all-or-nothing", dryRun: false } as const;
  const seen: Import[] = [];
  for await (const view of run(file(), ask, { actor: SYSTEM_ACTOR })) {
    read = view.rows.read;
    seen.push(view);
  }
  expect(seen.at(-1)).toMatchObject({ state: "done", rows: { read: LONG, written: LONG, refused: 0 } });
  expect(new Set(seen.map(({ state }) => state))).toEqual(new Set(["reading", "writing", "done"]));
  expect(most).toBeLessThan(3_000);
  expect(await skusOf("long-")).toHaveLength(LONG);
});

it("is one of four at a time; who brings a fifth is told when to come again", async () => {
  const { run } = shop.server.app.catalog.imports;
  const ask = { format: "csv", mode: "all-or-nothing", dryRun: false } as const;
  const underWay = Array.from({ length: 4 }, () => run(never(), ask, { actor: SYSTEM_ACTOR }));
  for (const each of underWay) await each.next();
  for (const accept of ["application/json", LINES]) {
    const answer = await fetch(`${shop.server.url}/v1/catalog/imports`, {
      method: "POST",
      headers: { authorization: `Bearer ${shop.key}`, "content-type": "text/csv", accept },
      body: `${HEAD}\n${row("fifth")}`,
    });
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "5"]);
    expect(await answer.json()).toMatchObject({ error: { code: "CATALOG_BUSY" } });
  }
  await underWay[0]!.return(undefined);
  expect((await shop.import(`${HEAD}\n${row("fifth")}`)).status).toBe(201);
  await Promise.all(underWay.map((each) => each.return(undefined)));
});

describe("a file that ends early", () => {
  const follow = async (body: AsyncIterable<Uint8Array>, signal: AbortSignal) => {
    const answer = await fetch(`${shop.server.url}/v1/catalog/imports`, {
      method: "POST",
      headers: { authorization: `Bearer ${shop.key}`, "content-type": LINES, accept: LINES },
      body: body as unknown as BodyInit,
      duplex: "half",
      signal,
    } as RequestInit);
    return answer.body!.getReader();
  };
  const stateOf = async (id: string) => (await shop.ask("GET", `/v1/catalog/imports/${id}`)).body as Import;

  it("leaves nothing, and says how far it came", async () => {
    const stop = new AbortController();
    async function* file() {
      for (let next = 0; next < 1_500; next++) {
        yield Buffer.from(`{"sku":"left-${next}","productId":"left","product":{"name":"Left"}}\n`);
      }
      await once(stop.signal, "abort");
    }
    const reader = await follow(file(), stop.signal);
    const first = await reader.read();
    const { id } = JSON.parse(Buffer.from(first.value!).toString().split("\n")[0]!) as Import;
    await until(async () => (await stateOf(id)).rows.read > 0);
    stop.abort();
    const ended = await until(async () => {
      const view = await stateOf(id);
      return view.state === "interrupted" && view;
    });
    expect(ended.rows).toEqual({ read: 1_000, written: 0, unchanged: 0, refused: 0 });
    expect(await skusOf("left-")).toEqual([]);
  });

  it("by kill -9 of its server, is in the catalog whole or not at all, and says which", async () => {
    await shop.import(`${HEAD}\n${row("killed-m")}`);
    const doomed = await startServerProcess({ dataFolder: shop.folder }, {}, { signs: false });
    const whole = await sendFile(shop.key, doomed.url, `${HEAD}\n${row("whole-a")}\n${row("whole-b")}`);
    const done = JSON.parse((await whole.text()).trimEnd().split("\n").at(-1)!) as Import;
    expect(done).toMatchObject({ state: "done", rows: { written: 2 } });

    // While it reads.
    async function* endless() {
      yield Buffer.from(
        `${HEAD}\n${Array.from({ length: 1_500 }, (_, at) => row(`read-${at}`)).join("\n")}\n`,
      );
      yield* never();
    }
    const reading = await sendFile(shop.key, doomed.url, endless());
    const { id: read } = await nextView(reading, ({ rows }) => rows.read === 1_000);

    // In the middle of what it writes: somebody holds one of the rows.
    const database = await openOwn();
    const file = ["a", "b", "m", "z"]
      .map((name) => row(`killed-${name}`).replace("Variant", "Other"))
      .join("\n");
    const written = await database.transaction(async (tx) => {
      await tx.query("select from variants where sku = 'killed-m' for update");
      const writing = await sendFile(shop.key, doomed.url, `${HEAD}\n${file}`);
      const { id } = await nextView(writing, ({ state }) => state === "writing");
      await until(async () => {
        const sql = "select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))";
        return (await tx.query(sql)).length > 0;
      });
      await doomed.kill();
      return id;
    });
    ahead += 120_000;
    await shop.start();
    for (const id of [read, written]) {
      await until(async () => (await stateOf(id)).state === "interrupted");
      expect((await stateOf(id)).rows.written).toBe(0);
    }
    expect((await stateOf(done.id)).state).toBe("done");
    expect(await skusOf("whole-")).toEqual(["whole-a", "whole-b"]);
    expect(await skusOf("read-")).toEqual([]);
    expect(await skusOf("killed-")).toEqual(["killed-m"]);
    const { body } = await shop.ask("GET", "/v1/catalog/variants/killed-m");
    expect(body.name).toBe("Variant killed-m");
    await until(async () => (await database.query("select from catalog_import_rows")).length === 0);
    await database.close();
  }, 120_000);

  it("for its server, is written whole or not at all, and is found when another looks", async () => {
    const proxy = await startCommitProxy("into catalog_heads");
    const doomed = await shop.start({ DATABASE_URL: proxy.url });
    for (const lost of ["commit", "answer"] as const) {
      proxy.arm(lost);
      const answer = await fetch(`${doomed.url}/v1/catalog/imports`, {
        method: "POST",
        headers: { authorization: `Bearer ${shop.key}`, "content-type": "text/csv" },
        body: `${HEAD}\n${row(`${lost}-a`)}\n${row(`${lost}-b`)}`,
      });
      expect(answer.status).toBe(503);
      proxy.mend();
    }
    ahead += 120_000;
    await shop.start();
    expect(await skusOf("commit-")).toEqual([]);
    expect(await skusOf("answer-")).toEqual(["answer-a", "answer-b"]);
    const again = await shop.import(`${HEAD}\n${row("answer-a")}\n${row("answer-b")}\n${row("commit-a")}`);
    expect(again.import.rows).toMatchObject({ written: 1, unchanged: 2 });
    // Whoever starts sweeps: no import of a server that is gone is under way for ever, and nothing of it is left.
    const database = await openOwn();
    const states = await until(async () => {
      const rows = await database.query<{ state: string }>(
        "select state from catalog_imports order by started_at desc limit 3",
      );
      const left = await database.query("select from catalog_import_rows");
      return left.length === 0 && rows.map(({ state }) => state);
    });
    // The last one came after them; of the two before, one was committed though nobody was told.
    expect(states).toEqual(["done", "done", "interrupted"]);
    await database.close();
    await doomed.close();
    await proxy.close();
  });
});

/** Ends when nobody waits for it any more. */
async function* never(): AsyncGenerator<Uint8Array> {
  await new Promise(() => {});
  yield Buffer.of();
}

function openOwn() {
  return openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(shop.folder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });
}

/** A name of its own for each row, as a column is of one type. */
function named(given: Variant["attributes"] = {}, index: number): NonNullable<Variant["attributes"]> {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [`${key}${index}`, value]));
}
