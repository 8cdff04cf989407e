import { afterEach, beforeEach, expect, it } from "vitest";
import { type TestServer, until } from "../support/server.ts";
import { createStrategyWorld, type StrategyWorld, strategiesText } from "../support/strategies.ts";

// As many strategies as a file may have: reading them takes seconds, and nobody waits for it but who sent them.

const MANY = 10_000;

let world: StrategyWorld;
let server: TestServer;

beforeEach(async () => {
  world = await createStrategyWorld();
  server = await world.start();
});
afterEach(() => world.close());

const numbered = (raise: (i: number) => string): string[] =>
  Array.from(
    { length: MANY },
    (_, i) => `id: s-${i}
rule: price-by-stock
skus: ["lamp-${i}", "lamp-${i}-*"]
parameters: { few: 5, raise: "${raise(i)}" }`,
  );

/** How long each of many requests, one after another, waited until `end` had come, and how long that took. */
async function askUntil(end: Promise<unknown>): Promise<{ longest: number; whole: number; asked: number }> {
  const startedAt = performance.now();
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  end.then(over, over);
  let longest = 0;
  let asked = 0;
  while (!isOver) {
    const askedAt = performance.now();
    expect((await server.get("/livez")).status).toBe(200);
    longest = Math.max(longest, performance.now() - askedAt);
    asked += 1;
  }
  return { longest, whole: performance.now() - startedAt, asked };
}

it("others are answered while a file is read that was sent, and all of it is in force", async () => {
  const version = "v2026.11.22-many";
  const sent = world.send(
    server,
    `/v1/strategies/${version}`,
    strategiesText(
      version,
      numbered(() => "10"),
    ),
  );
  const { longest, whole, asked } = await askUntil(sent);
  expect(await sent).toMatchObject({ status: 201, body: { state: "active" } });
  expect(server.app.strategies.findActive()?.strategies).toHaveLength(MANY);
  // In one piece with everything else the reading itself would be nearly all of it.
  expect(longest, `${asked} answers in ${whole} ms`).toBeLessThan(whole / 3);
});

it("others are answered while a file is read that was saved", async () => {
  const version = "v2026.11.22-saved";
  await world.save(
    strategiesText(
      version,
      numbered(() => "10"),
    ),
  );
  const active = until(() => server.app.strategies.findActive()?.version === version);
  const { longest, whole, asked } = await askUntil(active);
  expect(longest, `${asked} answers in ${whole} ms`).toBeLessThan(whole / 3);
});

it("what is wrong with it is told with its place, as of a small one", async () => {
  const version = "v2026.11.22-wrong";
  const text = strategiesText(
    version,
    numbered((i) => (i === 9_999 ? "lots" : "10")),
  );
  const { status, body } = await world.send(server, "/v1/strategies/check", text, { method: "POST" });
  expect(status).toBe(200);
  expect(body.ok).toBe(false);
  expect(body.faults).toMatchObject([
    { code: "PROMOTION_WRONG_TYPE", at: "strategies[9999].parameters.raise", value: "lots", line: 40_002 },
  ]);
});

it("experiments that it names are looked for, as of a small one", async () => {
  const version = "v2026.11.22-named";
  const strategies = numbered(() => "10");
  strategies[0] += "\nexperiment: { key: nowhere, variants: { b: false } }";
  const text = strategiesText(version, strategies);
  const { body } = await world.send(server, "/v1/strategies/check", text, { method: "POST" });
  expect(body).toMatchObject({
    ok: true,
    faults: [{ code: "EXPERIMENT_UNKNOWN", severity: "warning", value: "nowhere" }],
  });
});
