import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { now, startClients } from "../bench/rollout-processes.ts";
import { type ServerProcess, startServerProcess } from "../support/faults/server-process.ts";
import { createRolloutWorld, type RolloutWorld } from "../support/rollout.ts";

// Every connected client takes a kill, in whichever process: each process says so when all of its clients refuse to price,
// which it has tried. A second is promised on a machine that has nothing else to do; `npm run bench:rollout` measures it.

const PROCESSES = 3;
const CLIENTS_EACH = 10;
/** From the request to the last client, beside other tests. A client that only polls would come ten minutes later. */
const LIMIT_MS = 20_000;

let world: RolloutWorld;
let server: ServerProcess;
const crowd: Awaited<ReturnType<typeof startClients>>[] = [];

beforeAll(async () => {
  world = await createRolloutWorld();
  // Each process of clients is a household of its own.
  server = await startServerProcess(world.shop, { HAGGLE_TRUSTED_PROXIES: "127.0.0.1" });
});

afterAll(async () => {
  for (const { close } of crowd) await close();
  await server?.stop();
  await world?.close();
});

it("is taken by every client of every process in time, and so is its end", async () => {
  const rootFile = join(world.shop.folder, "root.json");
  await Promise.all(
    Array.from({ length: PROCESSES }, async (_, index) => {
      crowd.push(await startClients(CLIENTS_EACH, `192.0.2.${index + 1}`, server.url, rootFile));
    }),
  );
  const all = (is: "withdrawn" | "back") => Promise.all(crowd.map(({ next }) => next(is)));
  const target = { kind: "release", id: world.from, channel: "stable", reason: "it gives too much" };
  for (let round = 0; round < 2; round++) {
    const taken = all("withdrawn");
    const killedAt = now();
    expect((await server.call("/v1/kills", { ...target, confirm: true })).status).toBe(201);
    for (const at of await taken) expect(at - killedAt).toBeLessThan(LIMIT_MS);
    const back = all("back");
    const liftedAt = now();
    const query = new URLSearchParams(target);
    expect((await server.call(`/v1/kills?${query}`, undefined, { method: "DELETE" })).status).toBe(200);
    for (const at of await back) expect(at - liftedAt).toBeLessThan(LIMIT_MS);
  }
}, 120_000);
