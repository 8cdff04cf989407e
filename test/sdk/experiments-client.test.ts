import type { ServerResponse } from "node:http";
import { bucketOf, type Cart } from "@haggle/sdk";
import { createCart } from "@haggle/sdk/cart";
import { createHaggle, type Haggle, type HaggleOptions } from "@haggle/sdk/client";
import { type ClientExperimentsOptions, clientExperiments } from "@haggle/sdk/experiments-client";
import { memoryStore } from "@haggle/sdk/trust";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { serveEvents } from "../support/event-server.ts";
import { makeCart } from "../support/release.ts";
import {
  type Call,
  callerAt,
  createRolloutWorld,
  type RolloutWorld,
  rolloutsOf,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";
import { createWebStorage } from "../support/web-storage.ts";

// Experiments in a client, against a server that has them too: one shopper, one variant, one price.

let world: RolloutWorld;
let server: TestServer;
let operate: Call;
let clients: Haggle[] = [];
let count = 0;

const HALVES = [
  { key: "control", weight: 0.5 },
  { key: "b", weight: 0.5 },
];

beforeAll(async () => {
  world = await createRolloutWorld();
  server = await world.start();
  operate = await callerAt(server.url, world.shop.dataFolder);
});
afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  const { body } = await operate<{ experiments: { key: string; state: string }[] }>("/v1/experiments");
  for (const { key, state } of body.experiments) {
    if (state !== "ended") await operate(`/v1/experiments/${key}/end`, {});
  }
});
afterAll(() => world.close());

async function run(more: object = {}): Promise<string> {
  const key = `client-${++count}`;
  const fields = { channel: "stable", key, unit: "session", variants: HALVES, ...more };
  expect((await operate("/v1/experiments", fields)).status).toBe(201);
  expect((await operate(`/v1/experiments/${key}/start`, {})).status).toBe(200);
  return key;
}

/** A browser: its storage, and a page in it. */
async function open(
  { storage = createWebStorage(), ...own }: ClientExperimentsOptions & { storage?: Storage_ } = {},
  options: Partial<HaggleOptions> = {},
) {
  const errors: string[] = [];
  const experiments = clientExperiments({ storage, ...own });
  const haggle = createHaggle({
    url: server.url,
    root: world.shop.root.bytes,
    store: "memory",
    experiments,
    ...options,
  });
  haggle.on("error", ({ code }) => errors.push(code));
  clients.push(haggle);
  await haggle.ready();
  return { haggle, experiments, storage, errors };
}

type Storage_ = ReturnType<typeof createWebStorage>;

const tokenIn = ({ texts }: Storage_): string =>
  (JSON.parse(texts.get("haggle-assignment/stable")!) as { token: string }).token;

/** What the server has. */
async function pass(response: ServerResponse, path: string): Promise<void> {
  const answer = await server.get(path);
  response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
}

async function countUnits(key: string): Promise<number> {
  const { body } = await operate<{ variants: { units: number }[] }>(`/v1/experiments/${key}/results`);
  return body.variants.reduce((sum, { units }) => sum + units, 0);
}

