import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withKey } from "../support/api-keys.ts";
import type { Call, ErrorJson } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";
import {
  createStrategyWorld,
  LAMPS,
  type Overview,
  SHOES_BY_COST,
  type StrategyWorld,
  strategiesText,
} from "../support/strategies.ts";

// Versions of strategies by the interface: sent, looked at, compared, pinned, brought back.

const [V1, V2, V3] = ["v2026.11.20-a", "v2026.11.21-b", "v2026.11.22-c"] as const;
const FIRST = strategiesText(V1, [LAMPS]);
const SECOND = strategiesText(V2, [SHOES_BY_COST, LAMPS.replace('"10"', '"20"')]);
const THIRD = strategiesText(V3, []);

let world: StrategyWorld;
let server: TestServer;
let operate: Call;

beforeEach(async () => {
  world = await createStrategyWorld();
  await world.save(FIRST);
  server = await world.start();
  operate = await world.operator(server);
});
afterEach(() => world.close());

const overviewOf = async (): Promise<Overview> => (await operate<Overview>("/v1/strategies")).body;
const put = (version: string, text: string) => world.send(server, `/v1/strategies/${version}`, text);
const eventsOf = async (): Promise<string[]> => {
  const { body } = await operate<{ records: { action: string; object: string }[] }>("/v1/audit?limit=50");
  const ours = body.records.filter(({ action }) => action.startsWith("strategies."));
  return ours.map(({ action, object }) => `${action} ${object}`).reverse();
};

describe("a version", () => {
  it("that is sent is in force, and again is no change", async () => {
    expect(await put(V2, SECOND)).toMatchObject({ status: 201, body: { state: "active", warnings: [] } });
    expect(server.app.strategies.findActive()?.version).toBe(V2);
    expect(await put(V2, SECOND)).toMatchObject({ status: 200, body: { state: "active" } });
    expect(await put(V2, SECOND.replace("lamps", "lights"))).toMatchObject({
      status: 409,
      body: { error: { code: "STRATEGY_VERSION_TAKEN", at: "version", value: V2 } },
    });
    expect(await eventsOf()).toEqual([
      `strategies.activate strategies:${V1}`,
      `strategies.store strategies:${V2}`,
      `strategies.activate strategies:${V2}`,
    ]);
    const got = await operate<{ text: string; number: number; source: string; by: string }>(
      `/v1/strategies/${V2}`,
    );
    expect(got.body).toMatchObject({ text: SECOND, number: 2, source: "api", by: "first admin" });
  });

  it("that is wrong is refused with all of its faults, and stored nowhere", async () => {
    const wrong = strategiesText(V2, [LAMPS.replace("raise", "rise").replace("few: 5", "few: x")]);
    const { status, body } = await put(V2, wrong);
    expect(status).toBe(422);
    expect(body.error).toMatchObject({
      code: "PROMOTION_WRONG_TYPE",
      at: "strategies[0].parameters.few",
      value: "x",
    });
    expect(body.faults.map(({ code, line }) => [code, line])).toEqual([
      ["PROMOTION_WRONG_TYPE", 6],
      ["PROMOTION_UNKNOWN_PARAMETER", 6],
    ]);
    expect((await overviewOf()).versions).toHaveLength(1);
    const check = await world.send(server, "/v1/strategies/check", wrong, { method: "POST" });
    expect(check).toMatchObject({ status: 200, body: { ok: false, faults: body.faults } });
    expect(await world.send(server, "/v1/strategies/check", SECOND, { method: "POST" })).toMatchObject({
      body: { ok: true, version: V2, faults: [] },
    });
  });

  it.each([
    ["another name", V3, SECOND, 422, "STRATEGY_BAD_FIELD"],
    ["a bad name", "latest", SECOND, 400, "SERVER_BAD_REQUEST"],
    ["half a file", V2, SECOND.slice(0, 60), 422, "STRATEGY_TORN"],
    ["too many bytes", V2, "#".repeat(4 * 1024 * 1024 + 1), 413, "SERVER_BODY_TOO_LARGE"],
  ])("is refused under %s", async (_what, version, text, status, code) => {
    expect(await put(version, text)).toMatchObject({ status, body: { error: { code } } });
    expect(server.app.strategies.findActive()?.version).toBe(V1);
  });

  it("is refused as JSON, and without a key", async () => {
    const json = await operate<ErrorJson>(`/v1/strategies/${V2}`, {}, { method: "PUT" });
    expect([json.status, json.body.error.code]).toEqual([415, "SERVER_UNSUPPORTED_MEDIA_TYPE"]);
    const response = await fetch(`${server.url}/v1/strategies/${V2}`, {
      method: "PUT",
      body: SECOND,
      headers: { ...withKey("no key"), "content-type": "application/yaml" },
    });
    expect(response.status).toBe(401);
  });

  it("is compared with the one in force, by strategy and field", async () => {
    await put(V2, SECOND);
    const { body } = await operate(`/v1/strategies/${V2}/diff?from=${V1}`);
    expect(body).toEqual({
      from: V1,
      to: V2,
      added: ["shoes"],
      removed: [],
      changed: [{ id: "lamps", field: "parameters.raise", before: "10", after: "20" }],
      moved: [],
    });
    expect((await operate(`/v1/strategies/${V1}/diff`)).body).toMatchObject({ from: V2, removed: ["shoes"] });
    expect(await operate("/v1/strategies/v2026.11.21-c/diff")).toMatchObject({
      status: 404,
      body: { error: { code: "STRATEGY_UNKNOWN_VERSION", value: "v2026.11.21-c" } },
    });
  });
});

