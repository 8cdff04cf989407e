import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createApprovals } from "../../server/modules/access/approvals.ts";
import { createKeys } from "../../server/modules/access/service.ts";
import { createAudit } from "../../server/modules/audit/service.ts";
import { createOutbox, type Outbox } from "../../server/platform/outbox.ts";
import type { Actor } from "../../server/platform/scope.ts";
import { createTelemetry } from "../../server/platform/telemetry.ts";
import { makeKey, readAdminKey, withKey } from "../support/api-keys.ts";
import { createShop } from "../support/release.ts";
import { startServer, testDatabaseUrl } from "../support/server.ts";

const MIGRATIONS = join(import.meta.dirname, "../../server/migrations");
const DAY_MS = 86_400_000;

const ada: Actor = { id: "key:ada", name: "Ada", scopes: ["operate"] };
const bob: Actor = { id: "key:bob", name: "Bob", scopes: ["operate"] };

let database: Database;
let outbox: Outbox;
let now: number;
/** What was executed, and what fails next. */
let done: object[];
let failure: Error | undefined;
let committed: number;

beforeAll(async () => {
  const log = createLog("silent");
  const tenant = `approvals-${process.pid}`;
  database = await openDatabase({ url: testDatabaseUrl(), tenant, migrations: MIGRATIONS, log });
  outbox = createOutbox({ database, telemetry: createTelemetry(), clock: Date.now, log });
});
afterAll(() => database.close());

beforeEach(() => {
  now = Date.now();
  done = [];
  failure = undefined;
  committed = 0;
});

/** As each process of a deployment makes it. */
function open() {
  const audit = createAudit({ database, clock: () => now });
  const approvals = createApprovals({ database, audit, outbox, channels: ["stable"], clock: () => now });
  approvals.register("thing.do", async (tx, payload: object, { requester, approver }) => {
    await audit.record(tx, { actor: approver, action: "thing.do", object: "thing", after: payload });
    if (failure !== undefined) throw failure;
    done.push({ payload, requester: requester.id, approver: approver.id });
    return {
      result: { did: payload },
      afterCommit: async () => {
        committed++;
      },
    };
  });
  return { ...approvals, audit };
}

async function request(approvals = open(), payload: object = { weight: 500 }, actor = ada): Promise<string> {
  const run = () => Promise.reject(new Error("ran at once"));
  const answer = await approvals.gate({ actor, action: "thing.do", payload, channel: "stable" }, run);
  return (answer as { approval: string }).approval;
}

