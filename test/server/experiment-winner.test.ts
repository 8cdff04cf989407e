import { type Condition, type Promotion, parseEnvelope, parseRelease, type Release } from "@haggle/abi";
import { type Cart, createEngine, type Engine } from "@haggle/sdk";
import { signDocument } from "@haggle/sdk/sign";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReleaseDraft as Draft } from "../../server/modules/experiments/draft.ts";
import { resolveVariant } from "../../server/modules/experiments/resolve-variant.ts";
import { createApi } from "../support/api.ts";
import { createEventWorld, type EventWorld } from "../support/experiment-events.ts";
import { makeCart, makeLine, testSigner } from "../support/release.ts";
import type { ErrorJson } from "../support/rollout.ts";
import { until } from "../support/server.ts";

// What becomes of a variant that stays: a release that its authors sign, or leave.

const KEY = "experiment-1";
const is = (...variants: string[]) => variants.map((variant) => `experiment:${KEY}=${variant}`);
const segments = (match: object, not?: true) =>
  ({ kind: "segments", match, ...(not && { not }) }) as Condition;

function spend(id: string, amount: number, conditions: Condition[]): Promotion {
  return { id, priority: 5, effects: [{ target: "order", amount }], conditions };
}

/** As a build makes them of a promotion with variants, and one that names them by hand. */
const PROMOTIONS: Promotion[] = [
  spend("spend", 1_000, [segments({ none: is("b", "c") }), { kind: "goodsTotal", value: 30_000 }]),
  spend("spend~b", 2_500, [segments({ any: is("b") }), { kind: "goodsTotal", value: 25_000 }]),
  spend("for-vips", 300, [segments({ any: ["vip", ...is("b")] })]),
  spend("not-b", 70, [segments({ any: is("b") }, true)]),
  spend("anybody", 5, []),
];

type Winner = { winner: string; state: string; draft: Draft };

let world: EventWorld;

beforeAll(async () => {
  world = await createEventWorld((shop) => shop.publish({ release: { promotions: PROMOTIONS } }));
});
afterAll(() => world.close());

const decide = (key: string, body: object) =>
  world.operate<Winner & ErrorJson>(`/v1/experiments/${key}/winner`, body);
const drafted = (key: string) => world.operate<Winner & ErrorJson>(`/v1/experiments/${key}/draft`);

function releaseOf({ envelope }: Draft): Release {
  const bytes = new TextEncoder().encode(JSON.stringify(envelope));
  const { payload, signatures } = parseEnvelope(bytes, "release");
  expect(signatures).toEqual([]);
  return parseRelease(payload);
}

async function sign(draft: Draft): Promise<{ bytes: Uint8Array; sha256: string }> {
  return signDocument(releaseOf(draft), [await testSigner(1)]);
}

const engineOf = (release: Uint8Array): Promise<Engine> =>
  createEngine({ bundle: world.shop.bundle.bytes, release, root: world.shop.root.bytes });

function cartOf(quantity: number, unitPrice: number, held: string[]): Cart {
  const customer = { id: "ann", segments: held, loggedIn: true, orders: 1, attributes: {} };
  return makeCart({ lines: [makeLine({ quantity, unitPrice })], customer }) as Cart;
}

function priceOf(engine: Engine, cart: Cart): unknown {
  const decision = engine.evaluate(cart);
  if (!decision.ok) throw new Error(decision.error.code);
  const { total, discountTotal, lines } = decision;
  return { total, discountTotal, lines: lines.map((line) => line.total) };
}

