import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findBroken, openInventory, type Shop } from "../support/inventory.ts";
import { ARRANGEMENTS, type Arrangement } from "../support/inventory-arrangements.ts";

// Two processes on one database do what comes, in any order, and a plain model says what has to come of it.

const T0 = Date.UTC(2026, 10, 26);
const RUNS = 25;
/** It differs by who has the keys. */
const RUNS_IN_A_CLUSTER = 5;
const SKUS = ["a", "b"];
const LOCATIONS = ["north", "south"];

type Kept = { attempt: number; state: string; lines: Map<string, number>; expiresAt: number };
/** By sku, over all locations: an order may be split. */
type Model = { orders: Map<string, Kept>; onHand: Map<string, number>; now: number };
type Real = { shops: readonly [Shop, Shop]; clock: { now: number }; run: string };
type Command = fc.AsyncCommand<Model, Real>;

type Line = { sku: string; quantity: number };
type Asked = { order: string; attempt: number; at: number };
type Reserve = Asked & { lines: Line[]; ttlMs: number };

const nameOf = (run: string, name: string) => `${run}-${name}`;
const codeOf = (cause: unknown) => (cause as { code: string }).code;

function reserve({ shops: at, run }: Real, asked: Reserve): Promise<string> {
  const { order, attempt, lines, ttlMs } = asked;
  return at[asked.at]!.reservations.reserve(
    {
      order: nameOf(run, order),
      attempt,
      lines: lines.map(({ sku, quantity }) => ({ sku: nameOf(run, sku), quantity })),
      ttlMs,
    },
    { deadlineMs: 60_000 },
  ).then(
    ({ reservation, isRepeat }) => (isRepeat ? `again ${reservation.state}` : reservation.state),
    codeOf,
  );
}

function merge(lines: readonly Line[]): Map<string, number> {
  const merged = new Map<string, number>();
  for (const { sku, quantity } of lines) merged.set(sku, (merged.get(sku) ?? 0) + quantity);
  return merged;
}

const same = (a: Map<string, number>, b: Map<string, number>) =>
  a.size === b.size && [...a].every(([sku, quantity]) => b.get(sku) === quantity);

function available(model: Model, without?: Kept): Map<string, number> {
  const left = new Map(model.onHand);
  for (const kept of model.orders.values()) {
    if (kept.state !== "held" || kept === without) continue;
    for (const [sku, quantity] of kept.lines) left.set(sku, (left.get(sku) ?? 0) - quantity);
  }
  return left;
}

const fits = (lines: Map<string, number>, left: Map<string, number>) =>
  [...lines].every(([sku, quantity]) => quantity <= (left.get(sku) ?? 0));

/** What has expired is expired when somebody asks for it, whether the sweep was there or not. */
function settleDue(model: Model, order: string): Kept | undefined {
  const kept = model.orders.get(order);
  if (kept?.state === "held" && kept.expiresAt <= model.now) kept.state = "expired";
  return kept;
}

function modelReserve(model: Model, { order, attempt, lines, ttlMs }: Reserve): string {
  const kept = model.orders.get(order);
  const merged = merge(lines);
  if (kept && kept.attempt > attempt) return "INVENTORY_ATTEMPT";
  if (kept && kept.attempt === attempt) {
    if (!same(kept.lines, merged)) return "INVENTORY_OTHER_LINES";
    const { state } = settleDue(model, order)!;
    if (state === "expired") return "INVENTORY_EXPIRED";
    return state === "released" ? "INVENTORY_STATE" : `again ${state}`;
  }
  if (kept?.state === "confirmed") return "INVENTORY_STATE";
  if (!fits(merged, available(model, kept))) return "INVENTORY_SHORT";
  model.orders.set(order, { attempt, state: "held", lines: merged, expiresAt: model.now + ttlMs });
  return "held";
}

/** What both of them come to, and what always holds. */
async function compare(model: Model, { shops: at, run }: Real): Promise<void> {
  expect(await findBroken(at[0])).toEqual([]);
  const rows = await at[0].database.query<{ sku: string; onHand: number; available: number }>(
    `select sku, sum(on_hand)::bigint as "onHand", sum(on_hand - reserved)::bigint as available from stock_levels
     where sku like $1 group by sku order by sku`,
    [`${run}-%`],
  );
  const left = available(model);
  expect(rows).toEqual(
    [...model.onHand]
      .sort()
      .map(([sku, onHand]) => ({ sku: nameOf(run, sku), onHand, available: left.get(sku) })),
  );
}

const receive = (sku: string, location: string, quantity: number): Command => ({
  check: () => true,
  async run(model, real) {
    await real.shops[0].receive(nameOf(real.run, sku), location, quantity);
    model.onHand.set(sku, (model.onHand.get(sku) ?? 0) + quantity);
    await compare(model, real);
  },
  toString: () => `receive ${quantity} ${sku} at ${location}`,
});

const reserveOne = (asked: Reserve): Command => ({
  check: () => true,
  async run(model, real) {
    expect(await reserve(real, asked)).toBe(modelReserve(model, asked));
    await compare(model, real);
  },
  toString: () => `reserve ${JSON.stringify(asked)}`,
});

