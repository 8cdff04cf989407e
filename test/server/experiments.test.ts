import type { Experiments } from "@haggle/abi";
import { verifyRoot } from "@haggle/sdk";
import { createAssigner, verifyExperiments } from "@haggle/sdk/experiments";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createExperimentWorld,
  type ExperimentWorld,
  operateAt,
  SHOES_EXPERIMENT,
} from "../support/experiment-shop.ts";
import type { Answer, Call, ErrorJson } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Experiments as people define and run them, and the signed document that comes of it.

type Experiment = {
  key: string;
  state: string;
  phase: number;
  revision: number;
  definition: { seed: string; coverage: number; variants: { key: string; weight: number }[] };
  warnings: { code: string; at: string; value?: string }[];
};

let world: ExperimentWorld;
let server: TestServer;
let other: TestServer;
let operate: Call;
let count = 0;

beforeAll(async () => {
  world = await createExperimentWorld();
  server = await world.start();
  other = await world.start();
  operate = await operateAt(world, server);
});

afterAll(() => world.close());

/** A draft of its own for each test. */
async function draft(more: object = {}): Promise<string> {
  const key = `experiment-${++count}`;
  const answer = await operate<Experiment>("/v1/experiments", { ...SHOES_EXPERIMENT, key, ...more });
  expect(answer.body).toMatchObject({ key, state: "draft", phase: 1, revision: 1 });
  expect(answer.status).toBe(201);
  return key;
}

const act = (key: string, verb: string, body: object = {}): Promise<Answer<Experiment & ErrorJson>> =>
  operate(`/v1/experiments/${key}/${verb}`, body);
const put = (key: string, body: object): Promise<Answer<Experiment & ErrorJson>> =>
  operate(`/v1/experiments/${key}`, { ...FIELDS, ...body }, { method: "PUT" });
const run = async (more: object = {}): Promise<string> => {
  const key = await draft(more);
  expect(await act(key, "start")).toMatchObject({ status: 200, body: { state: "running" } });
  return key;
};

const { channel: _channel, key: _key, ...FIELDS } = SHOES_EXPERIMENT;
const WEIGHTS = (control: number) => [
  { key: "control", weight: control },
  { key: "b", weight: 1 - control },
];

async function readDocument(from = server): Promise<Experiments> {
  const bytes = new Uint8Array(await (await from.get("/v1/experiments/document/stable")).arrayBuffer());
  const root = await verifyRoot(world.shop.root.bytes);
  return (await verifyExperiments(bytes, root, { channel: "stable" })).experiments;
}

const keysIn = async (from = server) => (await readDocument(from)).experiments.map(({ key }) => key);

