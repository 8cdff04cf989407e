import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterEach, describe, expect, it } from "vitest";
import { createOutbox, type Outbox, type StoredEvent } from "../../server/platform/outbox.ts";
import { createTelemetry, type Telemetry } from "../../server/platform/telemetry.ts";
import { testDatabaseUrl, until } from "../support/server.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
const DAY_MS = 86_400_000;

type Handler = (event: StoredEvent) => Promise<void>;
type Server = { database: Database; outbox: Outbox; telemetry: Telemetry; log: { msg: string }[] };

const closing: (() => Promise<void>)[] = [];
let tenants = 0;

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function newTenant(): string {
  tenants += 1;
  return `outbox-${process.pid}-${tenants}`;
}

async function open(tenant: string, clock: () => number = Date.now): Promise<Server> {
  const lines: Server["log"] = [];
  const log = createLog("info", { write: (line: string) => void lines.push(JSON.parse(line)) });
  const database = await openDatabase({ url: testDatabaseUrl(), migrations: MIGRATIONS, tenant, log });
  closing.push(database.close);
  const telemetry = createTelemetry();
  return { database, telemetry, log: lines, outbox: createOutbox({ database, telemetry, clock, log }) };
}

function start({ outbox }: Server, handlers: Record<string, Handler>): () => Promise<void> {
  for (const [name, handler] of Object.entries(handlers)) outbox.subscribe(name, handler);
  const stop = outbox.start();
  closing.push(stop);
  return stop;
}

async function emit({ database, outbox }: Server, ...subjects: string[]): Promise<void> {
  for (const subject of subjects) {
    await database.transaction((tx) => outbox.emit(tx, { type: "thing.made", subject, data: { subject } }));
  }
}

const counting = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));

