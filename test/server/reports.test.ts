import { createLog } from "@haggle/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reportRoutes } from "../../server/modules/metrics/index.ts";
import { createReports } from "../../server/modules/metrics/reports.ts";
import { openRolloutTokens, type Tokens } from "../../server/modules/rollout/tokens.ts";
import { createHttpServer, type HttpServer } from "../../server/platform/http.ts";
import { createRateLimit } from "../../server/platform/rate-limit.ts";
import { CANARY, type Observed, observeIn, ROLLOUT, STABLE } from "../support/observations.ts";

const HOUR_MS = 3_600_000;

let now: number;
let tenants = 0;
let observed: Observed;
let server: HttpServer;
let tokens: Tokens;

beforeEach(async () => {
  now = 1_800_000_000_000;
  const clock = () => now;
  tenants += 1;
  observed = await observeIn(`reports-${process.pid}-${tenants}`, clock);
  tokens = await openRolloutTokens(observed.database, clock);
  const reports = createReports({
    observe: observed.metrics.observe,
    clock,
    verifyAssignment(token) {
      try {
        const { unit, release, arm, rollout } = tokens.open("assignment", token);
        return { unit, release, arm, rollout };
      } catch {
        return undefined;
      }
    },
  });
  server = await createHttpServer({ log: createLog("silent"), isDraining: () => false });
  await server.register(reportRoutes(reports));
});

afterEach(async () => {
  await server.close();
  await observed.database.close();
});

/** A token as the assignment route gives it. */
function assign(
  unit: string,
  arm: "stable" | "canary" = "canary",
  rollout: string | undefined = ROLLOUT,
): string {
  const release = arm === "canary" ? CANARY : STABLE;
  const assignment = { unit, channel: "stable", release, arm, seed: CANARY, ...(rollout && { rollout }) };
  return tokens.seal("assignment", assignment, now + HOUR_MS);
}

async function report(assignment: unknown, told: object = {}, address = "198.51.100.7") {
  const payload = { assignment, evaluations: 20, errors: 0, faults: 0, slowestMs: 1.5, ...told };
  const response = await server.inject({
    method: "POST",
    url: "/v1/reports",
    payload,
    remoteAddress: address,
  });
  return { status: response.statusCode, body: response.json(), retryAfter: response.headers["retry-after"] };
}

const countReports = async () => (await observed.summarise()).arms.canary.traffic.report;

describe("POST /v1/reports", () => {
  it("counts a report as one sample of the release that its token names", async () => {
    expect(await report(assign("ada"))).toMatchObject({ status: 202, body: { counted: true } });
    expect((await report(assign("bob"), { errors: 3, faults: 2 })).status).toBe(202);
    expect((await report(assign("cy"), { faults: 20, slowestMs: 900 })).status).toBe(202);
    expect(await countReports()).toMatchObject({ samples: 3, errors: 1, faults: 1 });
  });

  it("counts nothing for a rollout that is over", async () => {
    const token = tokens.seal(
      "assignment",
      { unit: "ada", channel: "stable", release: CANARY, arm: "canary", seed: CANARY },
      now + HOUR_MS,
    );
    expect(await report(token)).toMatchObject({ status: 202, body: { counted: false } });
    expect(await countReports()).toBeUndefined();
  });

  it("believes only tokens of this server, while they last", async () => {
    const token = assign("ada");
    const other = await observeIn(`reports-${process.pid}-other`);
    const strange = await openRolloutTokens(other.database, () => now);
    await other.database.close();
    const stranger = strange.seal(
      "assignment",
      { unit: "ada", channel: "stable", release: CANARY, arm: "canary", seed: CANARY, rollout: ROLLOUT },
      now + HOUR_MS,
    );
    for (const wrong of [stranger, `${token}x`, token.replace("assignment", "pin"), "x"]) {
      expect(await report(wrong)).toMatchObject({
        status: 403,
        body: { error: { code: "SERVER_BAD_TOKEN", at: "assignment" } },
      });
    }
    now += HOUR_MS;
    expect((await report(token)).status).toBe(403);
    expect(await countReports()).toBeUndefined();
  });

  it("refuses a token that is longer than any", async () => {
    const { status, body } = await report("x".repeat(3_000));
    expect([status, body.error.at]).toEqual([400, "body/assignment"]);
  });

  it.each([
    [{ assignment: 5 }, "body/assignment"],
    [{ evaluations: 0 }, "body/evaluations"],
    [{ evaluations: 1.5 }, "body/evaluations"],
    [{ errors: -1 }, "body/errors"],
    [{ faults: 10_001 }, "body/faults"],
    [{ slowestMs: "1" }, "body/slowestMs"],
    [{ errors: 11, faults: 10 }, "body/errors"],
    [{ more: 1 }, "body/more"],
  ])("refuses %j", async (told, at) => {
    expect(await report(assign("ada"), told)).toMatchObject({
      status: 400,
      body: { error: { code: "SERVER_BAD_REQUEST", at } },
    });
    expect(await countReports()).toBeUndefined();
  });

  it("refuses a body that no report needs", async () => {
    const payload = JSON.stringify({ assignment: "x".repeat(5_000) });
    const headers = { "content-type": "application/json" };
    const response = await server.inject({ method: "POST", url: "/v1/reports", payload, headers });
    expect(response.statusCode).toBe(413);
  });

  it("hears a shopper three times at once and then every half minute, whatever the token", async () => {
    for (let i = 0; i < 3; i++) expect((await report(assign("ada"), {}, `198.51.100.${i}`)).status).toBe(202);
    expect(await report(assign("ada"))).toMatchObject({
      status: 429,
      retryAfter: "30",
      body: { error: { code: "SERVER_TOO_MANY_REQUESTS" } },
    });
    now += 29_500;
    expect(await report(assign("ada"))).toMatchObject({ status: 429, retryAfter: "1" });
    now += 500;
    expect((await report(assign("ada"))).status).toBe(202);
    expect((await countReports())?.samples).toBe(4);
  });

  it("hears an address sixty times at once and then every second, whoever is behind it", async () => {
    for (let i = 0; i < 60; i++) await report(i % 2 ? "x" : assign(`unit-${i}`));
    expect(await report(assign("ada"))).toMatchObject({ status: 429, retryAfter: "1" });
    expect((await report(assign("ada"), {}, "203.0.113.9")).status).toBe(202);
    now += 1_000;
    expect((await report(assign("bob"))).status).toBe(202);
    expect((await report(assign("cy"))).status).toBe(429);
  });

  it("hears an IPv6 network as one address, and a mapped IPv4 address as that", async () => {
    for (let i = 0; i < 60; i++) await report("x", {}, `2001:db8::${i.toString(16)}`);
    expect((await report("x", {}, "2001:db8::ffff")).status).toBe(429);
    expect((await report("x", {}, "2001:db8:0:1::1")).status).toBe(403);
    for (let i = 0; i < 60; i++) await report("x", {}, i % 2 ? "192.0.2.7" : "::ffff:192.0.2.7");
    expect((await report("x", {}, "192.0.2.7")).status).toBe(429);
    expect((await report("x", {}, "::ffff:192.0.2.8")).status).toBe(403);
  });
});

describe("the limit", () => {
  it("remembers so many keys, and forgets the one that was quiet longest", () => {
    const limit = createRateLimit({ burst: 1, everyMs: 1_000, maxKeys: 2 }, () => now);
    expect([limit.take("a"), limit.take("b"), limit.take("a")]).toEqual([0, 0, 1_000]);
    expect(limit.take("c")).toBe(0);
    expect([limit.take("a"), limit.take("b")]).toEqual([0, 0]);
  });
});
