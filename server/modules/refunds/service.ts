import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import type { By } from "../../platform/scope.ts";
import type { Audit } from "../audit/service.ts";
import type { Budgets } from "../budgets/service.ts";
import type { Inventory } from "../inventory/service.ts";
import { type OrderRow, type Orders, statesBefore } from "../orders/service.ts";
import type { Payments } from "../payments/service.ts";
import { findThen, priceRest, type RestDependencies, type Then } from "./rest.ts";
import type { PreviewView, ReturnBody, ReturnView, Terms } from "./schema.ts";
import { type Before, chooseUnits, countKept, settle } from "./settle.ts";
import { addDiscounts, type DiscountShare, shippingDiscounts } from "./share.ts";
import * as store from "./store.ts";

export type Refunds = ReturnType<typeof createRefunds>;

type Dependencies = RestDependencies & {
  database: Database;
  orders: Pick<Orders, "find" | "hold" | "move" | "listLedger">;
  payments: Pick<Payments, "refund" | "backOf">;
  budgets: Pick<Budgets, "giveBack">;
  stock: Pick<Inventory["stock"], "moveWith" | "tellMoved">;
  audit: Pick<Audit, "record">;
  clock: Clock;
};

/** What a return would come to, what came before it, and discounts on shipping that does not come back with the last goods. */
type Proposal = { order: OrderRow; before: Before; view: PreviewView; kept: DiscountShare[] };

const RETURNABLE = statesBefore("returned");

/** Goods that come back, and the money for them. */
export function createRefunds(dependencies: Dependencies) {
  const { database, orders, payments, budgets, stock, audit, clock } = dependencies;

  /** By what is kept back of a refund; undefined where nothing is. */
  async function findPriced({ quote }: OrderRow, { clawback }: Terms): Promise<Then | undefined> {
    return clawback === "recompute" ? findThen(dependencies, quote) : undefined;
  }

  /** @throws HaggleError ORDER_STATE, RETURN_UNKNOWN_LINE, RETURN_TOO_MANY, RETURN_NOT_PRICED */
  async function propose(
    db: Queryable,
    order: OrderRow,
    terms: Terms,
    then: Then | undefined,
  ): Promise<Proposal> {
    const { id, state, lines, total, currency } = order;
    if (!RETURNABLE.includes(state)) throw refuse("ORDER_STATE", "order", state);
    const [before, ledger, back] = await Promise.all([
      store.findBefore(db, id),
      orders.listLedger(id, db),
      payments.backOf(db, id),
    ]);
    const ranges = chooseUnits(lines, before.returned, terms.lines);
    const kept = countKept(lines, before.returned, ranges);
    const isWhole = [...kept.values()].every((units) => units === 0);
    const priced = then && !isWhole ? priceRest({ lines, ledger }, kept, then) : undefined;
    const keepsShipping = terms.shipping === "keep";
    const settled = settle({ lines, ledger }, before, ranges, {
      // Somebody may have paid back some of it as a favour.
      left: total - Math.max(before.refunded, back),
      isWhole,
      keepsShipping,
      rest: priced?.rest,
    });
    return {
      order,
      before,
      view: { order: id, currency, ...settled, isWhole, changes: priced?.changes ?? [] },
      kept: keepsShipping ? shippingDiscounts(ledger) : [],
    };
  }

  /** Of an order that is held. */
  async function write(
    tx: Queryable,
    { order: { id, lines: bought, total }, before, view, kept }: Proposal,
    { body: { reason, restock }, by }: { body: ReturnBody; by: By },
  ): Promise<ReturnView> {
    const at = clock();
    const actor = by.actor.id;
    const number = before.number + 1;
    const { lines, refund, keptBack, isWhole } = view;
    const quantities = new Map(bought.map((line) => [line.id, line.quantity]));
    const counted = lines.map((line) => ({ ...line, quantity: quantities.get(line.line)! }));
    const told = { number, refund, keptBack, reason, lines };
    const to = isWhole ? "returned" : "returned_in_part";
    const [isNext] = await Promise.all([
      store.addToSums(tx, { order: id, number, total, refund, keptBack }),
      store.addToLines(tx, id, counted),
      store.insertReturn(tx, {
        order: id,
        number,
        reason,
        restock: restock ?? null,
        settlement: view,
        actor,
        at,
      }),
      orders.move(tx, { order: id, to, cause: reason, actor, data: told }),
      payments.refund(tx, { order: id, amount: refund, cause: `return ${number}` }),
    ]);
    if (!isNext) throw new Error(`the order ${id} is held, and something else of it came back`);
    // Orders that are being placed meet at budgets and at stock: those are held last.
    const shares = isWhole ? "all" : addDiscounts(lines.map(({ discounts }) => discounts));
    await budgets.giveBack(tx, { order: id, shares, kept });
    if (restock !== undefined) {
      const cause = `return ${number}`;
      const back = lines.map(({ sku, units: quantity }) => ({ sku, location: restock, quantity, cause }));
      const movements = back.map((each) => ({ kind: "return" as const, ...each }));
      await stock.moveWith(tx, movements, { actor, order: id });
    }
    const after = { number, refund, keptBack };
    await audit.record(tx, { ...by, action: "order.returned", object: `order:${id}`, after });
    return { ...view, number, reason, ...(restock !== undefined && { restock }), at };
  }

  return {
    /** What a return would come to now; nothing is done. @throws HaggleError those of `propose`, ORDER_UNKNOWN */
    async preview(id: string, terms: Terms): Promise<PreviewView> {
      const order = await orders.find(id);
      return (await propose(database, order, terms, await findPriced(order, terms))).view;
    },
    /**
     * Once for each key: the order, its money, budgets and stock in one transaction. The provider hears of the refund behind it.
     *
     * @throws HaggleError those of `propose`, ORDER_UNKNOWN, RETURN_UNSEEN, RETURN_CHANGED, INVENTORY_UNKNOWN_LOCATION,
     *   SERVER_IDEMPOTENCY_KEY, what `payments.refund` throws
     */
    async make(id: string, body: ReturnBody, by: By, repeatable: Repeatable) {
      const isSeen = body.refund !== undefined;
      if (body.clawback === "recompute" && !isSeen) throw refuse("RETURN_UNSEEN", "refund");
      const then = await findPriced(await orders.find(id), body);
      const done = await database.transaction((tx) =>
        once(tx, repeatable, clock(), async () => {
          const proposal = await propose(tx, await orders.hold(tx, id), body, then);
          const { refund } = proposal.view;
          if (isSeen && body.refund !== refund) throw refuse("RETURN_CHANGED", "refund", refund);
          return write(tx, proposal, { body, by });
        }),
      );
      if (body.restock !== undefined) stock.tellMoved(done.answer.lines.map(({ sku }) => sku));
      return done;
    },
    /** The first one first. @throws HaggleError ORDER_UNKNOWN */
    async list(id: string): Promise<ReturnView[]> {
      await orders.find(id);
      const rows = await store.listReturns(database, id);
      return rows.map(({ settlement, restock, ...row }) => ({
        ...settlement,
        ...row,
        ...(restock !== null && { restock }),
      }));
    },
  };
}
