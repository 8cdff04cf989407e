import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Summary } from "../../server/modules/metrics/service.ts";
import { startCommitProxy } from "../support/commit-proxy.ts";
import { damageRelease } from "../support/damage-release.ts";
import { makeCart } from "../support/release.ts";
import {
  type Call,
  caller,
  createRolloutWorld,
  type ErrorJson,
  NO_GATES,
  operatorOf,
  type RolloutWorld,
  rolloutsOf,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Carts come in by HTTP, for shoppers of both arms, and what was observed of them is read by HTTP.

const SHOPPERS = 120;
const GATES = { ...NO_GATES, errorRate: { mode: "on" }, p99Evaluation: { mode: "on" } };

let world: RolloutWorld;
let servers: TestServer[];
let operate: Call;
let id: string;

beforeAll(async () => {
  world = await createRolloutWorld();
  servers = [await world.start(), await world.start()];
  operate = await operatorOf(servers[0]!, world.shop.dataFolder);
  id = (await rolloutsOf(world, servers[0]!, operate).start({ gates: GATES })).body.id;
  // Slots that began before the step count for nothing.
  world.pass(10_000);
});

afterAll(() => world.close());

/** Prices one cart for each shopper, at both servers in turn, and says how many were in which arm. */
async function feedEvaluations(cart: object, headers: Record<string, string> = {}) {
  const arms: Record<string, number> = { stable: 0, canary: 0 };
  const calls = await Promise.all(servers.map((server) => operatorOf(server, world.shop.dataFolder)));
  for (let shopper = 0; shopper < SHOPPERS; shopper++) {
    const call = calls[shopper % calls.length]!;
    const unit = { "x-haggle-unit": `shopper-${shopper}` };
    const answer = await call("/v1/evaluations", cart, { headers: { ...unit, ...headers } });
    const arm = answer.headers.get("x-haggle-arm");
    if (arm !== null && answer.status === 200) arms[arm]!++;
  }
  return arms;
}

/** As both servers have written it. */
async function measure(): Promise<Summary> {
  for (const { app } of servers) await app.metrics.flush();
  return (await operate<Summary>(`/v1/rollouts/${id}/metrics`)).body;
}

/** Of a browser that is in the canary. */
async function findCanaryCookie(): Promise<string> {
  return until(async () => {
    const stranger = caller(servers[0]!);
    const first = await stranger("/v1/evaluations", makeCart());
    return first.headers.get("x-haggle-arm") === "canary" && first.headers.get("set-cookie")!.split(";")[0]!;
  });
}

describe("GET /v1/rollouts/{id}/metrics", () => {
  it("tells what shoppers of each arm met, at all servers together", async () => {
    const arms = await feedEvaluations(makeCart());
    expect(arms.canary).toBeGreaterThan(5);
    expect(arms.stable).toBeGreaterThan(SHOPPERS / 2);
    const summary = await measure();
    expect(summary.arms.stable).toMatchObject({
      release: world.from,
      traffic: { evaluation: { samples: arms.stable, errors: 0, faults: 0 } },
    });
    expect(summary.arms.canary).toMatchObject({
      release: world.to,
      traffic: { evaluation: { samples: arms.canary, errors: 0, faults: 0 } },
    });
    // The older release has one rule more.
    const [before, after] = [summary.arms.stable.money[0]!, summary.arms.canary.money[0]!];
    expect(before.orders).toBe(arms.stable);
    expect(before.discountMinor).toBeGreaterThan(after.discountMinor);
    expect(summary.judgement).toMatchObject({ verdict: "hold", samples: arms.canary });
    expect(summary.judgement.gates.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["p99Evaluation", "hold"],
      ["errorRate", "hold"],
    ]);
  });

  it("counts the money of a shopper once, and that of nobody whom no server knows", async () => {
    const before = await measure();
    const orders = ({ arms }: Summary) => [arms.stable.money[0]?.orders, arms.canary.money[0]?.orders];
    await feedEvaluations(makeCart());
    const again = await measure();
    expect(orders(again)).toEqual(orders(before));
    expect(again.judgement.samples).toBeGreaterThan(before.judgement.samples);
    // A browser is known from its second answer on.
    const stranger = caller(servers[0]!);
    const first = await stranger("/v1/evaluations", makeCart());
    const cookie = first.headers.get("set-cookie")!.split(";")[0]!;
    expect(orders(await measure())).toEqual(orders(before));
    for (let i = 0; i < 3; i++) await stranger("/v1/evaluations", makeCart(), { headers: { cookie } });
    const sum = (counts: (number | undefined)[]) => counts.reduce<number>((all, one) => all + (one ?? 0), 0);
    expect(sum(orders(await measure()))).toBe(sum(orders(before)) + 1);
  });

  it("counts a release that cannot be made ready as its error, and a database that is away as nobody's", async () => {
    const network = await startCommitProxy("nothing");
    try {
      // One that has priced nothing yet, and so has the canary's release to read.
      const server = await world.start({ DATABASE_URL: network.url });
      const cookie = await findCanaryCookie();
      const evaluate = async () => {
        const answer = await caller(server)<ErrorJson>("/v1/evaluations", makeCart(), {
          headers: { cookie },
        });
        return { status: answer.status, code: answer.body.error.code };
      };
      const count = async () => {
        await server.app.metrics.flush();
        const { stable, canary } = (await measure()).arms;
        return [stable, canary].map(({ traffic }) => traffic.evaluation?.errors ?? 0);
      };
      const before = await count();
      network.breakDown();
      expect(await evaluate()).toEqual({ status: 503, code: "SERVER_DATABASE" });
      network.mend();
      expect(await count()).toEqual(before);
      const mend = await damageRelease(world, world.to);
      expect(await evaluate()).toEqual({ status: 500, code: "DOCUMENT_DIGEST_MISMATCH" });
      await mend();
      expect(await count()).toEqual([before[0], before[1]! + 1]);
    } finally {
      await network.close();
    }
  });

  it("counts no cart that is wrong, and apart what somebody chose by hand", async () => {
    const before = await measure();
    await feedEvaluations({ nonsense: true });
    await feedEvaluations(makeCart(), { "x-canary": "always" });
    const after = await measure();
    expect(after.arms).toEqual(before.arms);
    expect(after.overridden).toEqual({ stable: 0, canary: SHOPPERS });
    expect(after.judgement.samples).toBe(before.judgement.samples);
  });

  it("has what an SDK reports with the token of its assignment", async () => {
    const assigned = await operate<{ token: string; arm: "stable" | "canary" }>(
      "/v1/assignments",
      { channel: "stable" },
      { headers: { "x-haggle-unit": "shopper-1" } },
    );
    const { token, arm } = assigned.body;
    const told = { assignment: token, evaluations: 9, errors: 1, faults: 0, slowestMs: 3 };
    expect(await operate("/v1/reports", told)).toMatchObject({ status: 202, body: { counted: true } });
    expect((await measure()).arms[arm].traffic.report).toMatchObject({ samples: 1, errors: 1 });
  });

  it("is for operators, and of rollouts that there are", async () => {
    expect((await servers[0]!.get(`/v1/rollouts/${id}/metrics`)).status).toBe(401);
    const none = await operate(`/v1/rollouts/rol_${"x".repeat(16)}/metrics`);
    expect(none).toMatchObject({ status: 404, body: { error: { code: "SERVER_UNKNOWN_ROLLOUT" } } });
  });
});
