import { createLog, type Database } from "@haggle/server";
import { createAudit } from "../../server/modules/audit/service.ts";
import type { SaleBody } from "../../server/modules/flash-sales/schema.ts";
import { createFlashSales } from "../../server/modules/flash-sales/service.ts";
import { openFlashSaleTokens } from "../../server/modules/flash-sales/tokens.ts";
import { createOutbox } from "../../server/platform/outbox.ts";
import { SYSTEM_ACTOR } from "../../server/platform/scope.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { findBroken, openInventory } from "./inventory.ts";

// Flash sales of a tenant as a process of its own has them, with its stock, on the database of the tests.

export type SaleShop = Awaited<ReturnType<typeof openFlashSales>>;

const BY = { actor: SYSTEM_ACTOR };
const SALE_MS = 3_600_000;

type Options = { tenant: string; clock: () => number; bucket?: number };

/** `clock` is its stopwatch too: a moment that is over is over for what it keeps as well. */
export async function openFlashSales({ tenant, clock, bucket }: Options) {
  const shop = await openInventory({ tenant, clock, bucket });
  let asked = 0;
  const database: Database = {
    ...shop.database,
    query: (...statement) => {
      asked++;
      return shop.database.query(...statement);
    },
    transaction: (work) => {
      asked++;
      return shop.database.transaction(work);
    },
  };
  const tokens = await openFlashSaleTokens(database, clock);
  const log = createLog("silent");
  const sales = createFlashSales({
    database,
    tokens,
    inventory: shop,
    audit: createAudit({ database, clock }),
    outbox: createOutbox({ database, telemetry: createTelemetry(), clock, log }),
    clock,
    stopwatch: clock,
    log,
  });
  return {
    ...shop,
    sales,
    tokens,
    /** How often its sales have asked the database. */
    countAsked: () => asked,
    putSale: (id: string, body: SaleBody) => sales.put(id, body, {}, BY),
    /** Whose turn it is, whoever that is. */
    holderOf: (sale: string, unit: string, expires: number) =>
      tokens.openPurchase(tokens.seal("purchase", { sale, unit }, expires), unit),
  };
}

/** Of a sku of its own, which runs already. */
export async function beginSale(
  shop: SaleShop,
  sale: string,
  { now, pieces, ...more }: { now: number; pieces: number } & Partial<SaleBody>,
): Promise<{ sale: string; sku: string }> {
  const sku = `${sale}-sku`;
  if (pieces > 0) await shop.receive(sku, "north", pieces);
  const window = { skus: [sku], from: now, until: now + SALE_MS };
  await shop.putSale(sale, { ...window, perCustomer: 1, admission: { perSecond: 1_000 }, ...more });
  return { sale, sku };
}

/** What must hold at any time of stock and of what is counted, and what was wrong with the program since: nothing. */
export async function findWrong(shops: readonly SaleShop[]): Promise<unknown[]> {
  const [first] = shops as [SaleShop];
  const errors = shops.flatMap((shop) => shop.takeErrors());
  return [...(await findBroken(first)), ...(await findMiscounted(first)), ...errors];
}

/** Units of rations that are still kept, whose counted pieces are not those that they hold and have bought: none. */
export function findMiscounted({ database }: Pick<SaleShop, "database">): Promise<object[]> {
  return database.query(`
    with used as (
      select share ->> 'ration' as ration, share ->> 'unit' as unit, sum((share ->> 'pieces')::bigint) as pieces
      from reservations where state in ('held', 'confirmed') and share ->> 'ration' in (select ration from stock_rations) group by 1, 2
    )
    select unit, u.pieces, used.pieces as used
    from stock_ration_uses u full join used using (ration, unit)
    where coalesce(u.pieces, 0) <> coalesce(used.pieces, 0)`);
}

/** Of what was refused, by its code. */
export async function countOutcomes(asked: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const one of await Promise.allSettled(asked)) {
    const name = one.status === "fulfilled" ? "held" : (one.reason.code as string);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