describe("a winner", () => {
  it("becomes a release that prices every cart as the variant did", async () => {
    const live = await world.shop.sign({ release: { promotions: PROMOTIONS } });
    const before = await engineOf(live.release.bytes);
    expect(await world.run({ variants: VARIANTS })).toBe(KEY);
    const { status, body } = await decide(KEY, { variant: "b", reason: "it sells" });
    expect([status, body.winner, body.state]).toEqual([200, "b", "ended"]);
    const after = await engineOf((await sign(body.draft)).bytes);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.subarray(["vip", "regular"]),
        (quantity, price, held) => {
          const was = priceOf(before, cartOf(quantity, price, [...held, ...is("b")]));
          expect(priceOf(after, cartOf(quantity, price, held))).toEqual(was);
        },
      ),
    );
  });

  it("takes the place and the name of its promotion, and goes on from the live release", async () => {
    const { body } = await drafted(KEY);
    const release = releaseOf(body.draft);
    const [, live] = await liveRelease();
    expect(body.draft).toMatchObject({
      version: 2,
      previous: live.sha256,
      removed: ["not-b", "spend"],
      renamed: { "spend~b": "spend" },
    });
    expect(release).toMatchObject({ version: 2, previous: live.sha256 });
    expect(release.promotions).toEqual([
      { id: "anybody", priority: 5, effects: [{ target: "order", amount: 5 }] },
      { id: "for-vips", priority: 5, effects: [{ target: "order", amount: 300 }] },
      {
        id: "spend",
        priority: 5,
        effects: [{ target: "order", amount: 2_500 }],
        conditions: [{ kind: "goodsTotal", value: 25_000 }],
      },
    ]);
  });

  it("is for authors to sign: as it comes no server takes it, and signed it is what shoppers get", async () => {
    const api = createApi(world.server, world.key);
    const { draft } = (await drafted(KEY)).body;
    expect(await api.postRelease(JSON.stringify(draft.envelope))).toMatchObject({
      code: "DOCUMENT_UNSIGNED",
    });
    const { bytes, sha256 } = await sign(draft);
    expect((await api.postRelease(bytes)).status).toBe(201);
    expect((await api.point("stable", { release: sha256 })).status).toBe(200);
    const cart = makeCart({ lines: [makeLine({ quantity: 1, unitPrice: 26_000 })] });
    const total = await until(async () => {
      const priced = await (await world.server.post("/v1/evaluations", cart)).json();
      return priced.release === sha256 && priced.total;
    });
    expect(total).toBe(26_000 - 2_500 - 300 - 5);
    // Nothing names the experiment any more.
    expect((await drafted(KEY)).body.error).toMatchObject({ code: "SERVER_EXPERIMENT_UNNAMED", value: KEY });
  });

  it("of skus drafts nothing where no strategy names it", async () => {
    const key = await world.run({ unit: "sku" });
    expect((await decide(key, { variant: "b" })).body).toMatchObject({ unit: "sku", draft: null });
    const { error } = (await drafted(key)).body;
    expect(error.code).toBe("SERVER_EXPERIMENT_UNNAMED");
  });

  it("is told in the audit log, and may be decided anew", async () => {
    const key = await world.run();
    await decide(key, { variant: "b" });
    const again = await decide(key, { variant: "control", reason: "a mistake" });
    expect(again.body).toMatchObject({ winner: "control", state: "ended", draft: null });
    const { body } = await world.operate<{ records: object[] }>("/v1/audit");
    expect(body.records.slice(0, 3)).toMatchObject([
      {
        action: "experiment.winner",
        before: { winner: "b" },
        after: { winner: "control" },
        note: "a mistake",
      },
      { action: "experiment.winner", after: { winner: "b" } },
      { action: "experiment.ended" },
    ]);
  });

  it("is a variant of an experiment that has begun", async () => {
    const draft = await world.draft();
    expect(await decide(draft, { variant: "b" })).toMatchObject({
      status: 409,
      body: { error: { code: "SERVER_EXPERIMENT_STATE", value: "draft" } },
    });
    expect((await drafted(draft)).body.error).toMatchObject({ code: "SERVER_NO_WINNER", value: draft });
    const key = await world.run();
    expect(await decide(key, { variant: "z" })).toMatchObject({
      status: 400,
      body: { error: { code: "SERVER_UNKNOWN_VARIANT", at: "body/variant", value: "z" } },
    });
    expect((await decide("nowhere", { variant: "b" })).status).toBe(404);
    const { body } = await world.operate<{ state: string }>(`/v1/experiments/${key}`);
    expect(body.state).toBe("running");
  });
});

