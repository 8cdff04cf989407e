// What it takes to follow a channel: looks that find nothing new, a release that is published, a kill. Each against the
// least that a server of this kind could do: a bare Fastify, and a bare event to everybody.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseChannel, parseEnvelope } from "@haggle/abi";
import { createHaggle, type Haggle } from "@haggle/sdk/client";
import { openEventStream } from "../../sdk/src/trust/event-stream.ts";
import { createShop, makeCart, SHOES, type Shop } from "../support/release.ts";
import { until } from "../support/server.ts";
import { median } from "./measure.ts";
import { send } from "./requests.ts";
import type { FromClients } from "./rollout-clients.ts";
import { now, type Server, start, startClients } from "./rollout-processes.ts";
import { type Row, withGoal } from "./row.ts";
import type { BenchOptions } from "./run.ts";

const MIN_RATE = 0.8;
const MAX_TIMES = 3;
/** "Effective in every connected SDK within one second." */
const MAX_KILL_MS = 1_000;
const PROCESSES = 5;
/** A server gives one address 50 streams. */
const CLIENTS_EACH = 40;
const CLIENTS = PROCESSES * CLIENTS_EACH;
const CONNECTIONS = 16;

type Bench = { haggle: Server; bare: Server; shop: Shop; from: string; to: string; key: string };

export async function* rollout({ quick }: BenchOptions): AsyncGenerator<Row> {
  const shop = await createShop();
  await shop.giveKey("channel");
  const first = await shop.publish();
  const haggle = await start("haggle", shop.dataFolder);
  const bare = await start("bare");
  try {
    // Both have been live once, so that the registry has them; everybody is on the first one.
    await until(() => isVersion(haggle, 1));
    const second = await shop.publish({ version: 2, rules: [SHOES] });
    await until(() => isVersion(haggle, 2));
    await shop.publish({ version: 1, channel: { version: 3 } });
    await until(() => isVersion(haggle, 3));
    const key = (await readFile(join(shop.dataFolder, "admin.key"), "utf8")).trim();
    const bench = { haggle, bare, shop, from: first.release.sha256, to: second.release.sha256, key };
    yield* looks(bench, quick ? 9 : 21, quick ? 1_000 : 3_000);
    yield* publishing(bench, quick ? 9 : 25);
    yield* killing(bench, quick ? 5 : 15);
  } finally {
    await Promise.all([haggle.close(), bare.close()]);
    await shop.remove();
  }
}

/** By the CPU time of the servers, which hold still else: a busy machine slows both alike. */
async function* looks({ haggle, bare }: Bench, rounds: number, count: number): AsyncGenerator<Row> {
  const served = await fetch(`${haggle.url}/v1/channels/stable`);
  const tag = served.headers.get("etag")!;
  const document = new Uint8Array(await served.arrayBuffer());
  await put(bare, document);
  const given = new Uint8Array(await (await fetch(`${bare.url}/document`)).arrayBuffer());
  if (Buffer.compare(given, document) !== 0) throw new Error("the servers give different documents");
  const subjects = [
    {
      server: haggle,
      status: 304,
      text: `GET /v1/channels/stable HTTP/1.1\r\nhost: x\r\nif-none-match: ${tag}\r\n\r\n`,
    },
    { server: bare, status: 200, text: "GET /document HTTP/1.1\r\nhost: x\r\n\r\n" },
  ];
  const costs: number[][] = [[], []];
  for (let round = -2; round < rounds; round++) {
    for (const k of [0, 1]) {
      const i = (k + Math.abs(round)) % 2;
      const { server, ...request } = subjects[i]!;
      const before = await server.cpuMs();
      await send(server.url, { ...request, count, connections: CONNECTIONS });
      if (round >= 0) costs[i]!.push(((await server.cpuMs()) - before) / count);
    }
  }
  const [ours, theirs] = costs as [number[], number[]];
  const name = `channel of ${document.length} bytes`;
  const common = { bench: "rollout", case: name, unit: "requests/s" } as const;
  yield { ...common, subject: "bare Fastify, 200", value: 1_000 / median(theirs) };
  const ratio = median(ours.map((cost, round) => theirs[round]! / cost));
  yield withGoal(
    { ...common, subject: "304", value: 1_000 / median(ours), ratio, against: "bare Fastify, 200" },
    { atLeast: MIN_RATE },
  );
}

/** From the request that publishes to the engine that prices by it. */
async function* publishing(bench: Bench, rounds: number): AsyncGenerator<Row> {
  const { haggle, bare, shop } = bench;
  let seen: (release: string) => void = () => {};
  const client = createHaggle({
    ...{ url: haggle.url, root: shop.root.bytes, pollMs: 600_000 },
    context: { bucket: 0 },
  });
  client.on("update", ({ release }) => seen(release));
  await client.ready();
  const listener = await listen(bare);
  const ours: number[] = [];
  const theirs: number[] = [];
  const event = `event: channel\ndata: ${"x".repeat(200)}\n\n`;
  for (let round = -1; round < rounds; round++) {
    const to = client.state?.release === bench.to ? bench.from : bench.to;
    const visible = new Promise<number>((resolve) => {
      seen = (release) => release === to && resolve(now());
    });
    const ms = await timed(
      () => ask(bench, "PUT", "/v1/channels/stable/release", { release: to, older: true }),
      visible,
    );
    await checkSame(bench, client);
    const bareMs = await timed(() => broadcast(bare, event), listener.next());
    if (round < 0) continue;
    ours.push(ms);
    theirs.push(bareMs);
  }
  client.close();
  listener.close();
  yield* compare("publish to visible", ours, "Haggle", theirs, "bare event");
}

