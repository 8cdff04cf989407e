import { expect } from "vitest";
import type { OrderState } from "../../server/modules/orders/states.ts";
import {
  type Line,
  leftOf,
  type Model,
  modelCancel,
  modelPay,
  modelPlace,
  modelReturn,
  type Order,
  type Quote,
  RETURNABLE,
  sum,
} from "./order-model.ts";
import {
  ask,
  type Command,
  codeOf,
  compare,
  type Json,
  MINUTE_MS,
  now,
  PAY_WITHIN_MS,
  passFor,
  type Real,
  type SKUS,
  settle,
} from "./order-model-shop.ts";
import { line } from "./quotes.ts";
import { LOCATION, SPRING } from "./returns.ts";

// What is asked of orders, for a test that asks for it in any order: each says what has to come of it by the model.

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length]!;
/** Mostly those with which something can be done, now and then any of them. */
function choose<T>(list: readonly T[], isApt: (one: T) => boolean, index: number): readonly T[] {
  return index < MOSTLY ? list.filter(isApt) : list;
}
const isIn =
  (...states: OrderState[]) =>
  ({ state }: Order) =>
    states.includes(state);
const isOpen = ({ order }: Quote) => order === undefined;
export const INDEXES = 10;
const MOSTLY = 8;

type Wanted = { sku: (typeof SKUS)[number]; quantity: number };

export const quote = (wanted: Wanted[], isWithCode: boolean): Command => ({
  check: () => true,
  async run(model, real) {
    const lines = wanted.map(({ sku, quantity }, i) => ({ id: `${i + 1}`, sku, quantity }));
    const { body } = await real.world.operate<{
      quote: { id: string; expires: number };
      decision: { claims: { promotion: string; amount: number }[] };
      coupons?: { state: string }[];
    }>("/v1/quotes", {
      currency: "EUR",
      region: "DE",
      shippingMethod: "parcel",
      lines: lines.map(({ id, sku, quantity }) => line(id, sku, quantity)),
      ...(isWithCode && { coupons: [codeOf(real)] }),
    });
    const hasCode = body.coupons?.[0]?.state === "applied";
    const claim = sum(body.decision.claims.map(({ amount }) => amount));
    // What is left when it is quoted is all that it may take.
    if (model.codesLeft === 0) expect(hasCode).toBe(false);
    expect(claim).toBeLessThanOrEqual(model.budgetLeft);
    if (claim > 0) expect(hasCode).toBe(true);
    model.quotes.push({ id: body.quote.id, lines, hasCode, claim, expires: body.quote.expires });
    await compare(model, real);
  },
  toString: () =>
    `quote ${wanted.map(({ sku, quantity }) => `${quantity} ${sku}`)}${isWithCode ? " code" : ""}`,
});

type Entry = {
  part: string;
  line: string;
  firstUnit: number;
  units: number;
  kind: string;
  promotion?: string;
  amountEach: number;
};

/** Each unit of each line, by the entries that are for it. */
function byUnit(lines: readonly Line[], entries: readonly Entry[]): Map<string, number[]> {
  const amounts = new Map(lines.map(({ id, quantity }) => [id, new Array<number>(quantity).fill(0)]));
  for (const { line, firstUnit, units, amountEach } of entries) {
    for (let unit = firstUnit; unit < firstUnit + units; unit++) amounts.get(line)![unit]! += amountEach;
  }
  return amounts;
}

async function keepOrder(model: Model, real: Real, quoted: Quote, body: Json): Promise<void> {
  const { id, total, expires } = body.order as { id: string; total: number; expires: number };
  const { entries } = await real.world.ask<{ entries: Entry[] }>(`/v1/orders/${id}/ledger`);
  const ofLines = entries.filter(({ part, kind }) => part === "line" && kind !== "taxIncluded");
  const ofCampaign = ofLines.filter(({ promotion }) => promotion === SPRING);
  const given = byUnit(
    quoted.lines,
    ofCampaign.map((entry) => ({ ...entry, amountEach: -entry.amountEach })),
  );
  const order: Order = {
    id,
    state: "awaiting_payment",
    total,
    lines: quoted.lines,
    paid: byUnit(quoted.lines, ofLines),
    given,
    returned: new Map(),
    hasCode: quoted.hasCode,
    claimed: quoted.claim,
    captured: 0,
    refunded: 0,
    expiresAt: expires,
  };
  expect(Math.min(...[...order.paid.values()].flat())).toBeGreaterThanOrEqual(0);
  if (quoted.hasCode) model.codesLeft--;
  model.budgetLeft -= quoted.claim;
  quoted.order = order;
  model.orders.push(order);
}

