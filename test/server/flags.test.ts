import type { Channel } from "@haggle/abi";
import { createAssigner } from "@haggle/sdk/experiments";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature } from "@openfeature/server-sdk";
import { type Provider, OpenFeature as WebOpenFeature } from "@openfeature/web-sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { FetchedEventSource } from "../support/event-source.ts";
import {
  createExperimentWorld,
  type ExperimentWorld,
  endAll,
  operateAt,
  SHOES_EXPERIMENT,
} from "../support/experiment-shop.ts";
import { ofrepCheckers } from "../support/ofrep-schemas.ts";
import { makeCart } from "../support/release.ts";
import { type Call, caller } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// OFREP by the published clients of OpenFeature, each answer held against the protocol's own schemas.

let world: ExperimentWorld;
let server: TestServer;
let operate: Call;
let key: string;
let wrong: string[] = [];
const check = ofrepCheckers();

beforeAll(async () => {
  world = await createExperimentWorld();
  server = await world.start();
  operate = await operateAt(world, server);
  const made = await operate<{ key: string }>("/v1/keys", { name: "flags", scopes: ["evaluate"] });
  key = made.body.key;
});

afterEach(async () => {
  await endAll(operate);
  await OpenFeature.clearProviders();
  await WebOpenFeature.clearProviders();
  vi.unstubAllGlobals();
  expect(wrong).toEqual([]);
  wrong = [];
});
afterAll(() => world.close());

const SINGLE: Record<number, string> = {
  200: "serverEvaluationSuccess",
  400: "evaluationFailure",
  404: "flagNotFound",
};
const BULK: Record<number, string> = { 200: "bulkEvaluationSuccess", 400: "bulkEvaluationFailure" };

/** Every answer that a client gets is looked at on its way. */
const checkedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const url = new URL(input instanceof Request ? input.url : input);
  const name = (/\/flags\/./.test(url.pathname) ? SINGLE : BULK)[response.status];
  if (response.status === 304) return response;
  const refusal =
    name === undefined ? `status ${response.status}` : check(name, await response.clone().json());
  if (refusal !== undefined) wrong.push(`${url.pathname}: ${refusal}`);
  return response;
};

let events: object[] = [];

/** So is every event of the stream. */
class CheckedEventSource extends FetchedEventSource {
  constructor(url: string) {
    super(url);
    this.addEventListener("message", (message) => {
      const event = JSON.parse((message as MessageEvent<string>).data) as object;
      events.push(event);
      const refusal = check("sseEventData", event);
      if (refusal !== undefined) wrong.push(`${url}: ${refusal}`);
    });
  }
}

