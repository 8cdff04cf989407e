import { hash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../server/modules/metrics/service.ts";
import type { OrderAnswer } from "../support/orders.ts";
import { fillShop, line, type QuoteJson } from "../support/quotes.ts";
import {
  type Call,
  createRolloutWorld,
  MINUTE_MS,
  NO_GATES,
  operatorOf,
  type RolloutWorld,
  rolloutsOf,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// A release that gives too much away is taken back by what is ordered under it, though no quote says a word.

const SHOPPERS = 200;
/** Of which half are in the new release. */
const STEPS = [5_000, 10_000].map((weightBp) => ({ weightBp, soakMs: 60 * MINUTE_MS, minSamples: 0 }));
/** Nothing above 100 is given, so little is enough to know. */
const GATES = {
  ...NO_GATES,
  errorRate: { mode: "on", limit: 0.5, minSamples: 10 },
  discountPerOrder: { mode: "on", source: "order", minSamples: 50, capMinor: 10_000 },
};

let world: RolloutWorld;
let server: TestServer;
let operate: Call;
let rollouts: ReturnType<typeof rolloutsOf>;
let id: string;
/** Of the new release, which takes 50 off from 300 on; the old one does not. */
let canary: QuoteJson[];
let stable: QuoteJson[];

beforeAll(async () => {
  world = await createRolloutWorld();
  await world.shop.giveKey("receipt");
  server = await world.start();
  operate = await operatorOf(server, world.shop.dataFolder);
  await fillShop(operate);
  await operate("/v1/locations/hall", { name: "hall" }, { method: "PUT" });
  const received = { kind: "receive", sku: "runner-42", location: "hall", quantity: 1_000 };
  await operate("/v1/stock/movements", { movements: [received] });
  rollouts = rolloutsOf(world, server, operate);
  const less = await rollouts.start();
  await rollouts.act(less.body.id, "promote", { reason: "to begin with" });
  await until(async () => (await rollouts.readChannel()).arms[0]!.release === world.to);
  const more = { to: world.from, older: true, steps: STEPS, gates: GATES };
  id = (await rollouts.start(more)).body.id;
  // Slots that began before the step count for nothing.
  world.pass(10_000);
  await until(async () => (await rollouts.readChannel()).arms.length === 2);
  const quoted = await Promise.all(Array.from({ length: SHOPPERS }, (_, i) => quote(nameOf(i))));
  const of = (release: string) => quoted.filter((one) => one.quote.release === release);
  [stable, canary] = [of(world.to), of(world.from)];
});

afterAll(() => world.close());

/** Names that differ in one place alone fall less evenly. */
const nameOf = (n: number): string => hash("sha256", `shopper ${n}`).slice(0, 16);

async function quote(customer: string): Promise<QuoteJson> {
  const asked = { currency: "EUR", customer, lines: [line("1", "runner-42", 2)] };
  return (await operate<QuoteJson>("/v1/quotes", asked)).body;
}

function place({ quote: { id: quoteId } }: QuoteJson): Promise<OrderAnswer> {
  const headers = { "idempotency-key": quoteId };
  return operate<OrderAnswer["body"]>("/v1/orders", { quote: quoteId }, { headers });
}

async function measure(): Promise<Summary> {
  await server.app.metrics.flush();
  return (await operate<Summary>(`/v1/rollouts/${id}/metrics`)).body;
}

/** Until what listens to orders has heard of all of them. */
async function heard(): Promise<void> {
  await until(async () => {
    const [row] = await world.database.query<{ left: number }>(
      `select (select count(*) from outbox_events e where e.number is null or e.number > c.number)::int as left
       from outbox_cursors c where subscriber = 'order-outcomes'`,
    );
    return row?.left === 0;
  });
}

describe("orders during a rollout", () => {
  it("are what its gates wait for: quotes alone neither pass nor take it back", async () => {
    expect(Math.min(canary.length, stable.length)).toBeGreaterThan(SHOPPERS / 3);
    const { state } = await rollouts.look(id);
    expect(state).toBe("running");
    const { judgement } = await measure();
    expect(judgement.gates.find(({ name }) => name === "discountPerOrder")).toMatchObject({ samples: 0 });
  });

  it("feed them with what was given away and what is left, each once, also when it is told twice", async () => {
    const answers = await Promise.all([...canary, ...stable].map(place));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    await heard();
    const once = await measure();
    const common = { source: "order", currency: "EUR" };
    expect(once.arms.canary.traffic.order).toMatchObject({ samples: canary.length, errors: 0 });
    expect(once.arms.stable.traffic.order).toMatchObject({ samples: stable.length, errors: 0 });
    const money = (arm: "canary" | "stable") =>
      once.arms[arm].money.filter(({ source }) => source === "order");
    // What two runners cost the shop is known.
    expect(money("canary")).toMatchObject([
      { ...common, orders: canary.length, discountMinor: 9_000, marginMinor: 31_000 - 2 * 11_019 },
    ]);
    expect(money("stable")).toMatchObject([
      { ...common, orders: stable.length, discountMinor: 4_000, marginMinor: 36_000 - 2 * 11_019 },
    ]);

    await world.database.query(
      "update outbox_cursors set number = 0, tries = 0, next_at = 0 where subscriber = 'order-outcomes'",
    );
    // A hint.
    await operate("/v1/taxes/*", { rates: [{ taxClass: "standard", rate: "0" }] }, { method: "PUT" });
    await heard();
    const { arms } = await measure();
    expect(arms).toEqual(once.arms);
  });

  it("count against a release where the server fails at them, once, however often they are tried", async () => {
    const broken = await Promise.all(Array.from({ length: 4 }, (_, i) => quote(nameOf(SHOPPERS + i))));
    await world.database.query("update quotes set decision = '{}' where quote_id = any ($1)", [
      broken.map((one) => one.quote.id),
    ]);
    for (let tries = 1; tries <= 5; tries += 1) {
      const answers = await Promise.all(broken.map(place));
      expect(answers.map(({ status }) => status)).toEqual([500, 500, 500, 500]);
    }
    const { arms } = await measure();
    const errors = (["stable", "canary"] as const).map((arm) => arms[arm].traffic.order!.errors);
    expect(errors).toEqual(
      [world.to, world.from].map((release) => broken.filter((one) => one.quote.release === release).length),
    );
  });

  it("take a release back that gives too much away", async () => {
    const rolledBack = await until(async () => {
      world.pass(10_001);
      const rollout = await rollouts.show(id);
      return rollout.state === "rolled_back" && rollout;
    });
    const last = rolledBack.history.at(-1)!;
    expect([last.cause, last.reason]).toEqual(["gate", expect.stringContaining("discountPerOrder")]);
    await until(async () => (await rollouts.readChannel()).arms.length === 1);
    const [{ quote: kept }] = canary as [QuoteJson];
    expect((await quote(kept.customer!)).quote.release).toBe(world.to);
  });
});
