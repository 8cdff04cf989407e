// What OFREP costs the server: one flag against a bare Fastify that reads a body of the same size and sends one, and all flags
// at once against one by one. By the servers' CPU time, in turns, so that a busy machine slows all alike.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createShop } from "../../support/release.ts";
import { callerAt } from "../../support/rollout.ts";
import { until } from "../../support/server.ts";
import { median } from "../measure.ts";
import { send } from "../requests.ts";
import { type Server, start } from "../rollout-processes.ts";
import { type Row, withGoal } from "../row.ts";
import type { BenchOptions } from "../run.ts";

const MIN_RATE = 0.6;
const MAX_SHARE = 0.1;
const FLAGS = 100;
const CONNECTIONS = 16;
/** Each of them gets an answer of its own. */
const USERS = 1_024;

type Subject = { server: Server; path: string; count: number };

export async function* ofrep({ quick }: BenchOptions): AsyncGenerator<Row> {
  const shop = await createShop();
  await shop.giveKey("channel");
  await shop.publish();
  const haggle = await start("haggle", shop.dataFolder);
  const bare = await start("bare");
  try {
    await prepare(haggle, shop.dataFolder);
    await copyAnswer(haggle, bare);
    const [rounds, count] = quick ? [9, 1_000] : [21, 3_000];
    const subjects: Subject[] = [
      { server: bare, path: "/document", count },
      { server: haggle, path: "/ofrep/v1/evaluate/flags/flag-7", count },
      { server: haggle, path: "/ofrep/v1/evaluate/flags", count: Math.ceil(count / 10) },
    ];
    const [plain, single, bulk] = (await measure(subjects, rounds)) as [number[], number[], number[]];
    const common = { bench: "experiments", unit: "us" } as const;
    yield { ...common, case: "one flag by OFREP", subject: "bare Fastify", value: median(plain) };
    const rate = median(single.map((us, round) => plain[round]! / us));
    const row = { ...common, case: "one flag by OFREP", subject: "Haggle", value: median(single) };
    yield withGoal({ ...row, ratio: rate, against: "rate of bare Fastify" }, { atLeast: MIN_RATE });
    const each = bulk.map((us) => us / FLAGS);
    const share = median(each.map((us, round) => us / single[round]!));
    const all = {
      ...common,
      case: `${FLAGS} flags at once, of each`,
      subject: "Haggle",
      value: median(each),
    };
    yield withGoal({ ...all, ratio: share, against: "one flag" }, { atMost: MAX_SHARE });
  } finally {
    await Promise.all([haggle.close(), bare.close()]);
    await shop.remove();
  }
}

/** A hundred experiments that run, each over half of all. */
async function prepare({ url }: Server, dataFolder: string): Promise<void> {
  const ready = async () => (await (await fetch(`${url}/readyz`)).json()) as { keys: { channel: string } };
  await until(async () => (await ready()).keys.channel === "ready");
  const operate = await callerAt(
    url,
    dataFolder,
    (await readFile(join(dataFolder, "admin.key"), "utf8")).trim(),
  );
  for (let i = 0; i < FLAGS; i++) {
    const variants = ["control", "b"].map((key) => ({ key, weight: 0.5 }));
    await operate("/v1/experiments", { channel: "stable", key: `flag-${i}`, unit: "customer", variants });
    const { status } = await operate(`/v1/experiments/flag-${i}/start`, {});
    if (status !== 200) throw new Error(`flag-${i} does not run: ${status}`);
  }
}

/** The bare one sends the very bytes that an answer has. */
async function copyAnswer(haggle: Server, bare: Server): Promise<void> {
  const headers = { "content-type": "application/json" };
  const path = "/ofrep/v1/evaluate/flags/flag-7";
  const answer = await fetch(haggle.url + path, { method: "POST", headers, body: bodyOf(7) });
  const bytes = await answer.arrayBuffer();
  await fetch(`${bare.url}/document`, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body: bytes,
  });
  const given = await fetch(`${bare.url}/document`, { method: "POST", headers, body: bodyOf(7) });
  if (Buffer.compare(Buffer.from(bytes), Buffer.from(await given.arrayBuffer())) !== 0) {
    throw new Error("the bare server does not send what it was given");
  }
}

/** Microseconds of CPU for each request, by subject and round. */
async function measure(subjects: readonly Subject[], rounds: number): Promise<number[][]> {
  const costs = subjects.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (let k = 0; k < subjects.length; k++) {
      const i = (k + Math.abs(round)) % subjects.length;
      const { server, path, count } = subjects[i]!;
      const before = await server.cpuMs();
      await send(server.url, {
        text: (n) => requestTo(path, n),
        count,
        connections: CONNECTIONS,
        status: 200,
      });
      const spent = ((await server.cpuMs()) - before) * 1_000;
      if (round >= 0) costs[i]!.push(spent / count);
    }
  }
  return costs;
}

/** From one of many addresses, each of which has its limit. */
function requestTo(path: string, n: number): string {
  const body = bodyOf(n);
  const head = ["host: 127.0.0.1", "content-type: application/json", `content-length: ${body.length}`];
  return `POST ${path} HTTP/1.1\r\n${head.join("\r\n")}\r\nx-forwarded-for: 10.1.0.${n % 250}\r\n\r\n${body}`;
}

function bodyOf(n: number): string {
  return JSON.stringify({ context: { targetingKey: `customer-${n % USERS}`, country: "de", plan: "gold" } });
}
