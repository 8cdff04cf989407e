import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEventQueue } from "../../server/modules/experiments/event-queue.ts";
import { type EventRow, insertEvents } from "../../server/modules/experiments/event-store.ts";
import type { Results } from "../../server/modules/experiments/results.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { makeKey, withKey } from "../support/api-keys.ts";
import { createEventWorld, type EventWorld, type Told } from "../support/experiment-events.ts";
import type { Answer, ErrorJson } from "../support/rollout.ts";
import { tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// What is told of units in experiments, and when it is answered.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

let world: EventWorld;
let database: Database;

beforeAll(async () => {
  world = await createEventWorld();
  database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(world.shop.dataFolder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });
});

afterAll(async () => {
  await database.close();
  await world.close();
});

const saw = (unit: string, variant = "control", more: Partial<Told> = {}): Told => ({
  type: "exposure",
  unit,
  variant,
  ...more,
});
const bought = (unit: string, valueMinor: number, more: Partial<Told> = {}): Told => ({
  type: "outcome",
  unit,
  variant: "control",
  metric: "revenue",
  currency: "EUR",
  valueMinor,
  ...more,
});
const kept = (key: string) =>
  database.query<EventRow>("select * from experiment_events where experiment = $1 order by at, id", [key]);

describe("events of an experiment", () => {
  let strict: string | undefined;

  it("are in the database when they are answered, as they were told", async () => {
    const key = await world.run();
    const at = world.clock() - MINUTE_MS;
    const order = bought("ann", 9_900, { id: "order-1", at, discountMinor: 100, marginMinor: -3 });
    const answer = await world.tell(key, [saw("ann", "control", { at: at - 1 }), order]);
    expect([answer.status, answer.body]).toEqual([202, { accepted: 2 }]);
    const [exposure, outcome] = await kept(key);
    expect(exposure).toMatchObject({
      type: "exposure",
      unit: "ann",
      variant: "control",
      at: at - 1,
      metric: null,
    });
    expect(exposure!.id).toMatch(/^~/);
    expect(outcome).toMatchObject({
      id: "order-1",
      type: "outcome",
      metric: "revenue",
      at,
      currency: "EUR",
      value_minor: 9_900,
      discount_minor: 100,
      margin_minor: -3,
    });
  });

  it("that are told again count once, by their id, and exposures by who saw what", async () => {
    const key = await world.run();
    const told = [
      saw("ann"),
      saw("ann"),
      saw("ann", "b"),
      bought("ann", 5, { id: "o" }),
      bought("ann", 5, { id: "o" }),
    ];
    await world.tell(key, told);
    await world.tell(key, told);
    expect((await kept(key)).map(({ variant, type }) => `${type} ${variant}`).sort()).toEqual([
      "exposure b",
      "exposure control",
      "outcome control",
    ]);
    await world.tell(key, [{ type: "outcome", unit: "ann", variant: "b" }]);
    await world.tell(key, [{ type: "outcome", unit: "ann", variant: "b" }]);
    expect(await kept(key)).toHaveLength(5);
  });

  it("come one by one too, from systems that know nothing of batches", async () => {
    const key = await world.run();
    const post = (variant: string, body: object) =>
      world.operate<ErrorJson>(`/metrics/ab/${variant}`, { experiment: key, unit: "ann", ...body });
    expect((await post("b", { event: "exposure" })).status).toBe(202);
    expect((await post("b", { event: "revenue", valueMinor: 5, currency: "EUR", id: "o" })).status).toBe(202);
    expect((await post("b", { event: "add-to-cart" })).status).toBe(202);
    expect((await kept(key)).map(({ metric }) => metric).sort()).toEqual(
      ["add-to-cart", "revenue", null].sort(),
    );
    expect(await post("c", { event: "exposure" })).toMatchObject({
      status: 400,
      body: { error: { code: "SERVER_UNKNOWN_VARIANT", at: "params/variant", value: "c" } },
    });
  });

  it.each<[string, object[], string, string]>([
    ["a variant that is none", [saw("a"), saw("b", "c")], "SERVER_UNKNOWN_VARIANT", "body/events/1/variant"],
    ["no unit", [saw("")], "SERVER_BAD_REQUEST", "body/events/0/unit"],
    ["a unit that cannot be stored", [saw("a\u0000b")], "SERVER_BAD_REQUEST", "body/events/0/unit"],
    ["half a character", [saw("a\ud800")], "SERVER_BAD_REQUEST", "body/events/0/unit"],
    ["an id of the server's own", [saw("a", "b", { id: "~a" })], "SERVER_BAD_REQUEST", "body/events/0/id"],
    ["fractions of a cent", [bought("a", 0.5)], "SERVER_BAD_REQUEST", "body/events/0/valueMinor"],
    [
      "revenue without an amount",
      [{ ...bought("a", 1), valueMinor: undefined }],
      "SERVER_BAD_REQUEST",
      "body/events/0/valueMinor",
    ],
    [
      "revenue without a currency",
      [{ ...bought("a", 1), currency: undefined }],
      "SERVER_BAD_REQUEST",
      "body/events/0/currency",
    ],
    [
      "amounts of a conversion",
      [bought("a", 1, { metric: "conversion" })],
      "SERVER_BAD_REQUEST",
      "body/events/0/valueMinor",
    ],
    [
      "an exposure with a metric",
      [saw("a", "b", { metric: "revenue", valueMinor: 1, currency: "EUR" })],
      "SERVER_BAD_REQUEST",
      "body/events/0/metric",
    ],
    ["a field that is none", [{ ...saw("a"), price: 1 }], "SERVER_BAD_REQUEST", "body/events/0/price"],
    ["nothing", [], "SERVER_BAD_REQUEST", "body/events"],
    ["too many", Array.from({ length: 501 }, () => saw("a")), "SERVER_BAD_REQUEST", "body/events"],
  ])("with %s are refused whole", async (_name, events, code, at) => {
    strict ??= await world.run();
    const answer = await world.tell(strict, events as Told[]);
    expect(answer).toMatchObject({ status: 400, body: { error: { code, at } } });
    expect(await kept(strict)).toEqual([]);
  });

  it("have happened within a month, and by a clock that is right", async () => {
    const key = await world.run();
    const tell = (at: number) => world.tell(key, [saw("ann", "control", { at, id: `at${at}` })]);
    const now = world.clock();
    for (const at of [now + 6 * MINUTE_MS, now - 32 * DAY_MS]) {
      expect(await tell(at)).toMatchObject({
        status: 400,
        body: { error: { code: "SERVER_EVENT_TIME", at: "body/events/0/at", value: at } },
      });
    }
    await tell(now + 4 * MINUTE_MS);
    await tell(now - 30 * DAY_MS);
    const times = (await kept(key)).map(({ at }) => at);
    expect(times[0]).toBe(now - 30 * DAY_MS);
    // Not ahead of when it was told.
    expect(times[1]).toBeLessThan(now + MINUTE_MS);
  });

  it("are of an experiment that has begun", async () => {
    expect(await world.tell("nowhere", [saw("ann")])).toMatchObject({
      status: 404,
      body: { error: { code: "SERVER_UNKNOWN_EXPERIMENT", value: "nowhere" } },
    });
    const key = await world.draft();
    expect(await world.tell(key, [saw("ann")])).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_STATE", value: "draft" } },
    });
    await world.act(key, "start");
    await world.act(key, "pause");
    expect((await world.tell(key, [saw("ann")])).status).toBe(202);
    await world.act(key, "end");
    expect((await world.tell(key, [saw("bob")])).status).toBe(202);
  });

  it("are told by those who may", async () => {
    const key = await world.run();
    const asked = { events: [saw("ann")] };
    const ingest = await makeKey(world.server, world.key, ["ingest"]);
    const operator = await makeKey(world.server, world.key, ["operate"]);
    const post = (headers: Record<string, string>) =>
      world.server.post(`/v1/experiments/${key}/events`, asked, headers);
    expect((await post({ "content-type": "application/json" })).status).toBe(401);
    expect((await post(withKey(operator.key))).status).toBe(403);
    expect((await post(withKey(ingest.key))).status).toBe(202);
  });

  it("are counted for whoever watches the server", async () => {
    const key = await world.run();
    const told = [saw("ann", "control", { id: "x" })];
    const read = async (result: string) => {
      const text = await (await world.server.get("/metrics", withKey(world.key))).text();
      return Number(
        new RegExp(`haggle_experiment_events_total{result="${result}"} (\\d+)`).exec(text)?.[1] ?? 0,
      );
    };
    const before = [await read("stored"), await read("duplicate")];
    await world.tell(key, told);
    await world.tell(key, told);
    expect([await read("stored"), await read("duplicate")]).toEqual([before[0]! + 1, before[1]! + 1]);
  });
});

