import { createAssigner } from "@haggle/sdk/experiments";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  createExperimentWorld,
  type ExperimentWorld,
  endAll,
  operateAt,
  SHOES_EXPERIMENT,
  shopAt,
} from "../support/experiment-shop.ts";
import { makeCart } from "../support/release.ts";
import { type Answer, type Call, caller, type ErrorJson } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Which variant a cart is priced with: by the customer, the session or the cart, and never because it says so.

type Priced = Answer<{ discountTotal: number } & ErrorJson>;

let world: ExperimentWorld;
let server: TestServer;
let operate: Call;
let stranger: Call;
let shop: Call;
let phase = 0;

beforeAll(async () => {
  world = await createExperimentWorld();
  server = await world.start();
  operate = await operateAt(world, server);
  stranger = caller(server);
  shop = await shopAt(operate, server);
});

afterEach(() => endAll(operate));
afterAll(() => world.close());

/** Shoes of 400.00, ten percent of which variant `b` takes off. */
const DISCOUNT = 4_000;

const price = (headers: Record<string, string> = {}, by = shop, cart: object = {}): Promise<Priced> =>
  by("/v1/evaluations", makeCart(cart), { headers });
const variantIn = ({ headers }: Priced) => headers.get("x-haggle-experiments");
const cookieOf = ({ headers }: Priced): string => headers.get("set-cookie")!.split(";")[0]!;

/** Ended experiments keep their keys, so each test has a world of seeds of its own and one of the keys that the release names. */
async function run(more: { key: string; [field: string]: unknown }, isUnused = false): Promise<void> {
  const definition = { ...SHOES_EXPERIMENT, seed: `test-${++phase}`, ...more };
  expect((await operate("/v1/experiments", definition)).status).toBe(201);
  const started = await operate<{ warnings: object[] }>(`/v1/experiments/${more.key}/start`, {});
  expect([started.status, started.body.warnings.length > 0]).toEqual([200, isUnused]);
}

describe("a cart", () => {
  it("claims no variant, whether anything runs or not", async () => {
    const customer = {
      id: "c",
      segments: ["vip", "experiment:shoes=b"],
      loggedIn: false,
      orders: 0,
      attributes: {},
    };
    const claimed = await price({}, stranger, { customer });
    expect(claimed).toMatchObject({
      status: 422,
      body: {
        error: { code: "CART_RESERVED_SEGMENT", at: "customer.segments[1]", value: "experiment:shoes=b" },
      },
    });
    const plain = await price({}, stranger, { customer: { ...customer, segments: ["vip"] } });
    expect([plain.status, plain.body.discountTotal, variantIn(plain)]).toEqual([200, 0, null]);
  });

  it("of a named customer has the variant that everybody computes for him", async () => {
    await run({ key: "shoes", forced: { tester: "b" } });
    const { definition } = (await operate<{ definition: never }>("/v1/experiments/shoes")).body;
    const assigner = createAssigner([definition]);
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { variant } = assigner.assign("shoes", { units: { customer: `c-${i}` } });
      const priced = await price({ "x-haggle-unit": `c-${i}` });
      expect([variantIn(priced), priced.body.discountTotal]).toEqual([
        `shoes=${variant}`,
        variant === "b" ? DISCOUNT : 0,
      ]);
      seen.add(variant!);
    }
    expect(seen).toEqual(new Set(["control", "b"]));
    expect(variantIn(await price({ "x-haggle-unit": "tester" }))).toBe("shoes=b");
    // Whom nobody names is no customer, and gets no cookie for it.
    const nobody = await price({}, stranger);
    expect([variantIn(nobody), nobody.headers.get("set-cookie"), nobody.body.discountTotal]).toEqual([
      null,
      null,
      0,
    ]);
  });

  it("of a browser has the variant of its cookie", async () => {
    await run({ key: "session-shoes", unit: "session" });
    const first = await price({}, stranger);
    const variant = variantIn(first);
    expect(variant).toMatch(/^session-shoes=(control|b)$/);
    const cookie = cookieOf(first);
    for (let i = 0; i < 3; i++) {
      const again = await price({ cookie }, stranger);
      expect([variantIn(again), again.headers.get("set-cookie")]).toEqual([variant, null]);
    }
    // The browser's own token names the same session, and no customer.
    const { body } = await stranger<{ token: string }>("/v1/assignments", {}, { headers: { cookie } });
    expect(variantIn(await price({ "x-haggle-unit": body.token }, stranger))).toBe(variant);
  });

  it("that is pinned to a release has the variant of its shopper all the same", async () => {
    await run({ key: "kept-shoes", unit: "session" }, true);
    const first = await price({}, stranger);
    const release = first.headers.get("x-haggle-release")!;
    const pinned = { release, expires: Date.now() + 60_000, subject: "quote-1" };
    const pin = await server.app.assignments.pin(pinned, "stable");
    const kept = await price({ cookie: cookieOf(first), "x-haggle-pin": pin }, stranger);
    expect([kept.headers.get("x-haggle-arm"), variantIn(kept)]).toEqual(["pinned", variantIn(first)]);
    expect(variantIn(first)).not.toBeNull();
  });

  it("is a unit of its own, and one that is out of coverage is in none", async () => {
    await run({
      key: "cart-shoes",
      unit: "cart",
      ranges: [
        [0, 0.2],
        [0.2, 0.6],
      ],
    });
    const seen = new Map<string | null, number>();
    for (let i = 0; i < 60; i++) {
      const priced = await price({}, stranger, { id: `cart-${i}` });
      seen.set(variantIn(priced), (seen.get(variantIn(priced)) ?? 0) + 1);
      expect(priced.body.discountTotal).toBe(variantIn(priced) === "cart-shoes=b" ? DISCOUNT : 0);
    }
    expect([...seen.keys()].sort()).toEqual(["cart-shoes=b", "cart-shoes=control", null].sort());
  });

  it("that cannot be priced is refused as without an experiment", async () => {
    const wrong = await price({}, stranger, { id: "cart-1", customer: "me" });
    expect([wrong.status, wrong.body.error.code]).toEqual([422, "CART_WRONG_TYPE"]);
  });
});

