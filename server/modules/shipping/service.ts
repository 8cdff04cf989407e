import { findMinorDigits, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { regionsAround } from "../../platform/region.ts";
import { type Condition, checkCondition, writeHeld } from "../../platform/revision.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";
import { findPrice } from "./price.ts";
import type { MethodBody, MethodView, Priced, Prices, Shipment } from "./schema.ts";
import * as store from "./store.ts";

export type Shipping = ReturnType<typeof createShipping>;

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

/** In which ways goods come to a customer, and for how much. */
export function createShipping({ database, audit, outbox, clock }: Dependencies) {
  const tell = createTell({ audit, outbox });

  return {
    async list(): Promise<MethodView[]> {
      return (await store.listMethods(database)).map(toView);
    },
    /** @throws HaggleError SHIPPING_UNKNOWN_METHOD */
    async get(id: string): Promise<MethodView> {
      const method = await store.findMethod(database, id);
      if (method === undefined) throw refuse("SHIPPING_UNKNOWN_METHOD", "id", id);
      return toView(method);
    },
    /** @throws HaggleError SHIPPING_BAD_TIERS, CART_UNKNOWN_CURRENCY, SERVER_CHANGED */
    async put(id: string, body: MethodBody, condition: Condition, by: By): Promise<MethodView> {
      checkPrices(body.prices);
      const { taxClass = null, ...fields } = body;
      return database.transaction(async (tx) => {
        const before = await store.lockMethod(tx, id);
        const method = { ...fields, id, taxClass, updatedAt: clock() };
        await writeHeld(before, condition, {
          update: () => store.updateMethod(tx, method),
          insert: () => store.insertMethod(tx, method),
        });
        const after = toView({ ...method, revision: (before?.revision ?? 0) + 1 });
        const data = { method: id, revision: after.revision };
        await tell(tx, by, {
          action: "shipping_method.put",
          subject: id,
          data,
          object: `shipping_method:${id}`,
          before: before && toView(before),
          after,
        });
        return after;
      });
    },
    /** @throws HaggleError SHIPPING_UNKNOWN_METHOD, SERVER_CHANGED */
    async remove(id: string, condition: Condition, by: By): Promise<void> {
      await database.transaction(async (tx) => {
        const before = await store.lockMethod(tx, id);
        checkCondition(before, condition);
        if (before === undefined) throw refuse("SHIPPING_UNKNOWN_METHOD", "id", id);
        await store.deleteMethod(tx, id);
        await tell(tx, by, {
          action: "shipping_method.deleted",
          subject: id,
          data: { method: id },
          object: `shipping_method:${id}`,
          before: toView(before),
        });
      });
    },
    /** All methods that take a shipment, the cheapest first. */
    async quote(shipment: Shipment, db: Queryable = database): Promise<Priced[]> {
      const methods = await store.listMethodsTo(db, regionsAround(shipment.region));
      return methods
        .flatMap((method) => {
          const price = findPrice(method, shipment);
          return price === undefined ? [] : [toPriced(method, price)];
        })
        .sort((a, b) => a.price - b.price || (a.id < b.id ? -1 : 1));
    },
    /**
     * What a shipment costs by one method: an entry of a cart, but for the rate of its tax class.
     *
     * @throws HaggleError SHIPPING_UNKNOWN_METHOD, SHIPPING_NOT_OFFERED
     */
    async price(id: string, shipment: Shipment, db: Queryable = database): Promise<Priced> {
      const method = await store.findMethod(db, id);
      if (method === undefined) throw refuse("SHIPPING_UNKNOWN_METHOD", "shippingMethod", id);
      const price = findPrice(method, shipment);
      if (price === undefined) throw refuse("SHIPPING_NOT_OFFERED", "shippingMethod", id);
      return toPriced(method, price);
    },
  };
}

/** Each currency once, each step beyond the one before. */
function checkPrices(prices: Prices): void {
  for (const [index, { currency, tiers }] of prices.entries()) {
    const at = `prices[${index}]`;
    if (findMinorDigits(currency) === undefined) {
      throw refuse("CART_UNKNOWN_CURRENCY", `${at}.currency`, currency);
    }
    if (prices.findIndex((price) => price.currency === currency) < index) {
      throw refuse("SHIPPING_BAD_TIERS", `${at}.currency`, currency);
    }
    for (const [step, { upTo }] of tiers.entries()) {
      const isLast = step === tiers.length - 1;
      const before = tiers[step - 1]?.upTo ?? -1;
      if (upTo === undefined ? isLast : upTo > before) continue;
      throw refuse("SHIPPING_BAD_TIERS", `${at}.tiers[${step}].upTo`, upTo);
    }
  }
}

function toPriced({ id, method, taxClass }: store.StoredMethod, price: number): Priced {
  return { id, method, price, ...(taxClass !== null && { taxClass }) };
}

function toView({ taxClass, ...method }: store.StoredMethod): MethodView {
  return { ...method, ...(taxClass !== null && { taxClass }) };
}
