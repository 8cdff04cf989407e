import { resolve } from "node:path";
import type { Api } from "../api.ts";
import { streamAtomically } from "../files.ts";
import { toStandardOutput } from "../standard-output.ts";
import { counted, shown, type Terminal } from "../terminal.ts";

type Stamps = { revision: number; createdAt: number; updatedAt: number };
type Product = Stamps & { id: string; [field: string]: unknown };
type Variant = Stamps & { sku: string; productId: string; [field: string]: unknown };

const PAGE = "999";

/**
 * Writes the catalog as `haggle catalog import` takes it, with all that would else be taken away by that.
 *
 * @returns the exit code
 * @throws HaggleError SERVER_FORBIDDEN for a key that may not read costs
 */
export async function exportCatalog(
  terminal: Terminal,
  server: Api,
  out: string | undefined,
): Promise<number> {
  const products = new Map<string, Product>();
  for await (const product of list<Product>(server, "products")) products.set(product.id, product);
  let count = 0;
  /** A product stands with the first of its variants. */
  async function* rows(): AsyncGenerator<string> {
    for await (const variant of list<Variant>(server, "variants", { costs: "true" })) {
      count++;
      const product = products.get(variant.productId);
      products.delete(variant.productId);
      const { id: _, ...fields } = product ?? { id: "" };
      yield `${JSON.stringify({ ...given(variant), ...(product && { product: given(fields) }) })}\n`;
    }
  }
  if (out === undefined) await toStandardOutput(rows(), terminal);
  else {
    const path = resolve(terminal.cwd, out);
    await streamAtomically(path, rows());
    terminal.out(`${shown(terminal, path)}: ${counted(count, "variant")}`);
  }
  return 0;
}

async function* list<Item>(
  server: Api,
  what: "products" | "variants",
  more: Record<string, string> = {},
): AsyncGenerator<Item> {
  for (let after: string | undefined = ""; after !== undefined; ) {
    const query = new URLSearchParams({ ...more, limit: PAGE, ...(after !== "" && { after }) });
    const page = (await server.ask("GET", `/v1/catalog/${what}?${query}`)) as {
      [list: string]: Item[];
    } & { next?: string };
    yield* page[what]!;
    after = page.next;
  }
}

/** What somebody gave, of what is told. */
function given<T extends Partial<Stamps>>({
  revision: _,
  createdAt: _c,
  updatedAt: _u,
  ...fields
}: T): object {
  return fields;
}
