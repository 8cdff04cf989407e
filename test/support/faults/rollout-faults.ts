import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_POLICY } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { createHaggle } from "@haggle/sdk/client";
import { signBundle, signRelease } from "@haggle/toolchain";
import type { HostileFile } from "../hostile.ts";
import { CART, METADATA, PROMOTIONS } from "../hostile-decision.ts";
import { makeCart, testSigner } from "../release.ts";
import { type Call, NO_GATES, operatorOf, type Rollout, type RolloutWorld, rolloutsOf } from "../rollout.ts";
import { type TestServer, until } from "../server.ts";

// Rules that mean harm, signed by somebody who may sign, and releases that are revoked while everybody prices.

export type RolloutStage = { world: RolloutWorld; server: TestServer; operate: Call; key: string };

/** Far above what a test asks. */
const RATES = { HAGGLE_KEY_PER_MINUTE: "1000000", HAGGLE_ADDRESS_PER_MINUTE: "1000000" };
const HALF = [
  { weightBp: 5_000, soakMs: 3_600_000, minSamples: 0 },
  { weightBp: 10_000, soakMs: 0, minSamples: 0 },
];
/** All but the last hundredth of a percent, which nobody here is in. */
const ALMOST_ALL = [
  { weightBp: 9_999, soakMs: 3_600_000, minSamples: 0 },
  { weightBp: 10_000, soakMs: 0, minSamples: 0 },
];
/** About a hundred requests a second, all together. */
const SHOPPERS = 4;
const PAUSE_MS = 20;
const ANSWERS_AFTER = 20;
/** How long a connected SDK may take to hear of it. On a busy machine everything waits for its turn. */
const CLIENT_MS = 2_000;
const REFUSED_BEFORE: readonly string[] = ["profile", "compile", "instantiate"];
/** Of `makeCart()` by the release that everybody else stays on. */
const TOTAL = 31_000;

export async function openStage(world: RolloutWorld): Promise<RolloutStage> {
  const { dataFolder } = world.shop;
  const server = await world.start(RATES);
  const key = (await readFile(join(dataFolder, "admin.key"), "utf8")).trim();
  return { world, server, operate: await operatorOf(server, dataFolder), key };
}

/**
 * Publishes each module by its rightful key. What the profile or the engine refuses must not be stored; the others go to
 * half of the shoppers, and have to end in their own refusal while the other half goes on paying the same.
 *
 * @returns what went wrong
 */
export async function publishHostile(stage: RolloutStage, files: readonly HostileFile[]): Promise<string[]> {
  const wrong: string[] = [];
  const load = priceAllTheTime(stage);
  let version = 100;
  for (const file of files) {
    version += 1;
    const said = await publishOne(stage, file, version).catch((cause: unknown) => String(cause));
    if (said !== undefined) wrong.push(`${file.name}: ${said}`);
  }
  await load.stop();
  // Whoever is not on the half of a hostile release pays what they always paid.
  const { from } = stage.world;
  if (!load.answers.some(({ release }) => release === from)) wrong.push("nobody priced by the good release");
  const others = load.answers.filter(
    ({ release, total }) => release === undefined || (release === from && total !== TOTAL),
  );
  return [...wrong, ...others.map(describe)];
}

/**
 * Gives everybody the newer release and revokes it, by a kill and by a rollback in turn, while carts are priced and an SDK
 * follows. What is asked after the server has said that it is done is not priced by the revoked release any more.
 *
 * @returns what went wrong
 */