describe("the version in force", () => {
  it("is brought back, once as far as it goes, and the file moves it on", async () => {
    await put(V2, SECOND);
    expect(await operate("/v1/strategies/rollback", {})).toMatchObject({ status: 200, body: { active: V1 } });
    expect(server.app.strategies.findActive()?.number).toBe(1);
    expect(await operate("/v1/strategies/rollback", { version: V1 })).toMatchObject({
      status: 409,
      body: { error: { code: "STRATEGY_STATE" } },
    });
    expect(await operate("/v1/strategies/rollback", { version: V3 })).toMatchObject({ status: 404 });
    await world.save(THIRD);
    await until(() => server.app.strategies.findActive()?.version === V3);
  });

  it("is not brought back where today's release cannot price it", async () => {
    await put(V2, strategiesText(V2, [SHOES_BY_COST]));
    const off = await world.shop.publish({ version: 2, build: await world.buildWithout("price-by-stock") });
    await until(() => server.app.releases.find()?.release === off.release.sha256);
    const { status, body } = await operate<ErrorJson>("/v1/strategies/rollback", {});
    expect([status, body.error.code]).toEqual([422, "STRATEGY_UNKNOWN_RULE"]);
    expect(server.app.strategies.findActive()?.version).toBe(V2);
  });

  it("is moved by nothing while it is pinned, on no server; what came meanwhile waits", async () => {
    const second = await world.start({ STRATEGIES_DIR: "" });
    expect((await operate("/v1/strategies/pin", { reason: "the sale" })).body).toEqual({ active: V1 });
    await world.save(SECOND);
    await until(async () => (await overviewOf()).waiting === V2);
    expect(await put(V3, THIRD)).toMatchObject({ status: 201, body: { state: "waiting" } });
    expect(await overviewOf()).toMatchObject({ active: V1, pinned: true, waiting: V3 });
    expect(second.app.strategies.findActive()?.version).toBe(V1);
    expect((await operate("/v1/strategies/unpin", {})).body).toEqual({ active: V3 });
    await until(() => second.app.strategies.findActive()?.version === V3);
    expect(await overviewOf()).toMatchObject({ active: V3, previous: V1, pinned: false });
    expect(await operate("/v1/strategies/unpin", {})).toMatchObject({
      status: 409,
      body: { error: { code: "STRATEGY_STATE", at: "pinned" } },
    });
  });

  it("may be pinned as it is brought back", async () => {
    await put(V2, SECOND);
    expect((await operate("/v1/strategies/rollback", { version: V1, pin: true })).status).toBe(200);
    await world.save(THIRD);
    await until(async () => (await overviewOf()).waiting === V3);
    expect(server.app.strategies.findActive()?.version).toBe(V1);
  });
});

