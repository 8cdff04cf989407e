import { join } from "node:path";
import { DEFAULT_POLICY } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { signBundle, signRelease } from "@haggle/toolchain";
import type { HostileFile } from "../hostile.ts";
import { CART, METADATA, PROMOTIONS } from "../hostile-decision.ts";
import { testSigner } from "../release.ts";
import { NO_GATES, type Rollout, type RolloutWorld, rolloutsOf } from "../rollout.ts";
import { until } from "../server.ts";
import { startCrowd } from "./crowd.ts";
import { describePriced, type Priced, priceAllTheTime } from "./pricing-load.ts";
import { nextRelease } from "./registry-stage.ts";
import { type ServerProcess, startServerProcess } from "./server-process.ts";

// Rules that mean harm, signed by somebody who may sign, and releases that are revoked while everybody prices.

export type RolloutStage = { world: RolloutWorld; server: ServerProcess };

const HALF = [
  { weightBp: 5_000, soakMs: 3_600_000, minSamples: 0 },
  { weightBp: 10_000, soakMs: 0, minSamples: 0 },
];
/** All but the last hundredth of a percent, which nobody here is in. */
const ALMOST_ALL = [
  { weightBp: 9_999, soakMs: 3_600_000, minSamples: 0 },
  { weightBp: 10_000, soakMs: 0, minSamples: 0 },
];
const ANSWERS_AFTER = 20;
/** How long a connected SDK may take after that, on a machine that has nothing else to do. */
const CLIENT_MS = 2_000;
const REFUSED_BEFORE: readonly string[] = ["profile", "compile", "instantiate"];
/** Of `makeCart()`, by the release that everybody else stays on. */
const TOTAL = 31_000;
/** By the newer one, and by the other one without the rule that takes 50 off. */
const TOTAL_WITHOUT = 36_000;
const RULE = "满300减50";

/** With a server in a process of its own, under these settings; `close` it before the world. */
export async function openStage(world: RolloutWorld, env: Readonly<Record<string, string>> = {}) {
  const server = await startServerProcess(world.shop, env);
  return { world, server, close: () => server.stop() };
}

/** How those are priced who have nothing to do with it: a hundredth of them later than `p99Ms`; and what the server needs. */
export type Effect = { p99Ms: number; memoryMb: number };

/**
 * Publishes each module by its rightful key, so many times. What the profile or the engine refuses must not be stored; the
 * others go to half of the shoppers, and have to end in their own refusal while the other half goes on paying the same.
 *
 * @returns what went wrong; how everybody was priced before, and during each pass
 */
export async function publishHostile(
  stage: RolloutStage,
  files: readonly HostileFile[],
  { passes = 1, answersBefore = 1 }: { passes?: number; answersBefore?: number } = {},
): Promise<{ wrong: string[]; before: Effect; during: Effect[] }> {
  const { server } = stage;
  const wrong: string[] = [];
  await using load = priceAllTheTime(server.url, server.key);
  const { from } = stage.world;
  const isGood = ({ release, total }: Priced) => release === from && total === TOTAL;

  /** Whoever is not on the half of a hostile release pays what they always paid. */
  async function conclude(): Promise<Effect> {
    const answers = load.answers.splice(0);
    const good = answers.filter(isGood);
    if (good.length === 0) wrong.push("nobody priced by the good release");
    const others = answers.filter(
      (one) => one.release === undefined || (one.release === from && !isGood(one)),
    );
    wrong.push(...others.map(describePriced));
    return { p99Ms: p99Of(good), memoryMb: await readMemory(server) };
  }

  await until(() => load.answers.length >= answersBefore);
  const before = await conclude();
  const during: Effect[] = [];
  let version = await nextRelease(stage);
  for (let pass = 0; pass < passes; pass++) {
    for (const file of files) {
      const said = await publishOne(stage, file, version++).catch((cause: unknown) => String(cause));
      if (said !== undefined) wrong.push(`${file.name}: ${said}`);
    }
    during.push(await conclude());
  }
  await load.stop();
  return { wrong, before, during };
}

function p99Of(answers: readonly Priced[]): number {
  const times = answers.map(({ askedAt, answeredAt }) => answeredAt - askedAt).sort((a, b) => a - b);
  return times[Math.floor(times.length * 0.99)] ?? 0;
}

/** As Prometheus reads it. */
async function readMemory({ url, key }: ServerProcess): Promise<number> {
  const headers = { authorization: `Bearer ${key}` };
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)![1]) / 2 ** 20;
}

