import { parseEnvelope, parseExperiments } from "@haggle/abi";
import { createHaggle, priceOf } from "@haggle/sdk/client";
import { createAssigner } from "@haggle/sdk/experiments";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createPriceWorld, lamp, type PriceWorld, raise } from "../support/prices.ts";
import type { Call } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Experiments over skus: which strategy, with which parameters, prices a sku.

const SKUS = Array.from({ length: 40 }, (_, index) => `lamp-${index}`);
const EXPERIMENT = {
  channel: "stable",
  key: "lamp-price",
  unit: "sku",
  variants: [
    { key: "control", weight: 0.4 },
    { key: "variant_a", weight: 0.3 },
    { key: "variant_b", weight: 0.3 },
  ],
};
const VARIED = raise(
  "10",
  'experiment: { key: lamp-price, variants: { variant_a: { raise: "20" }, variant_b: false } }',
);
const PRICES = { control: 11_000, variant_a: 12_000, variant_b: 10_000 };

let world: PriceWorld;
let server: TestServer;
let operate: Call;

beforeEach(async () => {
  world = await createPriceWorld();
  server = await world.start();
  operate = await world.operator(server);
  const skus = SKUS.map((sku) => lamp(sku.slice("lamp-".length)));
  await operate("/v1/skus", skus, { method: "PUT" });
});

afterEach(() => world.close());

const act = (verb: string) => operate(`/v1/experiments/lamp-price/${verb}`, {});

/** By the document that the server signed, as anybody may reckon it. */
async function assignAll(): Promise<Map<string, keyof typeof PRICES>> {
  const bytes = new Uint8Array(await (await server.get("/v1/experiments/document/stable")).arrayBuffer());
  const { experiments } = parseExperiments(parseEnvelope(bytes, "experiments").payload);
  const assigner = createAssigner(experiments);
  return new Map(
    SKUS.map((sku) => [
      sku,
      assigner.assign("lamp-price", { units: { sku } }).variant as keyof typeof PRICES,
    ]),
  );
}

it("price each sku by its variant, and say which; what ends is priced by the strategy's own", async () => {
  await world.save(VARIED);
  await world.costs(server, "lamp-0", 11_000);
  expect((await world.price(server, "lamp-0")).strategy).not.toHaveProperty("variant");
  expect((await operate("/v1/experiments", EXPERIMENT)).status).toBe(201);
  expect((await act("start")).status).toBe(200);
  const variants = await assignAll();
  expect(new Set(variants.values())).toEqual(new Set(["control", "variant_a", "variant_b"]));
  const [raised] = [...variants].find(([, variant]) => variant === "variant_a")!;
  await world.costs(server, raised, 12_000);
  for (const [sku, variant] of variants) {
    const { unitPrice, strategy } = await world.price(server, sku);
    expect([sku, unitPrice]).toEqual([sku, PRICES[variant]]);
    if (variant === "variant_b") expect(strategy).toBeUndefined();
    else expect(strategy).toMatchObject({ id: "lamps", rule: "price-by-stock", variant });
  }
  const root = await (await server.get("/v1/root")).text();
  const client = createHaggle({ url: server.url, root });
  await client.ready();
  const { prices } = client;
  expect(priceOf(prices, raised)?.unitPrice).toBe(12_000);
  expect(prices?.strategies?.[priceOf(prices, raised)!.by!]).toEqual({
    id: "lamps",
    rule: "price-by-stock",
    variant: "variant_a",
  });
  expect((await act("end")).status).toBe(200);
  await world.costs(server, raised, 11_000);
  await until(() => priceOf(client.prices, raised)?.unitPrice === 11_000);
  client.close();
});

it("keep a variant within the bounds of the release", async () => {
  await operate("/v1/experiments", EXPERIMENT);
  await act("start");
  const [raised] = [...(await assignAll())].find(([, variant]) => variant === "variant_a")!;
  await operate("/v1/skus", [lamp(raised.slice("lamp-".length), { listPrice: 18_000 })], { method: "PUT" });
  await world.save(VARIED);
  expect(await world.costs(server, raised, 20_000)).toMatchObject({
    wanted: 21_600,
    cut: "max",
    strategy: { variant: "variant_a" },
  });
});