describe("a change", () => {
  it("of a channel without approvals runs at once", async () => {
    const change = { actor: ada, action: "thing.do", payload: {}, channel: "preview" };
    expect(await open().gate(change, async () => ({ ran: true }))).toEqual({ ran: true });
  });

  it("waits for a second person, who may be at another process, and is done once", async () => {
    const id = await request();
    expect(done).toEqual([]);
    const other = open();
    const [waiting] = await other.list();
    expect(waiting).toMatchObject({
      id,
      action: "thing.do",
      channel: "stable",
      payload: { weight: 500 },
      state: "pending",
      requestedBy: { id: "key:ada", name: "Ada" },
      expiresAt: now + DAY_MS,
    });
    const answer = await other.approve({ actor: bob }, id, "looks right");
    expect(answer).toMatchObject({
      approval: { id, state: "approved", decidedBy: { id: "key:bob", name: "Bob" }, reason: "looks right" },
      result: { did: { weight: 500 } },
    });
    expect(done).toEqual([{ payload: { weight: 500 }, requester: "key:ada", approver: "key:bob" }]);
    expect(committed).toBe(1);
    const { records } = await other.audit.list({ limit: 3 });
    expect(records.map(({ action, actor }) => [action, actor.id])).toEqual([
      ["approval.approve", "key:bob"],
      ["thing.do", "key:bob"],
      ["approval.request", "key:ada"],
    ]);
  });

  it("is not approved by who requested it, nor by the database", async () => {
    const approvals = open();
    const id = await request(approvals);
    await expect(approvals.approve({ actor: ada }, id)).rejects.toMatchObject({
      code: "SERVER_OWN_APPROVAL",
    });
    const sql = "update approvals set state = 'approved', decided_by = requested_by where id = $1";
    await expect(database.query(sql, [id])).rejects.toMatchObject({ code: "23514" });
    expect(done).toEqual([]);
  });

  it("is not approved by a key that its requester made, or that made the requester's, however far", async () => {
    const approvals = open();
    const log = createLog("silent");
    const parts = { database, outbox, audit: approvals.audit, pepper: new Uint8Array(32), log };
    const keys = createKeys({ ...parts, clock: () => now });
    const make = async (actor: Actor, name: string, owner?: string): Promise<Actor> => {
      const { id, scopes } = await keys.create(
        { actor },
        { name, ...(owner && { owner }), scopes: ["operate"] },
      );
      return { id: `key:${id}`, name, scopes };
    };
    const second = await make(ada, "second");
    const third = await make(second, "third");
    const colleague = await make(bob, "colleague");
    const sibling = await make(second, "sibling");
    const nephew = await make(await make(second, "brother"), "nephew");
    const hers = await make(second, "till", "Eve");
    const alsoHers = await make(bob, "laptop", "Eve");
    const his = await make(second, "phone", "Dan");
    // Who gives somebody a new key has seen it.
    const taken = await make(bob, "taken");
    await keys.rotate({ actor: third }, taken.id.slice(4), 0);
    for (const [requester, approver] of [
      [ada, second],
      [ada, third],
      [ada, taken],
      [second, ada],
      [third, ada],
      [taken, second],
      // Nobody said that they are two people's.
      [third, sibling],
      [third, nephew],
      [hers, alsoHers],
    ] as const) {
      const id = await request(approvals, {}, requester);
      await expect(approvals.approve({ actor: approver }, id)).rejects.toMatchObject({
        code: "SERVER_OWN_APPROVAL",
        value: id,
      });
      expect(await approvals.decline({ actor: approver }, id)).toMatchObject({ state: "declined" });
    }
    expect(done).toEqual([]);
    await approvals.approve({ actor: colleague }, await request(approvals, {}, third));
    await approvals.approve({ actor: third }, await request(approvals, {}, colleague));
    await approvals.approve({ actor: his }, await request(approvals, {}, hers));
    expect(done).toHaveLength(3);
  });

  it("is done once when many approve at once", async () => {
    const id = await request();
    const people = Array.from({ length: 8 }, (_, index) => ({ ...bob, id: `key:${index}` }));
    const answers = await Promise.allSettled(people.map((actor) => open().approve({ actor }, id)));
    const refused = answers.filter(({ status }) => status === "rejected");
    expect(refused).toHaveLength(7);
    for (const answer of refused) {
      expect(answer).toMatchObject({ reason: { code: "SERVER_APPROVAL_DECIDED", value: "approved" } });
    }
    expect(done).toHaveLength(1);
  });

  it("that fails waits on, and leaves neither record nor event", async () => {
    const approvals = open();
    const id = await request(approvals);
    const before = await approvals.audit.head();
    failure = new Error("no");
    await expect(approvals.approve({ actor: bob }, id)).rejects.toBe(failure);
    expect((await approvals.audit.head()).seq).toBe(before.seq);
    expect((await approvals.list())[0]).toMatchObject({ id, state: "pending" });
    expect(committed).toBe(0);
    failure = undefined;
    await approvals.approve({ actor: bob }, id);
    expect(done).toHaveLength(1);
  });

  it("is declined by anyone, its requester too, and is then done no more", async () => {
    const approvals = open();
    for (const actor of [ada, bob]) {
      const id = await request(approvals);
      expect(await approvals.decline({ actor }, id, "not today")).toMatchObject({ state: "declined" });
      await expect(approvals.approve({ actor: bob }, id)).rejects.toMatchObject({
        code: "SERVER_APPROVAL_DECIDED",
      });
      await expect(approvals.decline({ actor: bob }, id)).rejects.toMatchObject({
        code: "SERVER_APPROVAL_DECIDED",
      });
    }
    expect(done).toEqual([]);
  });

  it("expires after a day", async () => {
    const approvals = open();
    const id = await request(approvals);
    now += DAY_MS - 1;
    expect((await approvals.list())[0]).toMatchObject({ id, state: "pending" });
    now += 1;
    expect((await approvals.list())[0]).toMatchObject({ id, state: "expired" });
    await expect(approvals.approve({ actor: bob }, id)).rejects.toMatchObject({
      code: "SERVER_APPROVAL_EXPIRED",
    });
    expect(done).toEqual([]);
  });

  it("that is too large to wait is refused", async () => {
    const large = { text: "x".repeat(64 * 1024) };
    await expect(request(open(), large)).rejects.toMatchObject({ code: "SERVER_BODY_TOO_LARGE" });
  });
});

describe("over HTTP", () => {
  it("asks for scope operate, and knows what is not there", async () => {
    const shop = await createShop();
    const server = await startServer(shop.dataFolder);
    try {
      const { key } = await makeKey(server, await readAdminKey(shop.dataFolder), ["operate"]);
      expect(await (await server.get("/v1/approvals", withKey(key))).json()).toEqual({ approvals: [] });
      for (const verb of ["approve", "decline"]) {
        const none = await server.post(`/v1/approvals/000000000000/${verb}`, {}, withKey(key));
        expect(none.status).toBe(404);
        expect(await none.json()).toMatchObject({ error: { code: "SERVER_UNKNOWN_APPROVAL" } });
        const wrong = await server.post(`/v1/approvals/000000000000/${verb}`, { because: 1 }, withKey(key));
        expect(wrong.status).toBe(400);
      }
    } finally {
      await server.close();
      await shop.remove();
    }
  });
});