describe("a channel without experiments", () => {
  it("has no document, as a channel that is not there has no answer", async () => {
    const none = await server.get("/v1/experiments/document/stable");
    expect([none.status, none.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
    const unknown = await server.get("/v1/experiments/document/nowhere");
    expect(await unknown.json()).toMatchObject({ error: { code: "SERVER_UNKNOWN_CHANNEL" } });
    const wrong = await operate("/v1/experiments", { ...SHOES_EXPERIMENT, channel: "nowhere" });
    expect(wrong).toMatchObject({ status: 404, body: { error: { code: "SERVER_UNKNOWN_CHANNEL" } } });
  });
});

describe("an experiment", () => {
  it("goes from draft to its end, and each state that counts is a signed document", async () => {
    const key = await draft();
    expect(await act(key, "pause")).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_STATE" } },
    });
    const started = await act(key, "start", { reason: "summer" });
    expect(started.body).toMatchObject({ state: "running", phase: 1, definition: { seed: `${key}:1` } });
    const first = await readDocument();
    expect(first.experiments).toEqual([
      {
        key,
        seed: `${key}:1`,
        bucketing: "hash2",
        coverage: 1,
        unit: "customer",
        variants: FIELDS.variants,
        phase: 1,
      },
    ]);
    await act(key, "pause");
    const second = await readDocument();
    expect([second.version, second.experiments]).toEqual([first.version + 1, []]);
    // Only so does a flag of a page say that it is off for a while.
    expect(second.paused).toEqual([{ key, control: FIELDS.variants[0].key, phase: 1 }]);
    await act(key, "resume");
    expect(await keysIn()).toContain(key);
    expect((await act(key, "end")).body).toMatchObject({ state: "ended" });
    expect(await keysIn()).not.toContain(key);
    const again = await act(key, "start");
    expect(again).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_STATE", value: "ended" } },
    });
    expect((await put(key, {})).body.error.code).toBe("SERVER_EXPERIMENT_STATE");
    const audit = await operate<{ records: { action: string; object: string; note?: string }[] }>(
      "/v1/audit",
    );
    const told = audit.body.records.filter(({ object }) => object === `experiment:${key}`);
    expect(told.map(({ action }) => action)).toEqual(
      ["ended", "resumed", "paused", "started", "created"].map((event) => `experiment.${event}`),
    );
    expect(told[3]!.note).toBe("summer");
  });

  it("is known by one key", async () => {
    const key = await draft();
    const again = await operate<ErrorJson>("/v1/experiments", { ...SHOES_EXPERIMENT, key });
    expect(again).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_EXISTS", value: key } },
    });
    expect((await operate<ErrorJson>("/v1/experiments/nothing")).body.error.code).toBe(
      "SERVER_UNKNOWN_EXPERIMENT",
    );
    const list = await operate<{ experiments: Experiment[] }>("/v1/experiments?channel=stable");
    expect(list.body.experiments.map((one) => one.key)).toContain(key);
    expect(
      (await operate<{ experiments: Experiment[] }>("/v1/experiments?channel=preview")).body.experiments,
    ).toEqual([]);
  });

  it("is refused, with place and value, when it contradicts itself", async () => {
    const wrong: [object, string, string][] = [
      [
        { variants: WEIGHTS(0.7).map((each) => ({ ...each, weight: 0.7 })) },
        "EXPERIMENT_WEIGHTS",
        "variants",
      ],
      [
        {
          ranges: [
            [0, 0.6],
            [0.5, 1],
          ],
        },
        "EXPERIMENT_RANGES",
        "ranges",
      ],
      [
        { prerequisites: [{ experiment: "nowhere", variants: ["b"] }] },
        "EXPERIMENT_UNKNOWN",
        "prerequisites",
      ],
      [{ condition: { country: { $nearby: 1 } } }, "EXPERIMENT_CONDITION", "condition"],
      [{ bucketing: "modulo100" }, "EXPERIMENT_FIXED", "experiments[0]"],
      [
        { variants: [...WEIGHTS(0.5).slice(1), ...WEIGHTS(0.5).slice(1)] },
        "EXPERIMENT_DUPLICATE",
        "variants",
      ],
    ];
    for (const [more, code, at] of wrong) {
      const answer = await operate<ErrorJson>("/v1/experiments", {
        ...SHOES_EXPERIMENT,
        key: "wrong",
        ...more,
      });
      expect([answer.status, answer.body.error.code]).toEqual([422, code]);
      expect(String(answer.body.error.at)).toContain(at);
    }
    const unknown = await operate<ErrorJson>("/v1/experiments", {
      ...SHOES_EXPERIMENT,
      key: "wrong",
      flavour: "x",
    });
    expect([unknown.status, unknown.body.error.code]).toEqual([400, "SERVER_BAD_REQUEST"]);
    const backwards = { namespace: { name: "checkout", range: [1, 0] } };
    const turned = await operate<ErrorJson>("/v1/experiments", {
      ...SHOES_EXPERIMENT,
      key: "wrong",
      ...backwards,
    });
    expect([turned.status, turned.body.error.at]).toEqual([400, "wrong.namespace.range"]);
    expect((await operate<ErrorJson>("/v1/experiments/wrong")).status).toBe(404);
  });

  it("that depends on another one needs it running, and does not let it go", async () => {
    const first = await draft();
    const second = await draft({ prerequisites: [{ experiment: first, variants: ["b"] }] });
    expect((await act(second, "start")).body.error.code).toBe("EXPERIMENT_UNKNOWN");
    await act(first, "start");
    await act(second, "start");
    const needed = await act(first, "pause");
    expect(needed).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_NEEDED", value: second } },
    });
    const circle = await put(first, {
      prerequisites: [{ experiment: second, variants: ["b"] }],
      confirm: true,
    });
    expect(circle.body.error.code).toBe("EXPERIMENT_CYCLE");
    await act(second, "end");
    await act(first, "end");
  });

  it("warns of what is mostly a mistake when it starts", async () => {
    const far = { namespace: { name: "checkout", range: [0.5, 1] } };
    const near = { namespace: { name: "checkout", range: [0, 0.6] } };
    const first = await run(far);
    const second = await draft(near);
    const { warnings } = (await act(second, "start")).body;
    expect(warnings.map(({ code, value }) => [code, value])).toEqual([
      ["EXPERIMENT_UNUSED_VARIANT", "b"],
      ["EXPERIMENT_NAMESPACE_OVERLAP", first],
    ]);
    const known = await operate<Experiment>("/v1/experiments", SHOES_EXPERIMENT);
    expect((await act(known.body.key, "start")).body.warnings).toEqual([]);
    for (const key of [first, second, known.body.key]) await act(key, "end");
  });

  it("over numbered skus warns when a sample of them does not spread", async () => {
    const skus = {
      unit: "sku",
      bucketing: "modulo100",
      variants: [
        { key: "control", weight: 0.4 },
        { key: "variant_a", weight: 0.3 },
        { key: "variant_b", weight: 0.3 },
      ],
    };
    const sample = (step: number) => Array.from({ length: 1_000 }, (_, index) => String(index * step));
    const codes = async (units: string[]) => {
      const key = await draft(skus);
      const { warnings } = (await act(key, "start", { units })).body;
      await act(key, "end");
      return warnings.filter(({ code }) => code !== "EXPERIMENT_UNUSED_VARIANT").map(({ value }) => value);
    };
    expect(await codes(sample(1))).toEqual([]);
    expect(await codes(sample(25))).toEqual(["0.50/0.25/0.25, 0 refused"]);
    expect(await codes(["lamp-1"])).toEqual(["0.00/0.00/0.00, 1 refused"]);
  });
});