/**
 * Gives everybody the newer release and revokes it, by a kill and by a rollback in turn, or kills a rule of the release that
 * they have, while carts are priced and a crowd of SDKs follows. What is asked after the server has said that it is done is
 * not priced by what was revoked any more.
 *
 * @param clientMs how long a connected SDK may take after that
 * @returns what went wrong
 */
export async function revokeUnderLoad(
  { world, server }: RolloutStage,
  runs: number,
  clients: number,
  clientMs = CLIENT_MS,
): Promise<string[]> {
  const { from, to, shop } = world;
  const rollouts = rolloutsOf(world, server, server.call);
  const wrong: string[] = [];
  await using crowd = await startCrowd(clients, server.url, join(shop.folder, "root.json"));
  await using load = priceAllTheTime(server.url, server.key);
  const good = priceOf(from, TOTAL);

  const kill = (kind: "release" | "rule", id: string) =>
    server.call("/v1/kills", { kind, id, channel: "stable", reason: "a fault", confirm: true });

  async function revoke(run: number, price: string, act: () => Promise<{ status: number }>): Promise<void> {
    let doneAt = 0;
    const tookMs = await crowd.follow(price, async () => {
      const { status } = await act();
      doneAt = performance.now();
      if (status >= 400) wrong.push(`run ${run}: refused with ${status}`);
    });
    if (tookMs > clientMs) wrong.push(`run ${run}: the last SDK came after ${Math.round(tookMs)} ms`);
    const asked = (): Priced[] => load.answers.filter(({ askedAt }) => askedAt > doneAt);
    await until(() => asked().length >= ANSWERS_AFTER);
    const late = asked().filter(({ release, total }) => priceOf(release, total) !== price);
    wrong.push(...late.map((answer) => `run ${run}: ${describePriced(answer)}`));
  }

  await crowd.follow(good, async () => {});
  for (let run = 0; run < runs; run++) {
    if (run % 3 === 2) await revoke(run, priceOf(from, TOTAL_WITHOUT), () => kill("rule", RULE));
    else {
      let id = "";
      await crowd.follow(priceOf(to, TOTAL_WITHOUT), async () => {
        const { status, body } = await rollouts.start({ steps: ALMOST_ALL });
        if (status !== 201) throw new Error(`run ${run}: no rollout: ${JSON.stringify(body)}`);
        id = body.id;
      });
      await until(() => load.answers.at(-1)?.release === to);
      await revoke(run, good, () =>
        run % 3 === 0 ? kill("release", to) : rollouts.act(id, "rollback", { reason: "a fault" }),
      );
    }
    wrong.push(
      ...load.answers.filter(({ status }) => status !== 200).map((it) => `run ${run}: ${describePriced(it)}`),
    );
    await crowd.follow(good, () => rollouts.rest());
    load.answers.length = 0;
  }
  await load.stop();
  await crowd.close();
  return [...wrong, ...crowd.wrong];
}

function priceOf(release: string | undefined, total: number | undefined): string {
  return `${release}: ${total}`;
}

async function publishOne(
  hosting: RolloutStage,
  { bytes, stage, runs }: HostileFile,
  version: number,
): Promise<string | undefined> {
  const { call } = hosting.server;
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
  const { status } = await call("/v1/releases", JSON.parse(new TextDecoder().decode(release.bytes)));
  if (status >= 400) return isRefused ? undefined : `the release was refused with ${status}`;
  if (isRefused) return "was stored";

  const body = { channel: "stable", to: release.sha256, steps: HALF, gates: NO_GATES };
  const started = await call<Rollout>("/v1/rollouts", body);
  if (started.status !== 201) return `no rollout: ${JSON.stringify(started.body)}`;
  const priced = await call<{ ok?: true; error?: { code: string } }>("/v1/evaluations", CART, {
    headers: { "x-canary": "always" },
  });
  const code = priced.body.error?.code ?? "ok";
  await call(`/v1/rollouts/${started.body.id}/rollback`, { reason: "the test goes on" });
  return code === runs[0] ? undefined : `the cart came to ${code}, not ${runs[0]}`;
}

async function putBytes(
  { server: { url, key } }: RolloutStage,
  path: string,
  bytes: Uint8Array,
): Promise<number> {
  const response = await fetch(url + path, {
    method: "PUT",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/wasm" },
    body: new Uint8Array(bytes),
  });
  await response.arrayBuffer();
  return response.status;
}