async function ask(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return checkedFetch(`${server.url}/ofrep/v1/evaluate/flags${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

const OFF = "ab".repeat(32);
const DEEP = "[".repeat(20_000) + "]".repeat(20_000);

const contextOf = (targetingKey: string, more: object = {}) => ({ context: { targetingKey, ...more } });

let count = 0;
async function run(more: object = {}): Promise<string> {
  const name = `flag-${++count}`;
  expect((await operate("/v1/experiments", { ...SHOES_EXPERIMENT, key: name, ...more })).status).toBe(201);
  expect((await operate(`/v1/experiments/${name}/start`, {})).status).toBe(200);
  return name;
}

type Flag = { key: string; value: unknown; variant?: string; reason: string; metadata?: object };

describe("the published server client", () => {
  it("has the variant of every unit that is assigned here", async () => {
    const name = await run({ forced: { tester: "b" }, condition: { market: { $ne: "us" } } });
    const provider = new OFREPProvider({
      baseUrl: server.url,
      headers: [["x-api-key", key]],
      fetchImplementation: checkedFetch,
    });
    await OpenFeature.setProviderAndWait(provider);
    const client = OpenFeature.getClient();
    const { definition } = (await operate<{ definition: never }>(`/v1/experiments/${name}`)).body;
    const assigner = createAssigner([definition]);
    for (let i = 0; i < 25; i++) {
      const customer = `c-${i}-é`;
      const details = await client.getStringDetails(name, "none", { targetingKey: customer });
      const { variant } = assigner.assign(name, { units: { customer } });
      expect(details).toMatchObject({
        value: variant,
        variant,
        reason: "SPLIT",
        flagMetadata: { phase: 1, counts: true },
      });
    }
    const tester = await client.getStringDetails(name, "none", { targetingKey: "tester" });
    expect(tester).toMatchObject({ value: "b", reason: "TARGETING_MATCH", flagMetadata: { counts: false } });
    const abroad = await client.getStringDetails(name, "none", { targetingKey: "c", market: "us" });
    expect(abroad).toMatchObject({
      value: "control",
      reason: "STATIC",
      flagMetadata: { excluded: "condition" },
    });
    const release = await client.getStringDetails("release.stable", "none", { targetingKey: "c" });
    expect(release).toMatchObject({ variant: "stable", reason: "STATIC" });
    expect(release.value).toBe((await (await server.post("/v1/evaluations", makeCart())).json()).release);
    const unknown = await client.getStringDetails("nothing", "mine", { targetingKey: "c" });
    expect(unknown).toMatchObject({ value: "mine", errorCode: "FLAG_NOT_FOUND" });
    const nobody = await client.getStringDetails(name, "mine", {});
    expect(nobody).toMatchObject({ value: "mine", errorCode: "TARGETING_KEY_MISSING" });
    const mistaken = await client.getBooleanDetails(name, false, { targetingKey: "c" });
    expect(mistaken).toMatchObject({ value: false, errorCode: "TYPE_MISMATCH" });
  });

  it("sees that an experiment is paused, and none that has ended", async () => {
    const name = await run();
    await operate(`/v1/experiments/${name}/pause`, {});
    const paused = (await (await ask(`/${name}`, contextOf("c"))).json()) as Flag;
    expect(paused).toMatchObject({ value: "control", reason: "DISABLED" });
    await operate(`/v1/experiments/${name}/end`, {});
    expect((await ask(`/${name}`, contextOf("c"))).status).toBe(404);
  });
});

describe("the published web client", () => {
  it("fetches all flags once, and again when the stream says so", async () => {
    vi.stubGlobal("EventSource", CheckedEventSource);
    events = [];
    const name = await run({
      ranges: [
        [0, 1],
        [1, 1],
      ],
    });
    let fetched = 0;
    const counting: typeof fetch = (input, init) => {
      fetched += 1;
      return checkedFetch(input, init);
    };
    const provider = new OFREPWebProvider({ baseUrl: server.url, fetchImplementation: counting });
    await WebOpenFeature.setContext({ targetingKey: "browser" });
    // Its types were made without `exactOptionalPropertyTypes`.
    await WebOpenFeature.setProviderAndWait(provider as Provider);
    const client = WebOpenFeature.getClient();
    expect(client.getStringValue(name, "none")).toBe("control");
    expect(client.getStringDetails("nothing", "mine").errorCode).toBe("FLAG_NOT_FOUND");
    // What the stream says when it opens is answered by 304: nothing has changed since.
    await until(() => fetched === 2);
    const { channel: _channel, key: _key, ...fields } = SHOES_EXPERIMENT;
    const turned = {
      ...fields,
      ranges: [
        [0, 0],
        [0, 1],
      ],
      confirm: true,
    };
    expect((await operate(`/v1/experiments/${name}`, turned, { method: "PUT" })).status).toBe(200);
    await until(() => client.getStringValue(name, "none") === "b");
    const event = { type: "refetchEvaluation", etag: expect.any(String) };
    expect([events[0], events.at(-1)]).toEqual([event, event]);
    await WebOpenFeature.clearProviders();
  });

  it("does not get the answer of another context for its tag", async () => {
    const name = await run({ condition: { country: "de" } });
    const germany = await ask("", contextOf("browser", { country: "de", a: { b: 1, c: [1] } }));
    const etag = germany.headers.get("etag")!;
    const again = await ask(
      "",
      { context: { a: { c: [1], b: 1 }, country: "de", targetingKey: "browser" } },
      { "if-none-match": etag },
    );
    expect(again.status).toBe(304);
    const france = await ask("", contextOf("browser", { country: "fr" }), { "if-none-match": etag });
    const flags = ((await france.json()) as { flags: Flag[] }).flags;
    expect(flags.find((flag) => flag.key === name)).toMatchObject({
      value: "control",
      metadata: { excluded: "condition" },
    });
    await operate(`/v1/experiments/${name}/pause`, {});
    const after = await ask("", contextOf("browser", { country: "de", a: { b: 1, c: [1] } }), {
      "if-none-match": etag,
    });
    expect(after.status).toBe(200);
  });
});

describe("an answer", () => {
  it("to what is wrong says so in the protocol's words", async () => {
    const cases: [string, unknown, number, string][] = [
      ["/shoes", "{", 400, "PARSE_ERROR"],
      ["/shoes", "[]", 400, "PARSE_ERROR"],
      ["/shoes", { context: "me" }, 400, "INVALID_CONTEXT"],
      ["/shoes", contextOf("x".repeat(257)), 400, "INVALID_CONTEXT"],
      ["/shoes", { context: { targetingKey: 7 } }, 400, "INVALID_CONTEXT"],
      ["/shoes", {}, 400, "TARGETING_KEY_MISSING"],
      ["/shoes", contextOf("c"), 404, "FLAG_NOT_FOUND"],
      ["", "{", 400, "PARSE_ERROR"],
      ["", { context: { country: "de" } }, 400, "TARGETING_KEY_MISSING"],
      ["", `{"context":{"targetingKey":"c","a":${DEEP}}}`, 400, "INVALID_CONTEXT"],
      ["/shoes", `{"context":{"targetingKey":"c","a":${DEEP}}}`, 400, "INVALID_CONTEXT"],
    ];
    for (const [path, body, status, errorCode] of cases) {
      const response = await ask(path, body);
      expect([path, body, response.status, await response.json()]).toMatchObject([
        path,
        body,
        status,
        { errorCode },
      ]);
    }
    const { status } = await caller(server, { authorization: "Bearer nothing" })(
      "/ofrep/v1/evaluate/flags",
      {},
    );
    expect(status).toBe(401);
  });

  it("has what promotions of the live release declare, and what of it is switched off", async () => {
    const { flags } = (await (await ask("", contextOf("c"))).json()) as { flags: Flag[] };
    expect(flags.map((flag) => flag.key)).toEqual(["release.stable"]);
    expect(flags[0]).toMatchObject({ reason: "STATIC", variant: "stable" });
  });

  it("leaves out the release of a channel that gives this unit nothing, and no other flag", async () => {
    const name = await run();
    const { release } = (await (await server.post("/v1/evaluations", makeCart())).json()) as {
      release: string;
    };
    const arm = (sha256: string, from: number, to: number): Channel["arms"][number] => {
      return { release: sha256, range: [from, to], seed: "stable" };
    };
    const point = async (arms: Channel["arms"]): Promise<void> => {
      const version = (await server.ready()).channels.stable!.version + 1;
      const off = { promotions: [], rules: [], releases: [OFF] };
      await world.shop.publish({ version: 1, channel: { version, arms, off } });
      await until(async () => (await server.ready()).channels.stable!.version === version);
    };
    await point([arm(release, 0, 5_000), arm(OFF, 5_000, 10_000)]);
    const keys = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const { flags } = (await (await ask("", contextOf(`c-${i}`))).json()) as { flags: Flag[] };
      keys.add(flags.map((flag) => flag.key).join());
    }
    expect([...keys].sort()).toEqual([name, `${name},release.stable`]);
    await point([arm(release, 0, 10_000)]);
  });

  it("is remembered for nobody whom a stranger names", async () => {
    const name = await run({ sticky: true });
    await ask(`/${name}`, contextOf("stranger-s-victim"));
    await ask(`/${name}`, contextOf("customer"), { authorization: `Bearer ${key}` });
    const units = await until(async () => {
      const rows = await world.database.query<{ unit: string }>("select unit from experiment_units");
      return rows.length > 0 && rows.map(({ unit }) => unit);
    });
    expect(units).toEqual(["customer"]);
  });
});
