import fc from "fast-check";
import { expect, it } from "vitest";
import { type Format, readFile } from "../../server/modules/catalog/read-file.ts";

// Files of the catalog as bytes: how they are cut on their way is nothing that a row could show.

async function read(bytes: Uint8Array, format: Format, cuts: readonly number[] = []): Promise<unknown[]> {
  const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  async function* pieces() {
    for (const [index, place] of places.slice(1).entries()) yield bytes.subarray(places[index], place);
  }
  const rows = [];
  for await (const { line, value, faults } of readFile(pieces(), format)) rows.push({ line, value, faults });
  return rows;
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const codeOf = (text: string | Uint8Array, format: Format) =>
  read(typeof text === "string" ? bytesOf(text) : text, format).then(
    () => undefined,
    ({ code, at, value }) => [code, at, value],
  );

const CSV = `\uFEFFsku,productId,name,product.name,product.categories,attribute.size,attribute.year:integer,unitPrice.EUR\r
a,p,"Träger, ""wide""\nor so",Shirt,x | y,M,2026,100\r
\r
b,p,,,,,,\r
`;
const VALUES = [
  {
    line: 2,
    value: {
      sku: "a",
      productId: "p",
      name: 'Träger, "wide"\nor so',
      attributes: { size: "M", year: 2026 },
      product: { name: "Shirt", categories: ["x", "y"] },
      prices: [{ currency: "EUR", unitPrice: 100 }],
    },
    faults: [],
  },
  { line: 5, value: { sku: "b", productId: "p" }, faults: [] },
];

it("rows are the same however a file is cut", async () => {
  const array = `[\n${VALUES.map(({ value }) => JSON.stringify(value, null, 1)).join(",\n")}\n]\n`;
  const lines = VALUES.map(({ value }) => JSON.stringify(value)).join("\r\n\n");
  const files = [
    ["csv", CSV, VALUES],
    ["json", array, VALUES.map(({ value }) => ({ value }))],
    ["ndjson", lines, VALUES.map(({ value }, index) => ({ value, line: 1 + index * 2 }))],
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(1_000), { maxLength: 20 }), async (cuts) => {
      for (const [format, text, expected] of files) {
        expect(await read(bytesOf(text), format, cuts)).toMatchObject(expected);
      }
    }),
    { numRuns: 50 },
  );
});

it("what cannot be read any more is told with its line", async () => {
  const head = "sku,productId\n";
  expect(await codeOf(`${head}a,p\nb,"p`, "csv")).toEqual(["CATALOG_BAD_FILE", 3, undefined]);
  expect(await codeOf("sku,product\n", "csv")).toEqual(["CATALOG_BAD_FILE", 1, "product"]);
  expect(await codeOf("sku,sku,productId\n", "csv")).toEqual(["CATALOG_BAD_FILE", 1, "sku"]);
  expect(await codeOf("sku\n", "csv")).toEqual(["CATALOG_BAD_FILE", 1, "productId"]);
  expect(await codeOf("", "csv")).toEqual(["CATALOG_BAD_FILE", 1, undefined]);
  expect((await codeOf(`${head}a,${"p".repeat(70_000)}`, "csv"))?.[0]).toBe("CATALOG_BAD_FILE");
  expect(await codeOf(new Uint8Array([0x61, 0xff]), "ndjson")).toEqual([
    "CATALOG_BAD_FILE",
    undefined,
    undefined,
  ]);
  expect(await codeOf(`{}\n${" ".repeat(70_000)}`, "ndjson")).toEqual(["CATALOG_TOO_LARGE", 2, undefined]);
  expect(await codeOf('[{},\n{"sku":1}', "json")).toEqual(["CATALOG_BAD_FILE", 2, undefined]);
  expect(await codeOf("{}", "json")).toEqual(["CATALOG_BAD_FILE", 1, "{"]);
  expect(await codeOf("[] []", "json")).toEqual(["CATALOG_BAD_FILE", 1, "["]);
});

it("a line that is not JSON is one bad row", async () => {
  const rows = await read(bytesOf('{"sku":"a"}\n{"sku":\n{"sku":"b"}'), "ndjson");
  expect(rows).toMatchObject([
    { line: 1, value: { sku: "a" } },
    { line: 2, faults: [{ line: 2, code: "CATALOG_BAD_ROW", value: '{"sku":' }] },
    { line: 3, value: { sku: "b" } },
  ]);
});
