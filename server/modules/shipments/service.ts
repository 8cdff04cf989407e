import { randomBytes } from "node:crypto";
import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { OrderLine, OrderRow, Orders } from "../orders/service.ts";
import type { Payments } from "../payments/service.ts";
import type { ShipmentBody, ShipmentView } from "./schema.ts";
import * as store from "./store.ts";
import { type Shipped, worthOf } from "./worth.ts";

export type Shipments = ReturnType<typeof createShipments>;

type Dependencies = {
  database: Database;
  orders: Pick<Orders, "find" | "hold" | "move" | "listLedger">;
  payments: Pick<Payments, "captureOf" | "takenOf">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

const ID_BYTES = 18;

/** What of orders has left the house, and what is taken for it. */
export function createShipments({ database, orders, payments, outbox, clock }: Dependencies) {
  /** Of what was only promised: so much that all that has left is taken. @throws HaggleError SHIPMENT_UNPAID */
  async function takeMoney(
    tx: Queryable,
    { id: order, total, lines }: OrderRow,
    shipped: Shipped,
  ): Promise<void> {
    const [entries, taken] = await Promise.all([orders.listLedger(order, tx), payments.takenOf(tx, order)]);
    const amount = (isAll(lines, shipped) ? total : Math.min(total, worthOf(entries, shipped))) - taken;
    if (amount <= 0) return;
    const asked = await payments.captureOf(tx, { order, amount, cause: "shipped" });
    if (asked < amount) throw refuse("SHIPMENT_UNPAID", "order", amount - asked);
  }

  async function ship(
    tx: Queryable,
    id: string,
    { lines: asked, reference }: ShipmentBody,
    actor: string,
  ): Promise<store.ShipmentRow> {
    const order = await orders.hold(tx, id);
    if (order.state !== "paid" && order.state !== "fulfilling")
      throw refuse("ORDER_STATE", "order", order.state);
    const before = await store.listShipped(tx, id);
    const units = readUnits(asked ?? listLeft(order.lines, before), order.lines, before);
    const shipment = {
      id: `ship_${randomBytes(ID_BYTES).toString("base64url")}`,
      order: id,
      reference: reference ?? null,
      lines: units.map(({ line, firstUnit, units: count }) => ({ line, firstUnit, units: count })),
      shippedAt: clock(),
    };
    const after = new Map(before);
    for (const { line, firstUnit, units: count } of units) after.set(line, firstUnit + count);
    await Promise.all([store.insertShipment(tx, shipment), store.addShipped(tx, id, units)]);
    await takeMoney(tx, order, after);
    const data = { order: id, shipment: shipment.id, lines: shipment.lines };
    await outbox.emit(tx, { type: "shipment.shipped", subject: id, data });
    const by = { order: id, cause: `shipment ${shipment.id}`, actor };
    if (order.state === "paid") await orders.move(tx, { ...by, to: "fulfilling" });
    if (isAll(order.lines, after)) await orders.move(tx, { ...by, to: "shipped" });
    return { ...shipment, deliveredAt: null };
  }

  return {
    /** Somebody packs it. It can be cancelled until something leaves. @throws HaggleError ORDER_UNKNOWN, ORDER_STATE */
    async begin(order: string, actor: string): Promise<void> {
      await database.transaction(async (tx) => {
        const { state } = await orders.hold(tx, order);
        if (state === "fulfilling") return;
        await orders.move(tx, { order, to: "fulfilling", cause: "packing", actor });
      });
    },
    /**
     * Units leave, those with the lowest numbers first, and what is promised for them is taken after the commit. An order is
     * shipped when the last one has left.
     *
     * @throws HaggleError ORDER_UNKNOWN, ORDER_STATE, SHIPMENT_UNKNOWN_LINE, SHIPMENT_TOO_MANY with how many are left,
     *   SHIPMENT_UNPAID, SERVER_IDEMPOTENCY_KEY
     */
    async ship(
      order: string,
      body: ShipmentBody,
      actor: string,
      repeatable: Repeatable,
    ): Promise<{ shipment: ShipmentView; isRepeat: boolean }> {
      const { answer, isRepeat } = await database.transaction((tx) =>
        once(tx, repeatable, clock(), async () => toView(await ship(tx, order, body, actor))),
      );
      return { shipment: answer, isRepeat };
    },
    /** It arrived: an order of which all has is completed. @throws HaggleError SHIPMENT_UNKNOWN */
    async deliver(id: string, actor: string): Promise<ShipmentView> {
      return database.transaction(async (tx) => {
        const found = await store.findShipment(tx, id);
        if (found === undefined) throw refuse("SHIPMENT_UNKNOWN", "id", id);
        const { order } = found;
        const { state } = await orders.hold(tx, order);
        if (await store.deliverShipment(tx, id, clock())) {
          await outbox.emit(tx, {
            type: "shipment.delivered",
            subject: order,
            data: { order, shipment: id },
          });
          const all = await store.listShipments(tx, order);
          const isAtHome = all.every(({ deliveredAt }) => deliveredAt !== null);
          if (state === "shipped" && isAtHome) {
            await orders.move(tx, { order, to: "completed", cause: `shipment ${id}`, actor });
          }
        }
        return toView((await store.findShipment(tx, id))!);
      });
    },
    /** The oldest first. @throws HaggleError ORDER_UNKNOWN */
    async list(order: string): Promise<ShipmentView[]> {
      const shipments = await store.listShipments(database, order);
      if (shipments.length === 0) await orders.find(order);
      return shipments.map(toView);
    },
    /** Of an order that the caller holds: what has left does not come back by a cancellation. */
    hasLeft: (tx: Queryable, order: string): Promise<boolean> => store.hasShipment(tx, order),
  };
}

function isAll(lines: readonly OrderLine[], shipped: Shipped): boolean {
  return lines.every(({ id, quantity }) => shipped.get(id) === quantity);
}

function listLeft(lines: readonly OrderLine[], shipped: Shipped): { line: string; units: number }[] {
  return lines
    .map(({ id, quantity }) => ({ line: id, units: quantity - (shipped.get(id) ?? 0) }))
    .filter(({ units }) => units > 0);
}

/** @throws HaggleError SHIPMENT_UNKNOWN_LINE, SHIPMENT_TOO_MANY */
function readUnits(
  asked: readonly { line: string; units: number }[],
  lines: readonly OrderLine[],
  before: Shipped,
): (store.ShippedUnits & { quantity: number })[] {
  const seen = new Set<string>();
  return asked.map(({ line, units }, i) => {
    const found = lines.find(({ id }) => id === line);
    if (found === undefined || seen.has(line))
      throw refuse("SHIPMENT_UNKNOWN_LINE", `lines[${i}].line`, line);
    seen.add(line);
    const firstUnit = before.get(line) ?? 0;
    const left = found.quantity - firstUnit;
    if (units > left) throw refuse("SHIPMENT_TOO_MANY", `lines[${i}].units`, left);
    return { line, firstUnit, units, quantity: found.quantity };
  });
}

function toView({ reference, deliveredAt, ...row }: store.ShipmentRow): ShipmentView {
  return {
    ...row,
    ...(reference !== null && { reference }),
    ...(deliveredAt !== null && { deliveredAt }),
  };
}