describe("a change", () => {
  it("of a draft is free, and of an older revision refused", async () => {
    const key = await draft();
    expect((await put(key, { variants: WEIGHTS(0.9), unit: "session" })).body).toMatchObject({
      revision: 2,
      phase: 1,
    });
    const late = await put(key, { revision: 1 });
    expect(late).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_STATE", at: "revision", value: 2 } },
    });
  });

  it("that moves units is told in shares, and asks whether it is meant", async () => {
    const key = await run();
    const wanted = { variants: WEIGHTS(0.6) };
    const preview = await operate<Json>(`/v1/experiments/${key}/preview`, {
      ...FIELDS,
      ...wanted,
      units: ["a", "b", "c"],
    });
    const [move] = preview.body.moves;
    expect(preview.body).toMatchObject({ needs: "confirm", phase: 1 });
    expect([move!.from, move!.to]).toEqual(["b", "control"]);
    expect(move!.share).toBeCloseTo(0.1, 2);
    const assigner = createAssigner((await readDocument()).experiments);
    for (const { unit, before } of preview.body.units) {
      expect(assigner.assign(key, { units: { customer: unit } }).variant).toBe(before);
    }
    const refused = await put(key, wanted);
    expect(refused).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_MOVES", at: "variants" } },
    });
    expect(refused.body.error.value).toBeCloseTo(0.1, 2);
    expect((await put(key, { condition: { market: "de" } })).body.error).toMatchObject({
      code: "SERVER_EXPERIMENT_MOVES",
      at: "condition",
    });
    expect((await put(key, { ...wanted, confirm: true })).body).toMatchObject({ phase: 1, revision: 3 });
    expect((await readDocument()).experiments.find((one) => one.key === key)!.variants).toEqual(WEIGHTS(0.6));
    await act(key, "end");
  });

  it("that makes another experiment of it needs a phase of its own, with another seed", async () => {
    const key = await run();
    const three = [...WEIGHTS(0.5), { key: "c", weight: 0 }];
    for (const [more, at] of [
      [{ variants: three }, "variants"],
      [{ unit: "cart" }, "unit"],
      [{ seed: "mine" }, "seed"],
    ] as const) {
      const refused = await put(key, { ...more, confirm: true });
      expect(refused).toMatchObject({
        status: 409,
        body: { error: { code: "SERVER_EXPERIMENT_PHASE", at } },
      });
    }
    // Of those who came before and were out, all who come in now would come into the same variant.
    const part = { sticky: true, coverage: 0.5 };
    await put(key, { ...part, confirm: true });
    const refused = await put(key, { ...part, variants: WEIGHTS(0.2), confirm: true });
    expect(refused.body.error).toMatchObject({ code: "SERVER_EXPERIMENT_PHASE", at: "coverage" });
    const sameSeed = await put(key, { variants: three, seed: `${key}:1`, newPhase: true });
    expect(sameSeed.body.error).toMatchObject({ code: "SERVER_EXPERIMENT_PHASE", at: "seed" });
    const next = await put(key, { variants: three, newPhase: true });
    expect(next.body).toMatchObject({ phase: 2, definition: { seed: `${key}:2` } });
    await act(key, "end");
  });

  it("that only tells who tests asks nothing", async () => {
    const key = await run();
    expect((await put(key, { forced: { tester: "b" } })).body).toMatchObject({
      state: "running",
      revision: 3,
    });
    const refused = await put(key, { forced: { tester: "nothing" } });
    expect(refused.body.error.code).toBe("EXPERIMENT_UNKNOWN");
    await act(key, "end");
  });
});