describe("the outbox", () => {
  it("tells every subscriber all that was committed, in order, and nothing that was not", async () => {
    const server = await open(newTenant());
    const heard: Record<string, StoredEvent[]> = { a: [], b: [] };
    start(server, {
      a: async (event) => void heard.a!.push(event),
      b: async (event) => void heard.b!.push(event),
    });
    await emit(server, "1", "2");
    const undone = server.database.transaction(async (tx) => {
      await server.outbox.emit(tx, { type: "thing.made", subject: "undone", data: {} });
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    await emit(server, "3");
    await until(() => heard.a!.length >= 3 && heard.b!.length >= 3);
    for (const events of Object.values(heard)) {
      expect(events.map(({ subject, number }) => [subject, number])).toEqual([
        ["1", 1],
        ["2", 2],
        ["3", 3],
      ]);
    }
    expect(heard.a![0]).toMatchObject({ type: "thing.made", data: { subject: "1" }, id: heard.b![0]!.id });
  });

  it("passes no event by whose transaction ends after a later one's", async () => {
    const server = await open(newTenant());
    const heard: string[] = [];
    start(server, { diary: async ({ subject }) => void heard.push(subject) });
    const gate = Promise.withResolvers<void>();
    const emitted = Promise.withResolvers<void>();
    const slow = server.database.transaction(async (tx) => {
      await server.outbox.emit(tx, { type: "thing.made", subject: "slow", data: {} });
      emitted.resolve();
      await gate.promise;
    });
    await emitted.promise;
    await emit(server, "fast");
    await until(() => heard.includes("fast"));
    gate.resolve();
    await slow;
    await until(() => heard.includes("slow"));
    expect(heard).toEqual(["fast", "slow"]);
  });

  it("shares the work among processes: each event once, in order, while nothing fails", async () => {
    const tenant = newTenant();
    const servers = [await open(tenant), await open(tenant), await open(tenant)];
    const heard: string[] = [];
    const overlaps: string[] = [];
    let busy = 0;
    for (const server of servers) {
      start(server, {
        diary: async ({ subject }) => {
          busy += 1;
          if (busy > 1) overlaps.push(subject);
          await new Promise((resolve) => setImmediate(resolve));
          heard.push(subject);
          busy -= 1;
        },
      });
    }
    await emit(servers[0]!, ...counting(30));
    await until(() => heard.length >= 30);
    expect(heard).toEqual(counting(30));
    expect(overlaps).toEqual([]);
  });

  it("begins, for a new subscriber, with what comes after its first start, and goes on where it was", async () => {
    const tenant = newTenant();
    const first = await open(tenant);
    const heard: string[] = [];
    const stop = start(first, { diary: async ({ subject }) => void heard.push(subject) });
    await emit(first, "1");
    await until(() => heard.length === 1);
    await stop();
    await emit(first, "2");
    const second = await open(tenant);
    const late: string[] = [];
    start(second, { diary: async ({ subject }) => void heard.push(subject) });
    await until(() => heard.length === 2);
    const third = await open(tenant);
    start(third, { newcomer: async ({ subject }) => void late.push(subject) });
    await until(async () => (await third.telemetry.render()).includes('subscriber="newcomer"'));
    await emit(first, "3");
    await until(() => late.length > 0 && heard.length === 3);
    expect({ heard, late }).toEqual({ heard: ["1", "2", "3"], late: ["3"] });
  });

  it("tries again what failed, later each time, and sets it aside at last, told by log and metric", async () => {
    let now = 1_000_000;
    const server = await open(newTenant(), () => now);
    const heard: string[] = [];
    start(server, {
      diary: async ({ subject }) => {
        heard.push(subject);
        if (subject === "poison") throw new Error("I cannot take this");
      },
    });
    await emit(server, "poison", "next");
    const waits: number[] = [];
    const poisons = () => heard.filter((subject) => subject === "poison").length;
    for (let tries = 1; tries < 8; tries += 1) {
      const [held] = await until(async () => {
        const rows = await server.database.query<{ tries: number; next_at: number }>(
          "select tries, next_at from outbox_held",
        );
        return rows[0]?.tries === tries && poisons() === tries && rows;
      });
      waits.push(held!.next_at - now);
      now += waits.at(-1)!;
      await emit(server, "hint");
    }
    await until(async () => (await server.database.query("select from outbox_failures")).length > 0);
    expect(heard.slice(0, 2)).toEqual(["poison", "next"]);
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000]);
    expect(heard.filter((subject) => subject === "poison")).toHaveLength(8);
    const [failure] = await server.database.query<object>(
      "select subscriber, event ->> 'subject' as subject, error from outbox_failures",
    );
    expect(failure).toEqual({ subscriber: "diary", subject: "poison", error: "Error: I cannot take this" });
    expect(server.log.filter(({ msg }) => msg === "an event was set aside")).toHaveLength(1);
    expect(await server.telemetry.render()).toContain('haggle_outbox_set_aside_total{subscriber="diary"} 1');
  });

  it("hands the event of a process that was killed to another, and does not let it kill for ever", async () => {
    const tenant = newTenant();
    let now = Date.now();
    const server = await open(tenant, () => now);
    const [program, heard] = [join(import.meta.dirname, "../support/die-in-a-handler.ts"), [] as string[]];
    // The cursor is made by the first process that knows the subscriber.
    const child = await spawnUntilReady(program, tenant, server);
    await emit(server, "deadly", "next");
    const [chunk] = (await once(child.stdout!, "data")) as [Buffer];
    expect(chunk.toString()).toBe("deadly\n");
    child.kill("SIGKILL");
    await once(child, "close");
    now = Date.now() + 10_000;
    start(server, { diary: async ({ subject }) => void heard.push(subject) });
    await until(() => heard.length >= 2);
    expect(heard).toEqual(["deadly", "next"]);

    // As if it had killed eight of them: it is set aside unheard.
    const worse = { id: "worse", number: 1, type: "thing.made", subject: "worse", data: {}, createdAt: 1 };
    await server.database.query(
      `insert into outbox_held (subscriber, subject, number, event, tries, next_at)
       values ('diary', 'worse', 1, $1, 8, 0)`,
      [JSON.stringify(worse)],
    );
    await emit(server, "worse", "after");
    await until(() => heard.includes("worse") && heard.includes("after"));
    expect(heard.toSorted()).toEqual(["after", "deadly", "next", "worse"]);
    const failures = await server.database.query("select event_id, error from outbox_failures");
    expect(failures).toEqual([{ event_id: "worse", error: "The process ended each time" }]);
  });

  it("forgets after a week what everybody has had, and keeps what somebody has not", async () => {
    let now = 1_000 * DAY_MS;
    const tenant = newTenant();
    const server = await open(tenant, () => now);
    const heard: string[] = [];
    start(server, { diary: async ({ subject }) => void heard.push(subject) });
    await until(async () => (await cursors(server)).length === 1);
    await server.database.query(
      "insert into outbox_cursors (subscriber, number, seen_at) values ('slow', 1, $1), ('gone', 0, $2)",
      [now, now - 31 * DAY_MS],
    );
    await emit(server, "1", "2");
    await until(() => heard.length === 2);
    now += 8 * DAY_MS;
    await emit(server, "3");
    const left = await until(async () => {
      const rows = await server.database.query<{ subject: string }>(
        "select subject from outbox_events order by number",
      );
      return rows.length === 2 && rows;
    });
    expect(left).toEqual([{ subject: "2" }, { subject: "3" }]);
    expect(await cursors(server)).toEqual(["diary", "slow"]);
  });

  it("forgets what is held back of a subscriber that nobody runs any more, with its cursor", async () => {
    const now = 1_000 * DAY_MS;
    const server = await open(newTenant(), () => now);
    const event = { id: "held", number: 1, type: "thing.made", subject: "s", data: {}, createdAt: 1 };
    await server.database.query(
      "insert into outbox_cursors (subscriber, number, seen_at) values ('away', 0, $1), ('gone', 0, $2)",
      [now - 29 * DAY_MS, now - 31 * DAY_MS],
    );
    await server.database.query(
      `insert into outbox_held (subscriber, subject, number, event, next_at)
       select subscriber, 's', 1, $1, 0 from unnest($2::text[]) as subscriber`,
      [JSON.stringify(event), ["away", "gone", "never"]],
    );
    start(server, { diary: async () => {} });
    const held = await until(async () => {
      const rows = await server.database.query("select subscriber from outbox_held");
      return rows.length < 3 && rows;
    });
    expect(held).toEqual([{ subscriber: "away" }]);
    expect(await cursors(server)).toEqual(["away", "diary"]);
  });

  it("wakes what is held back without waiting for what somebody else has locked", async () => {
    let now = 1_000_000;
    const server = await open(newTenant(), () => now);
    const heard: string[] = [];
    const event = { number: 1, type: "thing.made", data: {}, createdAt: 1 };
    const events = ["a", "b"].map((subject) => JSON.stringify({ ...event, id: subject, subject }));
    await server.database.query(
      `insert into outbox_held (subscriber, subject, number, event, next_at)
       select 'diary', event ->> 'subject', 1, event, $2 from unnest($1::jsonb[]) as event`,
      [events, Number.MAX_SAFE_INTEGER],
    );
    await server.database.transaction(async (tx) => {
      await tx.query("select from outbox_held where subject = 'a' for update");
      start(server, { diary: async ({ subject }) => void heard.push(subject) });
      await until(() => heard.length > 0);
    });
    expect(heard).toEqual(["b"]);
    now += 60_000;
    await emit(server, "hint");
    await until(() => heard.includes("a"));
  });

  it("waits, when it stops, for the handler that runs", async () => {
    const server = await open(newTenant());
    const [began, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isDone = false;
    const stop = start(server, {
      diary: async () => {
        began.resolve();
        await gate.promise;
        isDone = true;
      },
    });
    await emit(server, "1", "2");
    await began.promise;
    const stopped = stop();
    gate.resolve();
    await stopped;
    expect(isDone).toBe(true);
    expect((await cursor(server)).number).toBe(1);
  });
});

async function cursor({ database }: Server): Promise<{ number: number; tries: number; next_at: number }> {
  const rows = await database.query<{ number: number; tries: number; next_at: number }>(
    "select number, tries, next_at from outbox_cursors",
  );
  return rows[0] ?? { number: 0, tries: 0, next_at: 0 };
}

async function cursors({ database }: Server): Promise<string[]> {
  const rows = await database.query<{ subscriber: string }>(
    "select subscriber from outbox_cursors order by subscriber",
  );
  return rows.map(({ subscriber }) => subscriber);
}

async function spawnUntilReady(program: string, tenant: string, server: Server) {
  const args = ["--conditions=haggle-source", program, testDatabaseUrl(), MIGRATIONS, tenant];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  await until(async () => (await cursors(server)).length > 0);
  return child;
}
