import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readAdminKey } from "./api-keys.ts";
import { startServer, type TestServer } from "./server.ts";

// A shop that has nothing but a catalog, and what its people ask of it.

export type Price = { currency: string; unitPrice: number; unitCost?: number; minUnitPrice?: number };
export type Variant = {
  sku: string;
  productId: string;
  name?: string;
  attributes?: Record<string, string | number | boolean>;
  weightGrams?: number;
  taxClass?: string;
  prices?: Price[];
  product?: Product;
};
export type Product = {
  name: string;
  categories?: string[];
  attributes?: Record<string, string | number | boolean>;
  taxClass?: string;
};
export type Fault = { line: number; column?: number; field?: string; code: string; value?: unknown };
export type Import = {
  id: string;
  state: string;
  rows: { read: number; written: number; unchanged: number; refused: number };
  errors: (Fault & { message: string })[];
};
export type Answer = { status: number; tag: string | null; body: Record<string, unknown> };

export type CatalogShop = Awaited<ReturnType<typeof openCatalogShop>>;

export async function openCatalogShop(clock: () => number = Date.now) {
  const folder = await mkdtemp(join(tmpdir(), "haggle-catalog-"));
  const servers: TestServer[] = [];
  const start = async (env: Readonly<Record<string, string>> = {}) => {
    const server = await startServer(folder, { clock, env });
    servers.push(server);
    return server;
  };
  const server = await start();
  const key = await readAdminKey(folder);

  async function ask(
    method: string,
    path: string,
    body?: object | string,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      tag: response.headers.get("etag"),
      body: text === "" ? {} : JSON.parse(text),
    };
  }

  return {
    folder,
    server,
    key,
    /** Another one on the same tenant. */
    start,
    ask,
    async import(
      text: string,
      { type = "text/csv", query = "" } = {},
    ): Promise<{ status: number; error: { code: string; at?: string }; import: Import }> {
      const { status, body } = await ask("POST", `/v1/catalog/imports${query}`, text, {
        "content-type": type,
      });
      const error = (body.error ?? {}) as { code: string; at?: string };
      return { status, error, import: (body.import ?? body) as Import };
    },
    async variants(): Promise<Variant[]> {
      const all: Variant[] = [];
      for (let after: string | undefined = ""; after !== undefined; ) {
        const query: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
        const { body } = await ask("GET", `/v1/catalog/variants?limit=999${query}`);
        all.push(...(body.variants as Variant[]));
        after = body.next as string | undefined;
      }
      return all;
    },
    async close(): Promise<void> {
      await Promise.all(servers.map((each) => each.close()));
      await rm(folder, { recursive: true });
    },
  };
}

/** A file of CSV, whose answer comes as lines while it is read. */
export function sendFile(
  key: string,
  url: string,
  body: string | AsyncIterable<Uint8Array>,
): Promise<Response> {
  return fetch(`${url}/v1/catalog/imports`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "text/csv", accept: "application/x-ndjson" },
    body: body as unknown as BodyInit,
    duplex: "half",
  } as RequestInit);
}

/** The first one that is it, while the answer goes on. */
export async function nextView(answer: Response, isIt: (view: Import) => boolean): Promise<Import> {
  let text = "";
  const reader = answer.body!.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    text += Buffer.from(value ?? []).toString();
    const views = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Import);
    const found = views.find(isIt);
    if (found !== undefined) {
      // Whoever sends it is about to be killed.
      reader.closed.catch(() => {});
      return found;
    }
    if (done) throw new Error(`it ended before: ${text}`);
  }
}

/** As a spreadsheet would, with the columns that some row has. */
export function toCsv(variants: readonly Variant[]): string {
  const rows = variants.map(
    ({ sku, productId, name, attributes = {}, weightGrams, taxClass, prices = [], product }) => {
      const fields = new Map<string, unknown>([
        ["sku", sku],
        ["productId", productId],
        ["name", name],
        ["weightGrams", weightGrams],
        ["taxClass", taxClass],
        ["product.name", product?.name],
        ["product.categories", product?.categories?.join("|")],
        ["product.taxClass", product?.taxClass],
      ]);
      const typed = (value: unknown) =>
        ({ number: ":integer", boolean: ":boolean" })[typeof value as string] ?? "";
      for (const [key, value] of Object.entries(attributes))
        fields.set(`attribute.${key}${typed(value)}`, value);
      for (const [key, value] of Object.entries(product?.attributes ?? {})) {
        fields.set(`product.attribute.${key}${typed(value)}`, value);
      }
      for (const { currency, ...amounts } of prices) {
        for (const [key, value] of Object.entries(amounts)) fields.set(`${key}.${currency}`, value);
      }
      return fields;
    },
  );
  const columns = [...new Set(rows.flatMap((fields) => [...fields.keys()]))];
  const quote = (value: unknown) => `"${String(value ?? "").replaceAll('"', '""')}"`;
  return [columns, ...rows.map((fields) => columns.map((column) => fields.get(column)))]
    .map((each) => each.map(quote).join(","))
    .join("\n");
}