type Json = {
  needs: string;
  moves: { from: string | null; to: string | null; share: number }[];
  units: { unit: string; before: string | null }[];
};

describe("the document", () => {
  it("is the same at every server, and nobody fetches it twice", async () => {
    const key = await run();
    await until(async () => (await keysIn(other)).includes(key));
    const [here, there] = await Promise.all(
      [server, other].map((one) => one.get("/v1/experiments/document/stable")),
    );
    const tag = here!.headers.get("etag")!;
    expect(there!.headers.get("etag")).toBe(tag);
    const again = await server.get("/v1/experiments/document/stable", { "if-none-match": tag });
    expect(again.status).toBe(304);
    await act(key, "end");
    const after = await server.get("/v1/experiments/document/stable", { "if-none-match": tag });
    expect(after.status).toBe(200);
  });

  it("is signed again before it ends", async () => {
    const before = await readDocument();
    world.pass(13 * 3_600_000);
    const after = await until(async () => {
      const found = await readDocument();
      return found.version > before.version && found;
    });
    expect(after.expires).toBeGreaterThan(before.expires);
    expect(after.experiments).toEqual(before.experiments);
  });

  it("is told of on the channel's stream", async () => {
    const stream = await server.get("/v1/channels/stable/events");
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    const read = async (wanted: () => boolean) => {
      while (!wanted()) text += (await reader.read()).value ?? "";
    };
    await read(() => text.includes("event: experiments\n"));
    const key = await run();
    const { version } = await readDocument();
    await read(() => text.includes(`event: experiments\ndata: {"version":${version},`));
    const [, data] = /event: experiments\ndata: (.*)\n\n$/.exec(
      text.slice(text.lastIndexOf("event: experiments")),
    )!;
    const { document, sha256 } = JSON.parse(data!) as { document: string; sha256: string };
    const served = await server.get("/v1/experiments/document/stable");
    expect([`"${sha256}"`, document]).toEqual([served.headers.get("etag"), await served.text()]);
    await reader.cancel();
    await act(key, "end");
  });
});
