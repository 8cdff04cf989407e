import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startClients } from "../bench/rollout-processes.ts";
import { type Call, createRolloutWorld, operatorOf, type RolloutWorld } from "../support/rollout.ts";
import type { TestServer } from "../support/server.ts";

// Every connected client takes a kill, in whichever process: each process says so when all of its clients refuse to price,
// which it has tried. How long that takes is for `npm run bench:rollout`.

const PROCESSES = 3;
const CLIENTS_EACH = 10;

let world: RolloutWorld;
let server: TestServer;
let operate: Call;

beforeAll(async () => {
  world = await createRolloutWorld();
  // Each process of clients is a household of its own.
  server = await world.start({ HAGGLE_TRUSTED_PROXIES: "127.0.0.1" });
  operate = await operatorOf(server, world.shop.dataFolder);
});

afterAll(() => world.close());

it("is taken by every client of every process, and so is its end", async () => {
  const rootFile = join(world.shop.folder, "root.json");
  const crowd = await Promise.all(
    Array.from({ length: PROCESSES }, (_, index) =>
      startClients(CLIENTS_EACH, `192.0.2.${index + 1}`, server.url, rootFile),
    ),
  );
  const target = { kind: "release", id: world.from, channel: "stable", reason: "it gives too much" };
  for (let round = 0; round < 2; round++) {
    const taken = Promise.all(crowd.map(({ next }) => next("withdrawn")));
    expect((await operate("/v1/kills", { ...target, confirm: true })).status).toBe(201);
    expect(await taken).toHaveLength(PROCESSES);
    const back = Promise.all(crowd.map(({ next }) => next("back")));
    const query = new URLSearchParams(target);
    expect((await operate(`/v1/kills?${query}`, undefined, { method: "DELETE" })).status).toBe(200);
    expect(await back).toHaveLength(PROCESSES);
  }
  for (const { close } of crowd) await close();
}, 300_000);