const VARIANTS = [
  { key: "control", weight: 0.4 },
  { key: "b", weight: 0.3 },
  { key: "c", weight: 0.3 },
];

async function liveRelease(): Promise<[Release, { sha256: string }]> {
  const { sha256 } = (await world.shop.sign({ release: { promotions: PROMOTIONS } })).release;
  const bytes = new Uint8Array(await (await world.server.get(`/v1/releases/${sha256}`)).arrayBuffer());
  return [parseRelease(parseEnvelope(bytes, "release").payload), { sha256 }];
}

describe("the promotions of a winner", () => {
  const pool = [...is("control", "b", "c"), "experiment:experiment-10=b", "vip", "regular"];
  const some = fc.subarray(pool, { minLength: 1 });
  const condition = fc
    .tuple(
      fc.oneof(
        some,
        some.map((any) => ({ any })),
        some.map((none) => ({ none })),
        some.map((every) => ({ every })),
      ),
      fc.boolean(),
    )
    .map(([match, not]) => segments(match, not || undefined));
  const promotions = fc
    .array(fc.array(condition, { maxLength: 3 }), { minLength: 1, maxLength: 5 })
    .map((lists) => lists.map((conditions, i) => spend(`p${i}`, i, conditions)));

  it("apply to whom they did while the winner was a variant", () => {
    fc.assert(
      fc.property(
        promotions,
        fc.constantFrom("control", "b"),
        fc.subarray(pool.slice(3)),
        (list, winner, held) => {
          const resolved = resolveVariant(list, KEY, winner);
          const named = JSON.stringify(list).includes(`experiment:${KEY}=`);
          expect(resolved === undefined).toBe(!named);
          const kept = resolved?.promotions ?? list;
          expect(JSON.stringify(kept)).not.toContain(`experiment:${KEY}=`);
          const applied = list.filter((each) => applies(each, [...held, ...is(winner)])).map(({ id }) => id);
          expect(kept.filter((each) => applies(each, held)).map(({ id }) => id)).toEqual(applied);
        },
      ),
    );
  });

  it("keep their own names where an order hangs on them", () => {
    const list = [
      spend("a", 1, [segments({ none: is("b") })]),
      spend("a~b", 2, [segments({ any: is("b") })]),
      spend("a~c", 3, [segments({ any: is("c") })]),
    ];
    expect(resolveVariant(list, KEY, "b")!.names).toEqual(new Map([["a~b", "a"]]));
    expect(resolveVariant(list, KEY, "control")!.names).toEqual(new Map());
  });
});

type SegmentsMatch = { match: string[] | Record<string, string[]>; not?: boolean };

/** What a shopper of these segments is to the engine. */
function applies({ conditions = [] }: Promotion, held: string[]): boolean {
  return conditions.every((condition) => {
    const { match, not } = condition as unknown as SegmentsMatch;
    const modes: Record<string, string[] | undefined> = Array.isArray(match) ? { any: match } : match;
    const has = (segment: string) => held.includes(segment);
    const holds =
      (modes.any?.some(has) ?? true) &&
      (modes.every?.every(has) ?? true) &&
      !(modes.none?.some(has) ?? false);
    return holds !== (not === true);
  });
}

describe("a draft", () => {
  it("keeps the name of a variant where another promotion would change places, or something is switched off", async () => {
    for (const [extra, off] of [
      [spend("spend-more", 7, []), []],
      [undefined, ["spend"]],
    ] as const) {
      const promotions = [...PROMOTIONS, ...(extra ? [extra] : [])];
      const other = await createEventWorld((shop) =>
        shop.publish({
          release: { promotions },
          channel: { off: { promotions: [...off], rules: [], releases: [] } },
        }),
      );
      try {
        const key = await other.run({ variants: VARIANTS });
        expect(key).toBe(KEY);
        const { body } = await other.operate<Winner>(`/v1/experiments/${key}/winner`, { variant: "b" });
        expect(body.draft.renamed).toEqual({});
        expect(releaseOf(body.draft).promotions.map(({ id }) => id)).toContain("spend~b");
      } finally {
        await other.close();
      }
    }
  });
});