export async function revokeUnderLoad(stage: RolloutStage, runs: number): Promise<string[]> {
  const { world, server, operate } = stage;
  const rollouts = rolloutsOf(world, server, operate);
  const wrong: string[] = [];
  const load = priceAllTheTime(stage);
  const client = createHaggle({
    url: server.url,
    root: world.shop.root.bytes,
    unit: "anybody",
    pollMs: 600_000,
  });
  await client.ready;
  for (let run = 0; run < runs; run++) {
    const { id } = (await rollouts.start({ steps: ALMOST_ALL })).body;
    await until(() => load.answers.at(-1)?.release === world.to && client.state?.release === world.to);
    const isKill = run % 2 === 0;
    if (isKill) {
      const target = { kind: "release", id: world.to, channel: "stable", reason: "a fault", confirm: true };
      await operate("/v1/kills", target);
    } else await rollouts.act(id, "rollback", { reason: "a fault" });
    const doneAt = performance.now();
    await until(() => client.state?.release === world.from || client.state?.withdrawn);
    const tookMs = performance.now() - doneAt;
    if (tookMs > CLIENT_MS) wrong.push(`run ${run}: the SDK stopped after ${Math.round(tookMs)} ms`);
    await until(() => load.answers.filter(({ askedAt }) => askedAt > doneAt).length >= ANSWERS_AFTER);
    const late = load.answers.filter(({ askedAt, release }) => askedAt > doneAt && release !== world.from);
    wrong.push(...late.map((answer) => `run ${run}: ${describe(answer)}`));
    load.answers.length = 0;
    await rollouts.rest();
    await until(() => client.state?.release === world.from && !client.state.withdrawn);
  }
  client.close();
  await load.stop();
  return wrong;
}

async function publishOne(
  hosting: RolloutStage,
  { bytes, stage, runs }: HostileFile,
  version: number,
): Promise<string | undefined> {
  const { operate } = hosting;
  const signer = await testSigner(1);
  const bundle = await signBundle(bytes, signer).catch(() => bytes);
  const digest = await sha256Hex(bundle);
  const stored = await putBytes(hosting, `/v1/bundles/${digest}`, bundle);
  const isRefused = REFUSED_BEFORE.includes(stage);
  if (stored >= 400) return isRefused ? undefined : `the bundle was refused with ${stored}`;
  const release = await signRelease({
    ...{
      signer,
      version,
      now: Date.now(),
      metadata: METADATA,
      promotions: PROMOTIONS,
      policy: DEFAULT_POLICY,
    },
    bundle: { sha256: digest, size: bundle.length },
  });
  const { status } = await operate("/v1/releases", JSON.parse(new TextDecoder().decode(release.bytes)));
  if (status >= 400) return isRefused ? undefined : `the release was refused with ${status}`;
  if (isRefused) return "was stored";

  const body = { channel: "stable", to: release.sha256, steps: HALF, gates: NO_GATES };
  const started = await operate<Rollout>("/v1/rollouts", body);
  if (started.status !== 201) return `no rollout: ${JSON.stringify(started.body)}`;
  const priced = await operate<{ ok?: true; error?: { code: string } }>("/v1/evaluations", CART, {
    headers: { "x-canary": "always" },
  });
  const code = priced.body.error?.code ?? "ok";
  await operate(`/v1/rollouts/${started.body.id}/rollback`, { reason: "the test goes on" });
  return code === runs[0] ? undefined : `the cart came to ${code}, not ${runs[0]}`;
}

/** What shoppers get, one request after the other on each of a few connections. */
function priceAllTheTime({ server, key }: RolloutStage) {
  const answers: Answer[] = [];
  const body = JSON.stringify(makeCart());
  let isOver = false;

  async function shop(): Promise<void> {
    while (!isOver) {
      const askedAt = performance.now();
      const response = await fetch(`${server.url}/v1/evaluations`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "x-haggle-unit": "anybody",
        },
        body,
      });
      const { total } = (await response.json()) as { total?: number };
      const release = response.headers.get("x-haggle-release") ?? undefined;
      answers.push({ askedAt, status: response.status, release, total });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  const shoppers = Array.from({ length: SHOPPERS }, shop);
  return {
    answers,
    async stop(): Promise<void> {
      isOver = true;
      await Promise.all(shoppers);
    },
  };
}

type Answer = { askedAt: number; status: number; release: string | undefined; total: number | undefined };

function describe({ status, release, total }: Answer): string {
  return `a cart came to ${status}, ${total} by ${release}`;
}

async function putBytes({ server, key }: RolloutStage, path: string, bytes: Uint8Array): Promise<number> {
  const response = await fetch(server.url + path, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/wasm" },
    body: new Uint8Array(bytes),
  });
  await response.arrayBuffer();
  return response.status;
}