/** From the request that kills to the last client that prices nothing more. */
async function* killing(bench: Bench, rounds: number): AsyncGenerator<Row> {
  const { haggle, bare, shop } = bench;
  const rootFile = join(shop.folder, "root.json");
  const crowd = await Promise.all(
    Array.from({ length: PROCESSES }, (_, index) =>
      startClients(CLIENTS_EACH, `192.0.2.${index + 1}`, haggle.url, rootFile, bare.url),
    ),
  );
  const last = async (is: FromClients["is"]) =>
    Math.max(...(await Promise.all(crowd.map(({ next }) => next(is)))));
  const frame = await frameOf(bench);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const { id } = await readStable(bench);
    const target = { kind: "release", id, channel: "stable", reason: "bench" };
    const ms = await timed(
      () => ask(bench, "POST", "/v1/kills", { ...target, confirm: true }),
      last("withdrawn"),
    );
    const back = last("back");
    await ask(bench, "DELETE", `/v1/kills?${new URLSearchParams(target)}`);
    await back;
    const bareMs = await timed(() => broadcast(bare, frame), last("heard"));
    if (round < 0) continue;
    ours.push(ms);
    theirs.push(bareMs);
  }
  for (const { close } of crowd) await close();
  const name = `kill to the last of ${CLIENTS}`;
  yield* compare(name, ours, "Haggle", theirs, "bare broadcast");
  const worst = { bench: "rollout", case: name, subject: "Haggle, worst", unit: "ms" } as const;
  yield withGoal({ ...worst, value: Math.max(...ours) }, { atMost: MAX_KILL_MS });
}

function* compare(
  name: string,
  ours: number[],
  subject: string,
  theirs: number[],
  against: string,
): Generator<Row> {
  const common = { bench: "rollout", case: name, unit: "ms" } as const;
  yield { ...common, subject: against, value: median(theirs), best: Math.min(...theirs) };
  const ratio = median(ours.map((ms, round) => ms / theirs[round]!));
  yield withGoal(
    { ...common, subject, value: median(ours), best: Math.min(...ours), ratio, against },
    { atMost: MAX_TIMES },
  );
}

/** The event that brings a kill, byte for byte as long. */
async function frameOf({ haggle }: Bench): Promise<string> {
  const document = await (await fetch(`${haggle.url}/v1/channels/stable`)).text();
  const data = JSON.stringify({ version: 1_000, release: "0".repeat(64), document });
  return `event: channel\nid: 1000\ndata: ${data}\n\n`;
}

async function checkSame({ haggle }: Bench, client: Haggle): Promise<void> {
  const answer = await until(async () => {
    const response = await fetch(`${haggle.url}/v1/evaluations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(makeCart()),
    });
    const priced = (await response.json()) as { release: string; total: number };
    return priced.release === client.state?.release && priced;
  });
  const decision = client.evaluate(makeCart());
  if (!decision.ok || decision.total !== answer.total) throw new Error("client and server price differently");
}

/** From the request to what it brings about, wherever that is; the answer may come later, and is waited for. */
async function timed(request: () => Promise<unknown>, effect: Promise<number>): Promise<number> {
  const before = now();
  const [at] = await Promise.all([effect, request()]);
  return at - before;
}

async function listen(bare: Server) {
  let heard: () => void = () => {};
  const stream = openEventStream(`${bare.url}/events`, {
    onEvent: () => heard(),
    onLost: () => {},
  });
  await until(() => stream.isOpen);
  return {
    next: () =>
      new Promise<number>((resolve) => {
        heard = () => resolve(now());
      }),
    close: () => stream.close(),
  };
}

async function put({ url }: Server, document: Uint8Array): Promise<void> {
  const headers = { "content-type": "application/octet-stream" };
  await fetch(`${url}/document`, { method: "PUT", headers, body: new Uint8Array(document) });
}

async function broadcast({ url }: Server, frame: string): Promise<void> {
  const headers = { "content-type": "application/octet-stream" };
  await (await fetch(`${url}/broadcast`, { method: "POST", headers, body: frame })).text();
}

async function ask({ haggle, key }: Bench, method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(haggle.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`);
  return answer;
}

/** The release of everybody. */
async function readStable({ haggle }: Bench): Promise<{ id: string }> {
  const bytes = new Uint8Array(await (await fetch(`${haggle.url}/v1/channels/stable`)).arrayBuffer());
  return { id: parseChannel(parseEnvelope(bytes, "channel").payload).arms[0]!.release };
}

async function isVersion({ url }: Server, version: number): Promise<boolean> {
  const ready = (await (await fetch(`${url}/readyz`)).json()) as {
    channel?: { version: number };
    keys: { channel: string };
  };
  return ready.channel?.version === version && ready.keys.channel === "ready";
}
