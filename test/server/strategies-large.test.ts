import { afterEach, beforeEach, expect, it } from "vitest";
import { type TestServer, until } from "../support/server.ts";
import { createStrategyWorld, type StrategyWorld, strategiesText } from "../support/strategies.ts";

// As many strategies as a file may have: reading them takes seconds, and nobody waits for it but who sent them.

const MANY = 10_000;
/** Of the whole time: read beside the others, all of it would be waited for. */
const SHARE = 2 / 3;

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

/**
 * Asks, one request after another, until `end` has come: how long the three that waited longest waited together, and how
 * long all took. A file that is sent is read three times, and one pause of the machine is none of them.
 */
async function askUntil(end: Promise<unknown>): Promise<{ longest: number; whole: number; asked: number }> {
  const startedAt = performance.now();
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  end.then(over, over);
  const waits: number[] = [];
  while (!isOver) {
    const askedAt = performance.now();
    expect((await server.get("/livez")).status).toBe(200);
    waits.push(performance.now() - askedAt);
  }
  const longest = waits.sort((a, b) => b - a).slice(0, 3);
  return {
    longest: longest.reduce((sum, each) => sum + each, 0),
    whole: performance.now() - startedAt,
    asked: waits.length,
  };
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
  expect(longest, `${asked} answers in ${whole} ms`).toBeLessThan(whole * SHARE);
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
  expect(longest, `${asked} answers in ${whole} ms`).toBeLessThan(whole * SHARE);
});

it("of many that are sent at once some wait, more are refused, and what is saved goes before them", async () => {
  const text = strategiesText("v2026.11.22-sent", numbered(() => "10").slice(0, MANY / 2));
  let read = 0;
  const refused = Promise.withResolvers<Headers>();
  const sent = Array.from({ length: 20 }, async () => {
    const { status, headers, body } = await world.send(server, "/v1/strategies/check", text, {
      method: "POST",
    });
    if (status === 200) read += 1;
    else refused.resolve(headers);
    return status === 200 ? "read" : body.error.code;
  });
  expect((await refused.promise).get("retry-after")).toBe("1");
  const version = "v2026.11.22-first";
  await world.save(strategiesText(version, numbered(() => "10").slice(0, 1_000)));
  await until(() => server.app.strategies.findActive()?.version === version);
  const before = read;
  const outcomes = await Promise.all(sent);
  expect(new Set(outcomes)).toEqual(new Set(["read", "SERVER_TOO_MANY_REQUESTS"]));
  expect(before).toBeLessThan(read);
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
