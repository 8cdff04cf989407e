import { hash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../server/modules/metrics/service.ts";
import { HALVES } from "../support/experiment-events.ts";
import { fillShop, line, type QuoteAnswer, type QuoteJson } from "../support/quotes.ts";
import {
  type Call,
  createRolloutWorld,
  MINUTE_MS,
  NO_GATES,
  operatorOf,
  type Rollout,
  type RolloutWorld,
  rolloutsOf,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// A release that gives too much away is taken back by what its quotes say; who was quoted by it keeps his price.

const SHOPPERS = 240;
/** Of which half are in the new release. */
const STEPS = [5_000, 10_000].map((weightBp) => ({ weightBp, soakMs: 60 * MINUTE_MS, minSamples: 0 }));
/** Nothing above 100 is given, so little is enough to know. */
const GATES = {
  ...NO_GATES,
  discountPerOrder: { mode: "on", source: "quote", minSamples: 50, capMinor: 10_000 },
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
  rollouts = rolloutsOf(world, server, operate);
  const less = await rollouts.start();
  await rollouts.act(less.body.id, "promote", { reason: "to begin with" });
  await until(async () => (await rollouts.readChannel()).arms[0]!.release === world.to);
  const more = { to: world.from, older: true, steps: STEPS, gates: GATES };
  id = (await rollouts.start(more)).body.id;
  // Slots that began before the step count for nothing.
  world.pass(10_000);
  await until(async () => (await rollouts.readChannel()).arms.length === 2);
});

afterAll(() => world.close());

const quote = async (customer: string, headers: Record<string, string> = {}): Promise<QuoteAnswer> => {
  const asked = { currency: "EUR", customer, lines: [line("1", "runner-42", 2)] };
  return operate<QuoteJson>("/v1/quotes", asked, { headers });
};
/** Names that differ in one place alone fall less evenly. */
const nameOf = (n: number): string => hash("sha256", `shopper ${n}`).slice(0, 16);
const use = (quoteId: string, order: string): Promise<QuoteAnswer> =>
  operate<QuoteJson>(`/v1/quotes/${quoteId}/use`, { order });
const measure = async (): Promise<Summary> => {
  await server.app.metrics.flush();
  return (await operate<Summary>(`/v1/rollouts/${id}/metrics`)).body;
};

describe("quotes during a rollout", () => {
  it("are of the release of whom they are for, and feed its gates with what is left of the price", async () => {
    const quoted = await Promise.all(Array.from({ length: SHOPPERS }, (_, i) => quote(nameOf(i))));
    const of = (arm: string) =>
      quoted.filter(({ headers }) => headers.get("x-haggle-arm") === arm).map(({ body }) => body);
    [stable, canary] = [of("stable"), of("canary")];
    expect(stable.length + canary.length).toBe(SHOPPERS);
    for (const [arm, release, discount] of [
      [stable, world.to, 4_000],
      [canary, world.from, 9_000],
    ] as const) {
      expect(arm.length).toBeGreaterThan(SHOPPERS / 3);
      expect(new Set(arm.map((one) => one.quote.release))).toEqual(new Set([release]));
      expect(new Set(arm.map(({ decision }) => decision.discountTotal))).toEqual(new Set([discount]));
    }
    const { arms } = await measure();
    expect(arms.canary.traffic).toMatchObject({ quote: { samples: canary.length, errors: 0 } });
    expect(arms.canary.traffic.evaluation).toBeUndefined();
    const common = { source: "quote", currency: "EUR" };
    // What two runners cost the shop is known.
    expect(arms.canary.money).toMatchObject([
      { ...common, orders: canary.length, discountMinor: 9_000, marginMinor: 31_000 - 2 * 11_019 },
    ]);
    expect(arms.stable.money).toMatchObject([{ ...common, marginMinor: 36_000 - 2 * 11_019 }]);
  });

  it("are in no experiment where an operator chose the release, and stay in theirs with a pin", async () => {
    const experiment = { channel: "stable", key: "sticky", unit: "customer", sticky: true, variants: HALVES };
    expect((await operate("/v1/experiments", experiment)).status).toBe(201);
    expect((await operate("/v1/experiments/sticky/start", {})).status).toBe(200);
    const variantsOf = async ({ headers, body }: QuoteAnswer) => {
      const [row] = await world.database.query<{ variants: object[] }>(
        "select attribution->'variants' variants from quotes where quote_id = $1",
        [body.quote.id],
      );
      return [headers.get("x-haggle-experiments"), row!.variants.length];
    };
    const chosen = [{ "x-canary": "always" }, { "x-canary": "never" }, { "x-haggle-release": world.from }];
    for (const headers of chosen) expect(await variantsOf(await quote("tester", headers))).toEqual([null, 0]);
    const first = await quote("regular");
    const given = expect.stringMatching(/^sticky=(control|b)$/);
    expect(await variantsOf(first)).toEqual([given, 1]);
    const pinned = await quote("regular", { "x-haggle-pin": first.body.pin });
    expect(pinned.headers.get("x-haggle-arm")).toBe("pinned");
    expect(await variantsOf(pinned)).toEqual([first.headers.get("x-haggle-experiments"), 1]);
    // Whoever was seen before him would be remembered by now.
    const remembered = await until(async () => {
      const rows = await world.database.query<{ unit: string }>("select unit from experiment_units");
      const units = rows.map(({ unit }) => unit);
      return units.includes("regular") && units;
    });
    expect(remembered).not.toContain("tester");
    expect((await operate("/v1/experiments/sticky/end", {})).status).toBe(200);
  });

  it("take a release back that gives too much away, and stay what they are", async () => {
    const rolledBack = await until(async () => {
      world.pass(10_001);
      const rollout = await rollouts.show(id);
      return rollout.state === "rolled_back" && rollout;
    });
    expect(rolledBack.history.at(-1)).toMatchObject({ cause: "gate" } satisfies Partial<
      Rollout["history"][number]
    >);
    await until(async () => (await rollouts.readChannel()).arms.length === 1);
    const [kept] = canary as [QuoteJson];
    expect((await quote(kept.quote.customer!)).body.quote.release).toBe(world.to);
    const pinned = await quote(kept.quote.customer!, { "x-haggle-pin": kept.pin });
    expect([pinned.body.quote.release, pinned.headers.get("x-haggle-arm")]).toEqual([world.from, "pinned"]);
    const { digest } = kept.decision;
    expect(await server.app.quotes.replay(kept.quote.id)).toEqual({ digest, quoted: digest });
    const used = await use(kept.quote.id, "order-1");
    expect([used.status, used.body.quote.release, used.body.quote.total]).toEqual([200, world.from, 31_000]);
  });

  it("are refused after a kill of their release, with what it costs by the one of now", async () => {
    const kill = { kind: "release", id: world.from, channel: "stable", confirm: true, reason: "wrong" };
    expect((await operate("/v1/kills", kill)).status).toBe(201);
    const killed = canary[1]!.quote;
    const { status, body } = await use(killed.id, "order-2");
    expect([status, body.error.code]).toEqual([409, "QUOTE_REVOKED"]);
    expect(body.instead?.quote).toMatchObject({
      release: world.to,
      total: 36_000,
      customer: killed.customer,
    });
    expect((await use(body.instead!.quote.id, "order-2")).status).toBe(200);
    // Of the other release.
    expect((await use(stable[0]!.quote.id, "order-3")).status).toBe(200);
  });
});