describe("a shopper", () => {
  it("has the release, the variants and the price that the server gives to his token", async () => {
    const rollouts = rolloutsOf(world, server, operate);
    const half = [5_000, 10_000].map((weightBp) => ({ weightBp, soakMs: 3_600_000, minSamples: 0 }));
    expect((await rollouts.start({ steps: half })).status).toBe(201);
    const keys = [
      await run(),
      await run({ sticky: true, coverage: 0.8 }),
      await run({ condition: { currency: "CNY", tier: "gold" } }),
      await run({ unit: "cart" }),
      await run({ unit: "customer" }),
    ];
    await run({ holdout: await run({ variants: [HALVES[0], { key: "holdout", weight: 0.5 }] }) });
    const seen = new Set<string>();
    // So many that some are in each arm.
    for (let i = 0; i < 20; i++) {
      const { haggle, storage } = await open();
      const customer = {
        id: `c-${i}`,
        tier: i % 2 ? "gold" : "silver",
        segments: ["vip"],
        loggedIn: true,
        orders: 3,
      };
      const cart = makeCart({ id: `cart-${i}`, ...(i % 3 && { customer: { ...customer, attributes: {} } }) });
      const decision = haggle.evaluate(cart);
      const told = await server.post("/v1/evaluations", cart, {
        "content-type": "application/json",
        "x-haggle-unit": tokenIn(storage),
      });
      // The digest is over the cart as it was priced, so over its variants too.
      expect(JSON.parse(JSON.stringify(decision))).toEqual(await told.json());
      expect(haggle.state?.release).toBe(told.headers.get("x-haggle-release"));
      seen.add(`${haggle.state?.release} ${told.headers.get("x-haggle-experiments")}`);
    }
    await rollouts.rest();
    const all = [...seen].join();
    // By his token nobody is a customer.
    expect(keys.map((key) => all.includes(`${key}=`))).toEqual([true, true, true, true, false]);
    expect([all.includes(world.from), all.includes(world.to)]).toEqual([true, true]);
  });

  it("stays who he is on the next page, without a network too", async () => {
    const key = await run();
    const storage = createWebStorage();
    const store = memoryStore();
    const first = await open({ storage }, { store });
    const { variant } = first.experiments.assign(key);
    const decision = JSON.stringify(first.haggle.evaluate(makeCart()));
    expect(variant).toBeDefined();
    const asleep = { store, url: "http://127.0.0.1:1" };
    const second = await open({ storage }, asleep);
    expect(second.experiments.assign(key).variant).toBe(variant);
    expect(JSON.stringify(second.haggle.evaluate(makeCart()))).toBe(decision);
    // A document that somebody wrote into the storage is none.
    storage.setItem(
      "haggle-experiments/stable",
      JSON.stringify(JSON.stringify({ payload: "", signatures: [] })),
    );
    const third = await open({ storage }, asleep);
    expect(third.experiments.assign(key)).toMatchObject({ variant: undefined, reason: "unknown" });
  });

  it("has other variants when the experiment does, without a new page", async () => {
    const key = await run();
    const { haggle, experiments } = await open();
    let updates = 0;
    haggle.on("update", () => updates++);
    await operate(`/v1/experiments/${key}/pause`, {});
    await until(() => experiments.assign(key).variant === undefined);
    expect(experiments.signed?.paused?.map(({ key }) => key)).toEqual([key]);
    await operate(`/v1/experiments/${key}/resume`, {});
    await until(() => experiments.assign(key).variant !== undefined);
    expect(updates).toBeGreaterThan(0);
  });

  it("is a customer when he signs in", async () => {
    const key = await run({ unit: "customer" });
    const { haggle, experiments } = await open();
    expect(experiments.assign(key)).toMatchObject({ reason: "no-unit" });
    await haggle.setContext({ unit: "c-7" });
    const told = await operate("/v1/evaluations", makeCart(), { headers: { "x-haggle-unit": "c-7" } });
    expect(JSON.parse(JSON.stringify(haggle.evaluate(makeCart())))).toEqual(told.body);
  });
});

describe("somebody else on the page", () => {
  it("has his arm and his variants in one change, and until then all is that of before", async () => {
    const rollouts = rolloutsOf(world, server, operate);
    const half = [5_000, 10_000].map((weightBp) => ({ weightBp, soakMs: 3_600_000, minSamples: 0 }));
    expect((await rollouts.start({ steps: half })).status).toBe(201);
    const key = await run({ unit: "customer" });
    let isDown = false;
    let isHolding = false;
    const held: (() => void)[] = [];
    const relay = await serveEvents((response, _nth, path) => {
      if (isDown) response.destroy();
      else if (path.endsWith("/events")) response.writeHead(204).end();
      else if (isHolding && path.startsWith("/v1/releases/")) held.push(() => void pass(response, path));
      else void pass(response, path);
    });
    const { haggle, experiments } = await open({}, { url: relay.url, context: { unit: "c-0" } });
    await until(() => experiments.signed?.experiments.some((one) => one.key === key));
    const units = Array.from({ length: 200 }, (_, i) => `c-${i}`);
    const unitIn = (isNew: boolean, variant: string) =>
      units.find(
        (unit) =>
          bucketOf(world.to, unit) >= 5_000 === isNew &&
          experiments.assign(key, { unit }).variant === variant,
      )!;
    const [first, second] = [unitIn(false, "control"), unitIn(true, "b")];
    const price = () => JSON.stringify(haggle.evaluate(makeCart()));
    const toldTo = async (unit: string) => {
      const headers = { "x-haggle-unit": unit };
      return JSON.parse(JSON.stringify((await operate("/v1/evaluations", makeCart(), { headers })).body));
    };
    await haggle.setContext({ unit: first });
    const before = price();
    expect([JSON.parse(before), haggle.state?.release]).toEqual([await toldTo(first), world.from]);

    const shown: string[] = [];
    const off = haggle.on("update", () => shown.push(price()));
    isHolding = true;
    const changed = haggle.setContext({ unit: second });
    await until(() => held.length > 0);
    expect([price(), haggle.unit, experiments.assign(key).variant]).toEqual([before, first, "control"]);
    isHolding = false;
    for (const answer of held) answer();
    await changed;
    const after = price();
    expect([JSON.parse(after), haggle.state?.release]).toEqual([await toldTo(second), world.to]);
    expect([haggle.unit, experiments.assign(key).variant]).toEqual([second, "b"]);
    expect(new Set(shown)).toEqual(new Set([after]));

    // Whose release cannot be had is not there by half.
    isDown = true;
    await expect(haggle.setContext({ unit: first })).rejects.toMatchObject({ code: "CLIENT_NETWORK" });
    expect([price(), haggle.unit]).toEqual([after, second]);
    isDown = false;
    await haggle.refresh();
    expect([price(), haggle.unit]).toEqual([before, first]);
    off();
    await relay.close();
    await rollouts.rest();
  });
});

