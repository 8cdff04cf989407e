import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it } from "vitest";
import { damageRelease } from "../support/damage-release.ts";
import { makeCart } from "../support/release.ts";
import {
  type Call,
  createRolloutWorld,
  NO_GATES,
  operatorOf,
  type RolloutWorld,
  rolloutsOf,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// A release that fails on the way to shoppers, from their carts to whoever is woken by it.

const LOOK_MS = 10_000;
const SHOPPERS = 40;
const STEPS = [5_000, 10_000].map((weightBp) => ({ weightBp, soakMs: 3_600_000, minSamples: 0 }));

type Message = { headers: IncomingHttpHeaders; body: string };
type Event = { type: string; timestamp: string; data: Record<string, unknown> };

let world: RolloutWorld;
let server: TestServer;
let operate: Call;
let receiver: Server;
let messages: Message[];

beforeAll(async () => {
  messages = [];
  receiver = createServer(async (request, response) => {
    messages.push({ headers: request.headers, body: await text(request) });
    response.writeHead(204).end();
  });
  await once(receiver.listen(0, "127.0.0.1"), "listening");
  world = await createRolloutWorld();
  server = await world.start();
  operate = await operatorOf(server, world.shop.dataFolder);
});

afterAll(async () => {
  await world?.close();
  receiver.closeAllConnections();
  receiver.close();
});

/** Carts of shoppers of both arms. Resolves with how many were priced, and how many were not. */
async function price(at: TestServer): Promise<Record<string, number>> {
  const call = await operatorOf(at, world.shop.dataFolder);
  const counts: Record<string, number> = {};
  for (let shopper = 0; shopper < SHOPPERS; shopper++) {
    const { status } = await call("/v1/evaluations", makeCart(), {
      headers: { "x-haggle-unit": `shopper-${shopper}` },
    });
    counts[status] = (counts[status] ?? 0) + 1;
  }
  await at.app.metrics.flush();
  return counts;
}

/** By which transactions the rows of a rollout's step were written. */
async function listTransactions(id: string, number: number, channelVersion: number): Promise<string[]> {
  const rows = await world.database.query<{ written: string }>(
    `select xmin::text as written from rollouts where id = $1
     union all select xmin::text from rollout_transitions where rollout_id = $1 and number = $2
     union all select xmin::text from audit_records
       where record::json ->> 'object' = 'rollout:' || $1 and record::json ->> 'action' = 'rollout.gate'
     union all select xmin::text from channel_documents where channel = 'stable' and kind = 'channel' and version = $3
     union all select xmin::text from channel_heads where channel = 'stable' and kind = 'channel'`,
    [id, number, channelVersion],
  );
  return rows.map(({ written }) => written);
}

it("is taken back in one transaction, which says why in the audit log and to a webhook that can prove who says it", async () => {
  const hook = {
    url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`,
    events: ["rollout.*"],
  };
  const made = await operate<{ secret: string }>("/v1/webhooks", hook);
  expect(made.status).toBe(201);
  const verify = ({ headers, body }: Message) =>
    new Webhook(made.body.secret).verify(body, headers as Record<string, string>) as Event;
  const rollouts = rolloutsOf(world, server, operate);
  const gates = { ...NO_GATES, errorRate: { mode: "on" } };
  const { id } = (await rollouts.start({ steps: STEPS, gates })).body;
  // Slots that began before the step count for nothing.
  world.pass(LOOK_MS);
  const mend = await damageRelease(world, world.to);
  // One that has read nothing of it yet.
  const other = await world.start();
  const counts = await price(other);
  expect(counts["500"]).toBeGreaterThan(4);
  expect(counts["200"]).toBeGreaterThan(4);
  await until(async () => {
    world.pass(LOOK_MS + 1);
    return (await rollouts.show(id)).state === "rolled_back";
  });
  await mend();

  const { history, weightBp } = await rollouts.show(id);
  const last = history.at(-1)!;
  expect(weightBp).toBe(0);
  expect(last.reason).toMatch(/^errorRate: evaluation: \d+ of \d+, certainly .* above 0\.1 %$/);
  expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(0));
  expect((await rollouts.readChannel()).version).toBe(last.channelVersion);
  await until(async () => (await rollouts.readChannel(other)).version === last.channelVersion);
  expect(await price(other)).toEqual({ 200: SHOPPERS });

  const { body } = await operate<{ records: Record<string, unknown>[] }>(`/v1/audit?object=rollout:${id}`);
  expect(body.records[0]).toMatchObject({
    action: `rollout.${last.cause}`,
    actor: { name: last.actor.name },
    before: { state: "running", weightBp: 5_000 },
    after: { state: "rolled_back", weightBp: 0, channelVersion: last.channelVersion },
    note: last.reason,
  });
  const transactions = await listTransactions(id, history.length, last.channelVersion);
  expect([transactions.length, new Set(transactions).size]).toEqual([5, 1]);

  const told = await until(() => {
    const events = messages.map(verify);
    return events.some(({ type }) => type === "rollout.rolled_back") && events;
  });
  expect(told.map(({ type }) => type)).toEqual(["rollout.started", "rollout.rolled_back"]);
  expect(told[1]!.data).toMatchObject({
    channel: "stable",
    from: world.from,
    to: world.to,
    state: "rolled_back",
    weightBp: 0,
    cause: last.cause,
    channelVersion: last.channelVersion,
    reason: last.reason,
  });
  const { headers, body: said } = messages[1]!;
  expect(() => verify({ headers, body: said.replace("rolled_back", "completed__") })).toThrow();
  expect(() =>
    new Webhook(`whsec_${"A".repeat(32)}`).verify(said, headers as Record<string, string>),
  ).toThrow();
}, 120_000);