const end = (verb: "confirm" | "release" | "extend", { order, attempt, at }: Asked): Command => ({
  check: () => true,
  async run(model, real) {
    const { reservations } = real.shops[at]!;
    const meant = { order: nameOf(real.run, order), attempt };
    const waits = { deadlineMs: 60_000 };
    const said = await {
      confirm: () => reservations.confirm(meant, "till", waits),
      release: () => reservations.release(meant, waits),
      extend: () => reservations.extend(meant, 10_000, waits),
    }
      [verb]()
      .then(({ reservation }) => reservation.state, codeOf);
    expect(said).toBe(modelEnd(model, verb, { order, attempt }));
    await compare(model, real);
  },
  toString: () => `${verb} ${order} ${attempt} at ${at}`,
});

function modelEnd(model: Model, verb: string, { order, attempt }: { order: string; attempt: number }) {
  const kept = model.orders.get(order);
  if (kept === undefined) return "INVENTORY_UNKNOWN_RESERVATION";
  if (kept.attempt !== attempt) return "INVENTORY_ATTEMPT";
  if (verb === "release") {
    if (kept.state === "confirmed") return "INVENTORY_STATE";
    if (kept.state === "held") kept.state = "released";
    return kept.state;
  }
  settleDue(model, order);
  if (kept.state === "confirmed") return verb === "confirm" ? "confirmed" : "INVENTORY_STATE";
  if (kept.state !== "held") return kept.state === "expired" ? "INVENTORY_EXPIRED" : "INVENTORY_STATE";
  if (verb === "extend") kept.expiresAt = Math.max(kept.expiresAt, model.now + 10_000);
  else {
    kept.state = "confirmed";
    for (const [sku, quantity] of kept.lines) model.onHand.set(sku, model.onHand.get(sku)! - quantity);
  }
  return kept.state;
}

/** Time goes by, and both processes sweep at once, or none does. */
const pass = (ms: number, isSwept: boolean): Command => ({
  check: () => true,
  async run(model, real) {
    real.clock.now += ms;
    model.now += ms;
    if (isSwept) {
      await Promise.all(real.shops.map((shop) => shop.expire()));
      for (const order of model.orders.keys()) settleDue(model, order);
    }
    await compare(model, real);
  },
  toString: () => `pass ${ms} ${isSwept}`,
});

/** Orders that nobody knows yet, all at once: some get what they ask for, and none of the others could have. */
const burst = (wanted: Line[][]): Command => ({
  check: () => true,
  async run(model, real) {
    const asked = wanted.map((lines, i) => ({
      order: `burst-${model.orders.size}-${i}`,
      attempt: 1,
      at: i % 2,
      lines,
      ttlMs: 10_000,
    }));
    const said = await Promise.all(asked.map((each) => reserve(real, each)));
    for (const [i, each] of asked.entries()) {
      if (said[i] === "held") expect(modelReserve(model, each)).toBe("held");
    }
    for (const [i, each] of asked.entries()) {
      if (said[i] === "held") continue;
      expect(said[i]).toBe("INVENTORY_SHORT");
      expect(fits(merge(each.lines), available(model))).toBe(false);
    }
    await compare(model, real);
  },
  toString: () => `burst ${JSON.stringify(wanted)}`,
});

const sku = fc.constantFrom(...SKUS);
const lines = fc.array(fc.record({ sku, quantity: fc.integer({ min: 1, max: 3 }) }), {
  minLength: 1,
  maxLength: 3,
});
const asked = {
  order: fc.constantFrom("x", "y", "z"),
  attempt: fc.integer({ min: 1, max: 3 }),
  at: fc.constantFrom(0, 1),
};
const commands = fc.commands<Model, Real, false>(
  [
    fc
      .tuple(sku, fc.constantFrom(...LOCATIONS), fc.integer({ min: 1, max: 20 }))
      .map((given) => receive(...given)),
    fc.record({ ...asked, lines, ttlMs: fc.constantFrom(1_000, 10_000) }).map(reserveOne),
    fc
      .tuple(fc.constantFrom("confirm" as const, "release" as const, "extend" as const), fc.record(asked))
      .map((given) => end(...given)),
    fc.tuple(fc.constantFrom(999, 1_000, 10_000), fc.boolean()).map((given) => pass(...given)),
    fc.array(lines, { minLength: 2, maxLength: 8 }).map(burst),
  ],
  { maxCommands: 40, size: "max" },
);

describe.each(ARRANGEMENTS)("%s", (name, start) => {
  const clock = { now: T0 };
  let arrangement: Arrangement;
  let shops: readonly [Shop, Shop];

  beforeAll(async () => {
    arrangement = await start();
    const tenant = `model-${name.toLowerCase().replaceAll(" ", "-")}`;
    const open = () => openInventory({ tenant, redisUrl: arrangement.redisUrl, clock: () => clock.now });
    shops = [await open(), await open()];
    for (const [i, location] of LOCATIONS.entries()) await shops[0].put(location, i);
  });
  afterAll(async () => {
    for (const shop of shops) await shop.close();
    await arrangement.close();
  });

  it("does what a plain model says, whatever comes in whatever order to whichever of two processes", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(commands, (some) =>
        fc.asyncModelRun(() => {
          const run = `run${++runs}`;
          clock.now = T0;
          return {
            model: { orders: new Map(), onHand: new Map(), now: T0 },
            real: { shops, clock, run },
          };
        }, some),
      ),
      { numRuns: arrangement.servers.length > 1 ? RUNS_IN_A_CLUSTER : RUNS },
    );
  }, 120_000);
});
