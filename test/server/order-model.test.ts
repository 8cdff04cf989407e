import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OrderState, TRANSITIONS } from "../../server/modules/orders/states.ts";
import { line } from "../support/quotes.ts";
import { LOCATION, openReturnWorld, type ReturnWorld, SPRING } from "../support/returns.ts";
import { type Call, operatorOf } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Two servers on one database are asked for quotes, orders, payments, shipments and returns in any order, some of them at once,
// and a plain model says what has to come of it.

const RUNS = Number(process.env.HAGGLE_RUNS ?? 10);
const COMMANDS = 60;
const MINUTE_MS = 60_000;
const PAY_WITHIN_MS = 2 * MINUTE_MS;
const SKUS = ["book-1", "lamp-b", "runner-42"] as const;
/** Of each, so few that some orders are refused. */
const PIECES = 8;
const USES = 2;
const BUDGET = 2_500;

type Line = { id: string; sku: string; quantity: number };
type Quote = { id: string; lines: Line[]; hasCode: boolean; claim: number; expires: number; order?: Order };
type Order = {
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

type Model = {
  quotes: Quote[];
  orders: Order[];
  onHand: Map<string, number>;
  codesLeft: number;
  budgetLeft: number;
};
type Server = { operate: Call; server: TestServer };
type Real = { world: ReturnWorld; servers: readonly [Server, Server]; run: string; spent: number };
type Command = fc.AsyncCommand<Model, Real>;
type Json = Record<string, unknown> & { error?: { code: string } };

let keys = 0;

/** Its status, or the code of what it was refused with. */
async function ask(
  at: Server,
  path: string,
  body: object = {},
): Promise<{ said: number | string; body: Json }> {
  const headers = { "idempotency-key": `model-${++keys}` };
  const { status, body: answer } = await at.operate<Json>(path, body, { headers });
  return { said: answer.error?.code ?? status, body: answer };
}

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
const INDEXES = 10;
const MOSTLY = 8;

const sum = (amounts: Iterable<number>) => [...amounts].reduce((all, amount) => all + amount, 0);

function reserved(model: Model, sku: string): number {
  const open = model.orders.filter(({ state }) => state === "awaiting_payment");
  return sum(
    open.flatMap(({ lines }) => lines.filter((one) => one.sku === sku).map(({ quantity }) => quantity)),
  );
}

function addToStock(model: Model, lines: readonly Line[], sign: 1 | -1): void {
  for (const { sku, quantity } of lines) model.onHand.set(sku, model.onHand.get(sku)! + sign * quantity);
}

function modelPlace(model: Model, quote: Quote, now: number): number | string {
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
function release(model: Model, order: Order): void {
  if (order.hasCode) model.codesLeft++;
  model.budgetLeft += order.claimed;
  order.hasCode = false;
  order.claimed = 0;
}

function modelCancel(model: Model, order: Order): number | string {
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

function modelPay(model: Model, order: Order): void {
  order.state = "paid";
  order.captured = order.total;
  addToStock(model, order.lines, -1);
}

const leftOf = (order: Order, { id, quantity }: Line) => quantity - (order.returned.get(id) ?? 0);
const RETURNABLE: readonly OrderState[] = ["shipped", "completed", "returned_in_part"];

/** The units with the lowest numbers are back. @returns what was paid for them, or for all that is left */
function modelReturn(model: Model, order: Order, { id, sku }: Line, units: number, isRestocked: boolean) {
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

/** What nobody waits for any more has happened: providers have answered, and stock has followed its orders. */
async function settle({ world, servers }: Real): Promise<void> {
  await until(async () => {
    const unsettled = await world.database.query(
      "select from payment_operations where settled_at is null limit 1",
    );
    return unsettled.length === 0;
  });
  await until(async () => {
    await Promise.all(servers.map(({ server }) => server.app.commerce.orders.settle()));
    const behind = await world.database.query(
      `select from orders where stock = 'held' and state not in ('draft', 'reserved', 'awaiting_payment')
         or stock = 'confirmed' and state = 'cancelled' limit 1`,
    );
    return behind.length === 0;
  });
}

type Row = Pick<Order, "id" | "state" | "total" | "captured" | "refunded"> & { ledger: number };

/** What both of them come to, and what always holds. */
async function compare(model: Model, real: Real): Promise<void> {
  await settle(real);
  const { world } = real;
  const { database } = world;
  const ids = model.orders.map(({ id }) => id);
  const [rows, steps, levels, budgets] = await Promise.all([
    database.query<Row>(
      `select order_id as id, state, total, captured, refunded,
         (select sum(units * amount_each)::bigint from order_ledger l where l.order_id = o.order_id and kind <> 'taxIncluded') as ledger
       from orders o where order_id = any($1)`,
      [ids],
    ),
    database.query<{ from: OrderState; to: OrderState }>(
      `select distinct from_state as "from", to_state as "to" from order_history where order_id = any($1) and number > 1`,
      [ids],
    ),
    database.query<{ sku: string; onHand: number; reserved: number }>(
      `select sku, sum(on_hand)::bigint as "onHand", sum(reserved)::bigint as reserved from stock_levels
       where sku = any($1) group by sku`,
      [SKUS],
    ),
    database.query<{ used: number; amount: number }>(
      "select used, amount from budget_uses where campaign_id = $1",
      [SPRING],
    ),
  ]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const { id, state, total, captured, refunded } of model.orders) {
    expect(byId.get(id)).toEqual({ id, state, total, captured, refunded, ledger: total });
    expect(captured - refunded).toBeGreaterThanOrEqual(0);
  }
  for (const { from, to } of steps) expect(TRANSITIONS[from]).toContain(to);
  const stock = Object.fromEntries(levels.map(({ sku, ...counts }) => [sku, counts]));
  expect(stock).toEqual(
    Object.fromEntries(
      SKUS.map((sku) => [sku, { onHand: model.onHand.get(sku), reserved: reserved(model, sku) }]),
    ),
  );
  const used = budgets[0]?.used ?? 0;
  expect(used).toBe(real.spent + BUDGET - model.budgetLeft);
  expect(used).toBeLessThanOrEqual(real.spent + BUDGET);
  const { used: uses } = await world.ask<{ used: number }>("/v1/coupons:look", { code: codeOf(real) });
  expect(uses).toBe(USES - model.codesLeft);
  expect(uses).toBeLessThanOrEqual(USES);
}

const codeOf = ({ run }: Pick<Real, "run">) => `MODEL-${run}`;
const now = ({ world }: Real) => world.time.now!;

type Wanted = { sku: (typeof SKUS)[number]; quantity: number };

const quote = (wanted: Wanted[], isWithCode: boolean): Command => ({
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
const place = (index: number, times: 1 | 2, at: number): Command => ({
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

const pay = (index: number, token: "tok_ok" | "tok_declined", at: number): Command => ({
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

const cancel = (index: number, at: number): Command => ({
  check: ({ orders }) => choose(orders, isIn("awaiting_payment", "paid"), index).length > 0,
  async run(model, real) {
    const order = pick(choose(model.orders, isIn("awaiting_payment", "paid"), index), index);
    const { said } = await ask(pick(real.servers, at), `/v1/orders/${order.id}/cancel`);
    expect(said).toBe(modelCancel(model, order));
    await compare(model, real);
  },
  toString: () => `cancel ${index}`,
});

const ship = (index: number, at: number): Command => ({
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

const deliver = (index: number, at: number): Command => ({
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

const bringBack = ({ index, line, asked, isRestocked, isClawedBack, at }: Back): Command => ({
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
const race = (index: number, rival: "pay" | "ship", at: number): Command => ({
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
const pass = (ms: number): Command => ({
  check: () => true,
  async run(model, real) {
    await passFor(model, real, ms);
    await compare(model, real);
  },
  toString: () => `pass ${ms}`,
});

async function passFor(
  model: Model | undefined,
  real: Pick<Real, "world" | "servers">,
  ms: number,
): Promise<void> {
  const { world, servers } = real;
  world.time.now! += ms;
  const expire = () => Promise.all(servers.map(({ server }) => server.app.commerce.orders.expire()));
  while ((await expire()).includes(true));
  await Promise.all(servers.map(({ server }) => server.app.inventory.expire()));
  for (const order of model?.orders ?? []) {
    if (order.state !== "awaiting_payment" || order.expiresAt > world.time.now!) continue;
    order.state = "expired";
    release(model!, order);
  }
}

const wanted = fc.array(
  fc.record({ sku: fc.constantFrom(...SKUS), quantity: fc.integer({ min: 1, max: 3 }) }),
  { minLength: 1, maxLength: 2 },
);
const index = fc.nat({ max: INDEXES - 1 });
const at = fc.constantFrom(0, 1);
/** What leads on comes more often than what ends. */
const often = <T>(times: number, command: T): T[] => new Array<T>(times).fill(command);
const commands = fc.commands<Model, Real, false>(
  [
    ...often(
      2,
      fc.tuple(wanted, fc.boolean()).map((given) => quote(...given)),
    ),
    ...often(
      3,
      fc.tuple(index, fc.constantFrom(1, 2), at).map((given) => place(...given)),
    ),
    ...often(
      3,
      fc.tuple(index, fc.constantFrom("tok_ok", "tok_ok", "tok_declined"), at).map((given) => pay(...given)),
    ),
    ...often(
      3,
      fc.tuple(index, at).map((given) => ship(...given)),
    ),
    fc.tuple(index, at).map((given) => deliver(...given)),
    ...often(
      4,
      fc
        .record({
          index,
          line: fc.constantFrom(0, 1),
          asked: fc.integer({ min: 1, max: 3 }),
          isRestocked: fc.boolean(),
          isClawedBack: fc.boolean(),
          at,
        })
        .map(bringBack),
    ),
    fc.tuple(index, at).map((given) => cancel(...given)),
    fc.tuple(index, fc.constantFrom("pay" as const, "ship" as const), at).map((given) => race(...given)),
    fc.constantFrom(MINUTE_MS, PAY_WITHIN_MS).map(pass),
  ],
  { maxCommands: COMMANDS, size: "max" },
);

/** So that there is something to send back from the beginning. */
const sold = fc
  .tuple(wanted, fc.boolean())
  .map((given) => [quote(...given), place(0, 1, 0), pay(0, "tok_ok", 1), ship(0, 0)]);

describe("orders", () => {
  let world: ReturnWorld;
  let servers: readonly [Server, Server];

  beforeAll(async () => {
    world = await openReturnWorld();
    const other = await world.start();
    servers = [
      { server: world.server, operate: world.operate },
      { server: other, operate: await operatorOf(other, world.shop.dataFolder) },
    ];
    world.time.now = Date.now();
  });
  afterAll(() => world.close());

  /** What earlier runs left is over, and there are so many pieces, uses and so much money again. */
  async function begin(run: string): Promise<{ model: Model; real: Real }> {
    await passFor(undefined, { world, servers }, PAY_WITHIN_MS);
    await settle({ world, servers, run, spent: 0 });
    const { stock } = await world.ask<{ stock: { sku: string; onHand: number }[] }>("/v1/stock");
    const movements = stock
      .filter(({ sku, onHand }) => SKUS.some((one) => one === sku) && onHand !== PIECES)
      .map(({ sku, onHand }) => ({ kind: "adjust", sku, location: LOCATION, quantity: PIECES - onHand }));
    if (movements.length > 0) await world.ask("/v1/stock/movements", { movements });
    const [row] = await world.database.query<{ used: number }>(
      "select used from budget_uses where campaign_id = $1",
      [SPRING],
    );
    const spent = row?.used ?? 0;
    const budget = { id: "money", allowance: SPRING, counts: "money", amounts: { EUR: spent + BUDGET } };
    await world.ask(`/v1/campaigns/${SPRING}`, { budgets: [budget] }, "PUT");
    await world.ask(`/v1/campaigns/${SPRING}/codes`, { code: codeOf({ run }), uses: USES });
    return {
      model: {
        quotes: [],
        orders: [],
        onHand: new Map(SKUS.map((sku) => [sku, PIECES])),
        codesLeft: USES,
        budgetLeft: BUDGET,
      },
      real: { world, servers, run, spent },
    };
  }

  it("are what a plain model says, whatever is asked in whatever order of whichever of two servers", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(sold, commands, async (first, some) => {
        const begun = await begin(`${++runs}`);
        await fc.asyncModelRun(() => begun, [...first, ...some]);
        // What the provider has in its own book, and nothing else, moved.
        for (const { id, captured, refunded } of begun.model.orders) {
          const { capture = 0, refund = 0 } = await world.moneyOf(id);
          expect([capture, refund]).toEqual([captured, refunded]);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