describe("units of a sticky experiment whose weights were changed", () => {
  it("that were drawn before stay what they are, are told apart, and raise no alarm", async () => {
    const key = await world.run({ sticky: true });
    const assign = async (unit: string) => {
      const context = { targetingKey: unit };
      const { body } = await world.operate<{ value: string }>(`/ofrep/v1/evaluate/flags/${key}`, { context });
      return body.value;
    };
    const see = async (units: readonly string[]) =>
      Promise.all(units.map(async (unit) => saw(unit, await assign(unit))));
    const old = Array.from({ length: 60 }, (_, i) => `old-${i}`);
    const drawn = await see(old);
    await until(async () => {
      const rows = await database.query("select 1 from experiment_units where experiment = $1", [key]);
      return rows.length === old.length;
    });
    // Some of them were told of, others are known by what is remembered; one by an exposure alone, as pages remember.
    await world.tell(key, [...drawn.slice(0, 20), saw("of-a-page", "control")]);
    world.pass(1_000);
    const variants = [
      { key: "control", weight: 0.02 },
      { key: "b", weight: 0.98 },
    ];
    const change = { unit: "customer", sticky: true, variants, confirm: true };
    const { status } = await world.operate(`/v1/experiments/${key}`, change, { method: "PUT" });
    expect(status).toBe(200);
    const again = await see(old);
    expect(again).toEqual(drawn);
    const fresh = await see(Array.from({ length: 100 }, (_, i) => `new-${i}`));
    await world.tell(key, [...again, saw("of-a-page", "control"), ...fresh, bought("old-1", 100)]);
    const { body } = await world.operate<Results>(`/v1/experiments/${key}/results`);
    const units = ["control", "b"].map((key) => fresh.filter(({ variant }) => variant === key).length);
    expect(body.variants.map((variant) => variant.units)).toEqual(units);
    expect(body.excluded).toMatchObject({ carried: 61, unattributed: 0 });
    expect(body.sampleRatio.verdict).toBe("ok");
  });
});