describe("on a channel that asks for two people", () => {
  let strict: TestServer;
  let admin: Call;
  let first: string;
  let second: string;

  beforeEach(async () => {
    strict = await world.start({ HAGGLE_APPROVALS: "stable", STRATEGIES_DIR: "" });
    admin = await world.operator(strict);
    const keyOf = async (name: string) =>
      (await admin<{ key: string }>("/v1/keys", { name, owner: name, scopes: ["admin"] })).body.key;
    [first, second] = [await keyOf("first"), await keyOf("second")];
  });

  const decide = (verb: "approve" | "decline", approval: string, key: string) =>
    admin<ErrorJson & { faults?: object[] }>(
      `/v1/approvals/${approval}/${verb}`,
      {},
      { headers: { authorization: `Bearer ${key}` } },
    );

  async function store(version: string, text: string): Promise<string> {
    const sent = await world.send(strict, `/v1/strategies/${version}`, text, { key: first });
    expect(sent).toMatchObject({ status: 202, body: { state: "stored", approval: expect.any(String) } });
    return sent.body.approval!;
  }

  it("a version that is sent waits for the second, and going back does not", async () => {
    const approval = await store(V2, SECOND);
    expect(strict.app.strategies.findActive()?.version).toBe(V1);
    expect((await decide("approve", approval, first)).status).toBe(403);
    expect(await decide("approve", approval, second)).toMatchObject({
      status: 200,
      body: { result: { version: V2, state: "active" } },
    });
    expect(strict.app.strategies.findActive()?.version).toBe(V2);
    expect((await admin("/v1/strategies/rollback", {})).body).toEqual({ active: V1 });
    await admin("/v1/strategies/pin", {});
    expect((await admin("/v1/strategies/unpin", {})).status).toBe(202);
  });

  it("a version that no release can price any more is not agreed to, and all that is wrong is told", async () => {
    const approval = await store(V2, SECOND);
    const off = await world.shop.publish({ version: 2, build: await world.buildWithout("price-by-stock") });
    await until(() => strict.app.releases.find()?.release === off.release.sha256);
    const { status, body } = await decide("approve", approval, second);
    expect([status, body.error.code]).toEqual([422, "STRATEGY_UNKNOWN_RULE"]);
    expect(body.faults).toMatchObject([{ at: "strategies[1].rule", line: 8 }]);
    expect((await decide("decline", approval, second)).status).toBe(200);
  });

  it("who looks at a large version holds nobody up: somebody else says no meanwhile", async () => {
    const many = Array.from({ length: 3_000 }, (_, i) =>
      LAMPS.replace("lamps", `s-${i}`).replace("*", `${i}`),
    );
    const text = strategiesText(V3, many);
    const approval = await store(V3, text);
    // One large file is read after another.
    const before = Array.from({ length: 4 }, () =>
      world.send(strict, "/v1/strategies/check", text, { method: "POST" }),
    );
    let isAgreed = false;
    const agreed = decide("approve", approval, second).finally(() => {
      isAgreed = true;
    });
    expect((await admin("/v1/approvals")).status).toBe(200);
    expect((await decide("decline", approval, first)).status).toBe(200);
    expect(isAgreed).toBe(false);
    expect((await agreed).body.error).toMatchObject({ code: "SERVER_APPROVAL_DECIDED", value: "declined" });
    expect((await Promise.all(before)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(strict.app.strategies.findActive()?.version).toBe(V1);
  });
});

describe("the interface", () => {
  it("has a schema for editors, typed by the rules that are live", async () => {
    const response = await server.get("/v1/schemas/strategies.json");
    expect(response.headers.get("content-type")).toContain("application/schema+json");
    const schema = (await response.json()) as { $defs: Record<string, { properties: object }> };
    expect(Object.keys(schema.$defs.parameters0!.properties)).toContain("markup");
  });

  it("counts files, and says which set is in force", async () => {
    await world.save(SECOND.replace("few", "fw"));
    await until(async () => (await server.ready()).warnings.includes("PROMOTION_UNKNOWN_PARAMETER"));
    const text = await (await server.get("/metrics")).text();
    expect(text).toContain('haggle_strategies_files_total{outcome="accepted"} 1');
    expect(text).toContain('haggle_strategies_files_total{outcome="refused"} 1');
    expect(text).toContain("haggle_strategies_number 1");
  });
});