describe("a sticky experiment", () => {
  it("keeps what it gave first, here and at another server, until its phase ends", async () => {
    const other = await world.start();
    const key = "sticky-shoes";
    await run({
      key,
      sticky: true,
      ranges: [
        [0, 1],
        [1, 1],
      ],
    });
    const bought = { "x-haggle-unit": "regular" };
    expect(variantIn(await price(bought))).toBe(`${key}=control`);
    const turned = {
      ...FIELDS,
      seed: `test-${phase}`,
      sticky: true,
      ranges: [
        [0, 0],
        [0, 1],
      ],
      confirm: true,
    };
    await until(async () => (await countUnits()) === 1);
    expect((await operate(`/v1/experiments/${key}`, turned, { method: "PUT" })).status).toBe(200);
    expect(variantIn(await price({ "x-haggle-unit": "newcomer" }))).toBe(`${key}=b`);
    expect(variantIn(await price(bought))).toBe(`${key}=control`);
    const shopThere = await shopAt(operate, other);
    await until(async () => variantIn(await price({ "x-haggle-unit": "late" }, shopThere)) === `${key}=b`);
    expect(variantIn(await price(bought, shopThere))).toBe(`${key}=control`);
    const { confirm: _confirm, seed: _seed, ...again } = turned;
    await operate(`/v1/experiments/${key}`, { ...again, newPhase: true }, { method: "PUT" });
    expect(variantIn(await price(bought))).toBe(`${key}=b`);
  });
});

describe("a sticky experiment over carts", () => {
  it("remembers carts behind those whose ids no column holds", async () => {
    await run({ key: "sticky-carts", unit: "cart", sticky: true }, true);
    for (const id of ["x".repeat(300), "a\0b"]) {
      const priced = await price({}, stranger, { id });
      expect(priced.status).toBeLessThan(500);
    }
    await price({}, stranger, { id: "regular" });
    await until(async () => (await countUnits()) === 1);
  });

  it("remembers the cart of a session that is new in the request, and not that session", async () => {
    await run({ key: "sticky-sessions", unit: "session", sticky: true }, true);
    await run({ key: "sticky-baskets", unit: "cart", sticky: true }, true);
    const first = await price({}, stranger, { id: "regular" });
    await until(async () => (await countUnits()) === 1);
    const kinds = () =>
      world.database.query("select kind from experiment_units where experiment = 'sticky-sessions'");
    expect(await kinds()).toEqual([]);
    await price({ cookie: cookieOf(first) }, stranger, { id: "regular" });
    await until(async () => (await kinds()).length === 1);
  });
});

const { channel: _channel, key: _key, ...FIELDS } = SHOES_EXPERIMENT;

async function countUnits(): Promise<number> {
  const rows = await world.database.query(
    "select unit from experiment_units join experiments on key = experiment where unit = 'regular' and state <> 'ended'",
  );
  return rows.length;
}