describe("exposures", () => {
  it("are told once of each variant that counts, when a cart was priced with it", async () => {
    const key = await run();
    await run({ unit: "cart" });
    const recorded: string[] = [];
    const { haggle, experiments } = await open({ onExposure: ({ experiment }) => recorded.push(experiment) });
    experiments.assign(key);
    haggle.evaluate({ ...makeCart(), currency: "nonsense" });
    expect(experiments.exposures.queued).toBe(0);
    for (let i = 0; i < 5; i++) haggle.evaluate(makeCart());
    expect([experiments.exposures.queued, recorded.length]).toEqual([1, 2]);
    experiments.flush();
    await until(() => experiments.exposures.sent === 1);
    expect(await countUnits(key)).toBe(1);
    haggle.evaluate(makeCart());
    expect(experiments.exposures).toEqual({ queued: 0, sent: 1, dropped: 0, refused: 0 });
  });

  it.each([true, false])(
    "of a live cart are those of its server, its lines encoded again: %s",
    async (isAnew) => {
      const key = await run();
      const { haggle, experiments, storage } = await open();
      const { now: _, ...parts } = makeCart() as Cart;
      // A host that is given no encoder encodes all of it each time.
      const host = isAnew ? { evaluate: (cart: unknown) => haggle.evaluate(cart) } : haggle;
      const cart = createCart(host, parts);
      for (const quantity of [2, 3]) {
        cart.setQuantity(parts.lines[0]!.id, quantity);
        const { decision, cart: priced } = cart.getSnapshot();
        const told = await server.post("/v1/evaluations", priced, {
          "content-type": "application/json",
          "x-haggle-unit": tokenIn(storage),
        });
        expect(JSON.parse(JSON.stringify(decision))).toEqual(await told.json());
        expect(told.headers.get("x-haggle-experiments")).toContain(`${key}=`);
      }
      // They go by themselves where the server is slow.
      const { queued, sent } = experiments.exposures;
      expect(queued + sent).toBe(1);
      experiments.flush();
      await until(() => experiments.exposures.sent === 1);
      expect(await countUnits(key)).toBe(1);
      cart.close();
    },
  );

  it("go before a client is closed", async () => {
    const key = await run();
    const { haggle } = await open();
    haggle.evaluate(makeCart());
    haggle.close();
    await until(async () => (await countUnits(key)) === 1);
  });

  it("are neither told nor stored without consent, and forgotten when it is taken back", async () => {
    const key = await run({ sticky: true });
    const { haggle, experiments, storage } = await open({ consent: false });
    const { variant } = experiments.assign(key);
    haggle.evaluate(makeCart());
    expect([storage.texts.size, experiments.exposures.queued]).toEqual([0, 0]);
    experiments.setConsent(true);
    // What this page knows, so that the next one has the same.
    expect([...storage.texts.keys()].map((name) => name.split("/")[0]).sort()).toEqual([
      "haggle-assignment",
      "haggle-experiments",
      "haggle-sticky",
    ]);
    haggle.evaluate(makeCart());
    expect(experiments.exposures.queued).toBe(1);
    storage.setItem("the-page's-own", "1");
    experiments.setConsent(false);
    expect([[...storage.texts.keys()], experiments.exposures.queued]).toEqual([["the-page's-own"], 0]);
    expect(experiments.assign(key).variant).toBe(variant);
    haggle.evaluate(makeCart());
    experiments.flush();
    expect(experiments.exposures).toEqual({ queued: 0, sent: 0, dropped: 0, refused: 0 });
    expect(await countUnits(key)).toBe(0);
  });
});