describe("the queue of events", () => {
  const row = (id: string): EventRow => ({
    experiment: "queue",
    id,
    type: "exposure",
    unit: id,
    variant: "b",
    at: 1,
    received_at: 1,
  });
  const rows = (name: string, count: number) => Array.from({ length: count }, (_, i) => row(`${name}-${i}`));
  const count = async (name: string) =>
    (await kept("queue")).filter(({ id }) => id.startsWith(`${name}-`)).length;

  /** Another transaction is about to tell the same, so that whoever writes these has to wait; then it does not. */
  async function holding(held: readonly EventRow[], work: () => Promise<void>): Promise<void> {
    const undone = database.transaction(async (tx) => {
      await insertEvents(tx, held);
      await work();
      throw new Error("undone");
    });
    await expect(undone).rejects.toThrow("undone");
  }

  it("takes no more than it holds, whole requests or nothing, and goes on when there is room", async () => {
    const telemetry = createTelemetry();
    const queue = createEventQueue({ database, telemetry, capacity: 10 });
    let first: Promise<void> | undefined;
    await holding([row("full-0")], async () => {
      first = queue.offer(rows("full", 8));
      await expect(queue.offer(rows("over", 3))).rejects.toMatchObject({
        code: "SERVER_EVENTS_FULL",
        value: 8,
      });
      expect(await telemetry.render()).toMatch(/haggle_experiment_events_waiting 8/);
    });
    await first;
    await queue.offer(rows("after", 10));
    expect([await count("full"), await count("over"), await count("after")]).toEqual([8, 0, 10]);
    expect(await telemetry.render()).toMatch(/events_total{result="refused"} 3/);
  });

  it("that is full is told over HTTP with when to come back, and what is told again is taken", async () => {
    const key = await world.run();
    const held = bought("held", 1, { id: "held" });
    // As many as one write takes; the first of each waits for the other transaction.
    const tellings = Array.from({ length: 41 }, (_, nth) => [
      held,
      ...Array.from({ length: 499 }, (_, i) => bought(`u-${i}`, 1, { id: `${nth}-${i}` })),
    ]);
    let answers: Promise<{ nth: number; answer: Answer<ErrorJson> }>[] = [];
    let full: Awaited<(typeof answers)[number]> | undefined;
    await holding([{ ...row("held"), experiment: key }], async () => {
      answers = tellings.map(async (events, nth) => ({ nth, answer: await world.tell(key, events) }));
      // Twenty thousand wait: who is answered is who came last.
      full = await Promise.race(answers);
    });
    const { nth: last, answer } = full!;
    const { status, headers, body } = answer;
    expect([status, headers.get("retry-after")]).toEqual([429, "1"]);
    expect(body.error).toMatchObject({ code: "SERVER_EVENTS_FULL", value: 20_000 });
    const statuses = (await Promise.all(answers)).map((each) => each.answer.status);
    expect(statuses).toEqual(tellings.map((_, nth) => (nth === last ? 429 : 202)));
    expect(await kept(key)).toHaveLength(40 * 499 + 1);
    expect((await world.tell(key, tellings[last]!)).status).toBe(202);
    expect(await kept(key)).toHaveLength(41 * 499 + 1);
  });

  it("writes together what came while it wrote", async () => {
    const statements: number[] = [];
    const watched: Pick<Database, "query"> = {
      query: (text, values) => {
        statements.push(JSON.parse(String(values![0])).length);
        return database.query(text, values);
      },
    };
    const queue = createEventQueue({ database: watched, telemetry: createTelemetry() });
    const offers: Promise<void>[] = [];
    const more = Array.from({ length: 40 }, (_, i) => `more${i}`);
    await holding(["alone-0", ...more.map((name) => `${name}-0`)].map(row), async () => {
      offers.push(queue.offer(rows("alone", 1)));
      await until(() => statements.length === 1);
      for (const name of more) offers.push(queue.offer(rows(name, 30)));
      // 1,200 more, in batches of up to 500, while no more than three write.
      await until(() => statements.length === 3);
    });
    await Promise.all(offers);
    expect(statements).toEqual([1, 480, 480, 240]);
  });

  it("keeps nobody waiting for long behind a write that hangs", async () => {
    const queue = createEventQueue({ database, telemetry: createTelemetry() });
    let hanging: Promise<void> | undefined;
    await holding([row("hang-0")], async () => {
      hanging = queue.offer(rows("hang", 1));
      await until(() => database.connections().open - database.connections().idle >= 2);
      await queue.offer(rows("behind", 1));
      expect(await count("behind")).toBe(1);
    });
    await hanging;
  });

  it("tells who was not written, and nobody else", async () => {
    const queue = createEventQueue({ database, telemetry: createTelemetry() });
    const wrong = { ...row("wrong-0"), at: Number.NaN };
    await expect(queue.offer([wrong])).rejects.toThrow();
    await queue.offer(rows("right", 1));
    expect([await count("wrong"), await count("right")]).toEqual([0, 1]);
  });

  it("writes what it has when it closes, and takes nothing more", async () => {
    const queue = createEventQueue({ database, telemetry: createTelemetry() });
    const offered = Promise.all([
      queue.offer(rows("close", 700).slice(0, 500)),
      queue.offer(rows("last", 200)),
    ]);
    await queue.close();
    expect([await count("close"), await count("last")]).toEqual([500, 200]);
    await offered;
    await expect(queue.offer(rows("late", 1))).rejects.toMatchObject({ code: "SERVER_DRAINING" });
    await queue.close();
  });
});
