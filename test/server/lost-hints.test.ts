import { copyFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHaggle, type Haggle } from "@haggle/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServerProcess, startServerProcess } from "../support/faults/server-process.ts";
import { type HintLoss, startHintProxy } from "../support/hint-proxy.ts";
import { makeCart } from "../support/release.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { createRolloutWorld, NO_GATES, type RolloutWorld, rolloutsOf } from "../support/rollout.ts";
import { tenantOf, until } from "../support/server.ts";

// Two servers that share a database and nothing else, over a network by which no NOTIFY arrives: what is done at the one is
// known at the other by its own looking, and so to who is connected there.

/** Two looks of the other server and more, on a machine that is not busy. */
const FIRST_STEP_MS = 8_000;
/** Many looks, on one that is. */
const MAX_LOOK_MS = 30_000;
const FULL = "满300减50";

const inTurn = (name: string, test: () => void | Promise<void>) => it(name, { concurrent: false }, test);

// Both at once, since most of it is waiting; in each, one thing after the other.
describe.concurrent.each<[string, HintLoss]>([
  ["lost on the way", "swallow"],
  ["never listened to", "refuse"],
])("where hints are %s", (_name, loss) => {
  let world: RolloutWorld;
  let proxy: Awaited<ReturnType<typeof startHintProxy>>;
  let folder: string;
  /** All is done at the first one, and it alone moves rollouts on. */
  let first: ServerProcess;
  let second: ServerProcess;
  let client: Haggle;

  beforeAll(async () => {
    world = await createRolloutWorld();
    proxy = await startHintProxy(loss);
    const { shop } = world;
    // A release folder that both look into would be a way around the database.
    folder = await mkdtemp(join(tmpdir(), "haggle-second-"));
    await copyFile(join(shop.dataFolder, "admin.key"), join(folder, "admin.key"));
    const env = { DATABASE_URL: proxy.url, HAGGLE_TENANT: tenantOf(shop.dataFolder) };
    first = await startServerProcess(shop, env);
    const follows = { ...env, HAGGLE_ROLES: "rollout,storefront" };
    second = await startServerProcess({ dataFolder: folder }, follows, { signs: false });
    const context = { bucket: 9_999 };
    client = createHaggle({ url: second.url, root: shop.root.bytes, context, pollMs: 600_000 });
    await client.ready();
  });

  afterAll(async () => {
    client?.close();
    // By signal 9, which one that has ended by itself takes too: the rest is still to be closed then.
    await second?.kill();
    await first?.kill();
    await proxy?.close();
    await world?.close();
    await removeFolder(folder);
  });

  /** Does something at the first server, and waits until it is so at the second one, which looks every two seconds. */
  async function reaches(
    act: () => Promise<unknown>,
    isThere: () => Promise<boolean> | boolean,
  ): Promise<void> {
    await act();
    const from = performance.now();
    await until(isThere);
    expect(performance.now() - from).toBeLessThan(MAX_LOOK_MS);
  }

  const ask = async (path: string, body?: object, method?: string): Promise<void> => {
    const { status, body: told } = await first.call(path, body, method === undefined ? {} : { method });
    expect(status, JSON.stringify(told)).toBeLessThan(300);
  };
  const pricedBy = async (release: string): Promise<boolean> =>
    (await second.call<{ release: string }>("/v1/evaluations", makeCart())).body.release === release;
  const readSecond = () => rolloutsOf(world, second, second.call).readChannel();

  inTurn("a release is known at the other server, and to who is connected there", async () => {
    expect(await pricedBy(world.from)).toBe(true);
    await reaches(
      () => ask("/v1/channels/stable/release", { release: world.to }, "PUT"),
      async () => (await pricedBy(world.to)) && client.state?.release === world.to,
    );
    await reaches(
      () => ask("/v1/channels/stable/release", { release: world.from, older: true }, "PUT"),
      async () => (await pricedBy(world.from)) && client.state?.release === world.from,
    );
  });

  inTurn("so is a kill, and its end", async () => {
    const target = { kind: "promotion", id: FULL, channel: "stable", reason: "it gives too much" };
    const isOff = async (off: boolean) => {
      const { promotions } = (await readSecond()).off;
      const decision = client.evaluate(makeCart());
      return promotions.includes(FULL) === off && decision.ok && decision.total === (off ? 36_000 : 31_000);
    };
    expect(await isOff(false)).toBe(true);
    await reaches(
      () => ask("/v1/kills", { ...target, confirm: true }),
      () => isOff(true),
    );
    const query = new URLSearchParams(target);
    await reaches(
      () => ask(`/v1/kills?${query}`, undefined, "DELETE"),
      () => isOff(false),
    );
  });

  inTurn("so is each step of a rollout, which the first one does by itself", async () => {
    const steps = [
      { weightBp: 2_000, soakMs: FIRST_STEP_MS, minSamples: 0 },
      { weightBp: 10_000, soakMs: 0, minSamples: 0 },
    ];
    const rollouts = rolloutsOf(world, first, first.call);
    const { id } = (await rollouts.start({ steps, gates: NO_GATES })).body;
    const armsOf = (weights: number[]) =>
      weights.map((weightBp) => JSON.stringify(rollouts.armsAt(weightBp)));
    // A machine that is busy sleeps through the first step.
    for (const weights of [[2_000, 10_000], [10_000]]) {
      await reaches(
        async () => void (await until(async () => weights.includes((await rollouts.show(id)).weightBp))),
        async () =>
          armsOf(weights).includes(JSON.stringify((await readSecond()).arms)) &&
          client.state?.release === world.to,
      );
    }
    await until(async () => (await rollouts.show(id)).state === "completed");
  });

  inTurn("so is a key that was revoked", async () => {
    const made = await first.call<{ id: string; key: string }>("/v1/keys", {
      name: "for a while",
      scopes: ["operate"],
    });
    const headers = { authorization: `Bearer ${made.body.key}` };
    const isTaken = async () => (await fetch(`${second.url}/v1/rollouts`, { headers })).ok;
    expect(await isTaken()).toBe(true);
    const admin = { authorization: `Bearer ${first.key}` };
    await reaches(
      () => fetch(`${first.url}/v1/keys/${made.body.id}`, { method: "DELETE", headers: admin }),
      async () => !(await isTaken()),
    );
  });

  inTurn("and there was something to lose", () => {
    expect(proxy.countLost()).toBeGreaterThan(0);
  });
});
