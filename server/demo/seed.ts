// The demo shop: what it sells, to whom, from where, and what it sold until now. All of it lies beside this file, as a shop has
// it in its own files, and comes into the database by the services that a shop uses.
//
// Invariant: nothing is put where anything is that the demo did not bring. Invariant: the catalog comes last, so a start that
// was interrupted before is done again by the next one, and only then.

import { createReadStream } from "node:fs";
import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import type { LocationBody } from "../modules/inventory/schema.ts";
import type { MethodBody } from "../modules/shipping/schema.ts";
import { listCoupons, listShown } from "../modules/storefront/service.ts";
import type { TaxRate } from "../modules/taxes/schema.ts";
import type { Database } from "../platform/database/database.ts";
import { SYSTEM_ACTOR } from "../platform/scope.ts";
import type { Services } from "../services.ts";
import { pathOf, readRows } from "./files.ts";
import { type DatedMovement, type Order, relivePast } from "./past.ts";

type Dependencies = { database: Database; log: Logger };

type TaxRow = { region: string; taxClass: string; rate: string; from: string; until: string };
type CustomerRow = { id: string };

const BY = { actor: SYSTEM_ACTOR };
/** Whatever is there. */
const ANY = {};
/** The location whose stock the page's strategies look at: it sends what the page sells. */
export const HOME = "suzhou";

/** Opens the demo shop, unless it is open or the database has another one. */
export async function seedDemo(services: Services, { database, log }: Dependencies): Promise<void> {
  if (!(await isUntouched(services))) return;
  const { budgets, customers, inventory, shipping, taxes, audit, skus } = services;
  const orders = await readRows<Order>("orders.ndjson");
  for (const { id, ...location } of await readRows<LocationBody & { id: string }>("locations.json")) {
    await inventory.locations.put(id, location, BY);
  }
  if ((await inventory.stock.list("", 1)).length === 0) {
    await relivePast(await readRows<DatedMovement>("stock.csv"), orders, { database, audit, log });
  }
  await customers.putLines(count(await readRows<CustomerRow>("customers.ndjson"), orders), BY);
  const rates = Map.groupBy(await readRows<TaxRow>("taxes.csv"), ({ region }) => region);
  const taxed = new Set((await taxes.list()).map(({ region }) => region));
  for (const [region, rows] of rates) {
    if (!taxed.has(region)) await taxes.put(region, rows.map(toRate), ANY, BY);
  }
  const shipped = new Set((await shipping.list()).map(({ id }) => id));
  for (const { id, ...method } of await readRows<MethodBody & { id: string }>("shipping.json")) {
    if (!shipped.has(id)) await shipping.put(id, method, ANY, BY);
  }
  // What a promotion knows by this symbol, the shopper enters by the same name.
  for (const coupon of listCoupons()) {
    await budgets.campaigns.put(coupon, {}, ANY, BY);
    await budgets.codes.add(coupon, { code: coupon }, BY);
  }
  await importCatalog(services);
  for (const sku of listShown()) {
    const { locations } = await inventory.stock.get(sku);
    const { available = 0 } = locations.find(({ location }) => location === HOME) ?? {};
    await skus.setStock(sku, available, BY);
  }
}

/** No catalog, and nothing but what an interrupted start may have left. */
async function isUntouched({ catalog, skus, taxes, shipping, inventory }: Services): Promise<boolean> {
  if ((await catalog.listProducts("", 1)).length > 0) return false;
  const [rates, methods, locations] = await Promise.all([
    readRows<TaxRow>("taxes.csv"),
    readRows<{ id: string }>("shipping.json"),
    readRows<{ id: string }>("locations.json"),
  ]);
  const own = new Set([
    ...listShown(),
    ...rates.map(({ region }) => region),
    ...[...methods, ...locations].map(({ id }) => id),
  ]);
  const there = [
    ...(await skus.load()).skus.map(({ sku }) => sku),
    ...(await taxes.list()).map(({ region }) => region),
    ...[...(await shipping.list()), ...(await inventory.locations.list())].map(({ id }) => id),
  ];
  return there.every((name) => own.has(name));
}

async function importCatalog({ catalog }: Services): Promise<void> {
  const ask = { format: "csv", mode: "all-or-nothing", dryRun: false } as const;
  for await (const { state, errors } of catalog.imports.run(
    createReadStream(pathOf("catalog.csv")),
    ask,
    BY,
  )) {
    if (state !== "refused") continue;
    const [first] = errors;
    throw new HaggleError("CATALOG_REFUSED", first?.message ?? "", { at: `catalog.csv:${first?.line}` });
  }
}

function toRate({ taxClass, rate, from, until }: TaxRow): TaxRate {
  return {
    taxClass,
    rate,
    ...(from !== "" && { from: Date.parse(from) }),
    ...(until !== "" && { until: Date.parse(until) }),
  };
}

/** As lines of NDJSON, with what each has ordered. */
function count(customers: readonly CustomerRow[], orders: readonly Order[]): string {
  const ordered = Map.groupBy(orders, ({ customer }) => customer?.id);
  return customers
    .map((customer) =>
      JSON.stringify({ ...customer, counters: { orders: ordered.get(customer.id)?.length ?? 0 } }),
    )
    .join("\n");
}