/** Of what is claimed behind the stock. */
const LATE_REFUSALS: readonly unknown[] = ["COUPON_USED_UP", "BUDGET_SPENT"];
/** So long stock is held for an order that is being placed. */
const PLACING_MS = MINUTE_MS;

/** By so many at once: one of them makes it, and all are told of the same order. */
export const place = (index: number, times: 1 | 2, at: number): Command => ({
  check: ({ quotes }) => choose(quotes, isOpen, index).length > 0,
  async run(model, real) {
    const quoted = pick(choose(model.quotes, isOpen, index), index);
    const expected = modelPlace(model, quoted, now(real));
    const body = { quote: quoted.id, payWithinMs: PAY_WITHIN_MS };
    const answers = await Promise.all(
      Array.from({ length: times }, (_, i) => ask(pick(real.servers, at + i), "/v1/orders", body)),
    );
    const isSpent = quoted.claim > model.budgetLeft;
    // Which of the two is told where both are at their end is nobody's promise.
    const toTold = (said: unknown) => (isSpent && said === "BUDGET_SPENT" ? expected : said);
    const said = answers.map((one) => toTold(one.said)).sort();
    expect(said).toEqual(times === 2 && expected === 201 ? [200, 201] : said.map(() => expected));
    // What two calls hold together none of them gives back: it ends by itself.
    if (times === 2 && LATE_REFUSALS.includes(expected)) await passFor(model, real, PLACING_MS);
    if (expected === 201) await keepOrder(model, real, quoted, answers[0]!.body);
    if (quoted.order !== undefined) {
      const told = answers.map((one) => (one.body.order as { id: string }).id);
      expect(new Set(told)).toEqual(new Set([quoted.order.id]));
    }
    await compare(model, real);
  },
  toString: () => `place ${index} ${times}x at ${at}`,
});

export const pay = (index: number, token: "tok_ok" | "tok_declined", at: number): Command => ({
  check: ({ orders }) => choose(orders, isIn("awaiting_payment"), index).length > 0,
  async run(model, real) {
    const order = pick(choose(model.orders, isIn("awaiting_payment"), index), index);
    const isOpen = order.state === "awaiting_payment";
    const { said } = await ask(pick(real.servers, at), `/v1/orders/${order.id}/payments`, { token });
    expect(said).toBe(isOpen ? (token === "tok_ok" ? 201 : "PAYMENT_DECLINED") : "ORDER_STATE");
    if (said === 201) modelPay(model, order);
    await compare(model, real);
  },
  toString: () => `pay ${index} ${token}`,
});

export const cancel = (index: number, at: number): Command => ({
  check: ({ orders }) => choose(orders, isIn("awaiting_payment", "paid"), index).length > 0,
  async run(model, real) {
    const order = pick(choose(model.orders, isIn("awaiting_payment", "paid"), index), index);
    const { said } = await ask(pick(real.servers, at), `/v1/orders/${order.id}/cancel`);
    expect(said).toBe(modelCancel(model, order));
    await compare(model, real);
  },
  toString: () => `cancel ${index}`,
});

export const ship = (index: number, at: number): Command => ({
  check: ({ orders }) => choose(orders, isIn("paid"), index).length > 0,
  async run(model, real) {
    const order = pick(choose(model.orders, isIn("paid"), index), index);
    const { said, body } = await ask(pick(real.servers, at), `/v1/orders/${order.id}/shipments`);
    expect(said).toBe(order.state === "paid" ? 201 : "ORDER_STATE");
    if (said === 201) Object.assign(order, { state: "shipped", shipment: body.id });
    await compare(model, real);
  },
  toString: () => `ship ${index}`,
});

