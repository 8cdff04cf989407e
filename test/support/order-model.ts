import type { OrderState } from "../../server/modules/orders/states.ts";

// What becomes of quotes, orders, their money, stock and codes: as plain as can be, for one shop whose orders are asked for one by
// one.

export type Line = { id: string; sku: string; quantity: number };
export type Quote = {
  id: string;
  lines: Line[];
  hasCode: boolean;
  claim: number;
  expires: number;
  order?: Order;
};
export type Order = {
  id: string;
  state: OrderState;
  total: number;
  lines: Line[];
  /** By line: what each unit was paid with, and what the campaign gave for it. */
  paid: Map<string, number[]>;
  given: Map<string, number[]>;
  returned: Map<string, number>;
  hasCode: boolean;
  /** What it has of the campaign's budget. */
  claimed: number;
  captured: number;
  refunded: number;
  expiresAt: number;
  shipment?: string;
};

export type Model = {
  quotes: Quote[];
  orders: Order[];
  onHand: Map<string, number>;
  codesLeft: number;
  budgetLeft: number;
};
export const sum = (amounts: Iterable<number>) => [...amounts].reduce((all, amount) => all + amount, 0);

export function reserved(model: Model, sku: string): number {
  const open = model.orders.filter(({ state }) => state === "awaiting_payment");
  return sum(
    open.flatMap(({ lines }) => lines.filter((one) => one.sku === sku).map(({ quantity }) => quantity)),
  );
}

function addToStock(model: Model, lines: readonly Line[], sign: 1 | -1): void {
  for (const { sku, quantity } of lines) model.onHand.set(sku, model.onHand.get(sku)! + sign * quantity);
}

export function modelPlace(model: Model, quote: Quote, now: number): number | string {
  if (quote.order !== undefined) return 200;
  if (quote.expires <= now) return "QUOTE_EXPIRED";
  const isShort = quote.lines.some(({ sku }) => {
    const wanted = sum(quote.lines.filter((one) => one.sku === sku).map(({ quantity }) => quantity));
    return wanted > model.onHand.get(sku)! - reserved(model, sku);
  });
  if (isShort) return "INVENTORY_SHORT";
  if (quote.hasCode && model.codesLeft === 0) return "COUPON_USED_UP";
  return quote.claim > model.budgetLeft ? "BUDGET_SPENT" : 201;
}

/** What it took of the campaign goes back. */
export function release(model: Model, order: Order): void {
  if (order.hasCode) model.codesLeft++;
  model.budgetLeft += order.claimed;
  order.hasCode = false;
  order.claimed = 0;
}

export function modelCancel(model: Model, order: Order): number | string {
  if (order.state === "cancelled") return 200;
  if (order.state !== "awaiting_payment" && order.state !== "paid") return "ORDER_STATE";
  if (order.state === "paid") {
    addToStock(model, order.lines, 1);
    order.refunded = order.captured;
  }
  order.state = "cancelled";
  release(model, order);
  return 200;
}

export function modelPay(model: Model, order: Order): void {
  order.state = "paid";
  order.captured = order.total;
  addToStock(model, order.lines, -1);
}

export const leftOf = (order: Order, { id, quantity }: Line) => quantity - (order.returned.get(id) ?? 0);
export const RETURNABLE: readonly OrderState[] = ["shipped", "completed", "returned_in_part"];

/** The units with the lowest numbers are back. @returns what was paid for them, or for all that is left */
export function modelReturn(
  model: Model,
  order: Order,
  { id, sku }: Line,
  units: number,
  isRestocked: boolean,
) {
  const from = order.returned.get(id) ?? 0;
  order.returned.set(id, from + units);
  const part = (of: Map<string, number[]>) => sum(of.get(id)!.slice(from, from + units));
  const isWhole = order.lines.every((one) => leftOf(order, one) === 0);
  if (isWhole) release(model, order);
  else {
    const back = Math.min(order.claimed, part(order.given));
    order.claimed -= back;
    model.budgetLeft += back;
  }
  order.state = isWhole ? "returned" : "returned_in_part";
  if (isRestocked) addToStock(model, [{ id, sku, quantity: units }], 1);
  return { isWhole, paid: part(order.paid) };
}