export const deliver = (index: number, at: number): Command => ({
  check: ({ orders }) => orders.some(({ shipment }) => shipment !== undefined),
  async run(model, real) {
    const order = pick(
      model.orders.filter(({ shipment }) => shipment !== undefined),
      index,
    );
    const { said } = await ask(pick(real.servers, at), `/v1/shipments/${order.shipment}/deliver`);
    expect(said).toBe(200);
    if (order.state === "shipped") order.state = "completed";
    await compare(model, real);
  },
  toString: () => `deliver ${index}`,
});

type Back = {
  index: number;
  line: number;
  asked: number;
  isRestocked: boolean;
  isClawedBack: boolean;
  at: number;
};

export const bringBack = ({ index, line, asked, isRestocked, isClawedBack, at }: Back): Command => ({
  check: ({ orders }) => choose(orders, isIn(...RETURNABLE), index).length > 0,
  async run(model, real) {
    const order = pick(choose(model.orders, isIn(...RETURNABLE), index), index);
    const one = pick(order.lines, line);
    const left = leftOf(order, one);
    const units = index < MOSTLY && left > 0 ? 1 + (asked % left) : asked;
    const path = `/v1/orders/${order.id}/returns`;
    const terms = {
      lines: [{ line: one.id, units }],
      ...(isClawedBack && { clawback: "recompute" }),
    };
    const shown = await ask(pick(real.servers, at + 1), `${path}/preview`, terms);
    const { said, body } = await ask(pick(real.servers, at), path, {
      ...terms,
      reason: "unwanted",
      ...(isClawedBack && { refund: shown.body.refund ?? 0 }),
      ...(isRestocked && { restock: LOCATION }),
    });
    if (!RETURNABLE.includes(order.state)) expect([shown.said, said]).toEqual(["ORDER_STATE", "ORDER_STATE"]);
    else if (units > left) expect([shown.said, said]).toEqual(["RETURN_TOO_MANY", "RETURN_TOO_MANY"]);
    else {
      expect([shown.said, said]).toEqual([200, 201]);
      const { isWhole, paid } = modelReturn(model, order, one, units, isRestocked);
      const { refund, goods, keptBack } = body as { refund: number; goods: number; keptBack: number };
      expect([refund, goods, body.isWhole]).toEqual([shown.body.refund, paid, isWhole]);
      if (isWhole) expect(refund).toBe(order.total - order.refunded);
      else expect(refund).toBe(paid - keptBack);
      if (!isClawedBack && !isWhole) expect(keptBack).toBe(0);
      order.refunded += refund;
    }
    await compare(model, real);
  },
  toString: () => `return ${asked} of ${index}/${line}${isClawedBack ? " recomputed" : ""}`,
});

/** Two that cannot both have their way. */
export const race = (index: number, rival: "pay" | "ship", at: number): Command => ({
  check: ({ orders }) => orders.some(({ state }) => state === RACED[rival]),
  async run(model, real) {
    const order = pick(
      model.orders.filter(({ state }) => state === RACED[rival]),
      index,
    );
    const path = `/v1/orders/${order.id}`;
    const [first, cancelled] = await Promise.all([
      rival === "pay"
        ? ask(pick(real.servers, at), `${path}/payments`, { token: "tok_ok" })
        : ask(pick(real.servers, at), `${path}/shipments`),
      ask(pick(real.servers, at + 1), `${path}/cancel`),
    ]);
    if (rival === "ship") {
      expect([
        [201, "ORDER_STATE"],
        ["ORDER_STATE", 200],
      ]).toContainEqual([first.said, cancelled.said]);
      if (first.said === 201) Object.assign(order, { state: "shipped", shipment: first.body.id });
      else modelCancel(model, order);
    } else {
      // Cancelled in any case; what the provider took goes back, whenever it took it.
      expect(cancelled.said).toBe(200);
      modelCancel(model, order);
      await settle(real);
      const { captured } = await real.world.findOrder(order.id);
      expect([0, order.total]).toContain(captured);
      Object.assign(order, { captured, refunded: captured });
    }
    await compare(model, real);
  },
  toString: () => `${rival} and cancel ${index} at once`,
});
const RACED = { pay: "awaiting_payment", ship: "paid" } as const;

/** Time goes by, and both servers look for what has expired. */
export const pass = (ms: number): Command => ({
  check: () => true,
  async run(model, real) {
    await passFor(model, real, ms);
    await compare(model, real);
  },
  toString: () => `pass ${ms}`,
});
