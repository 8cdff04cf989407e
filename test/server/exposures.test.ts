import { createAssigner } from "@haggle/sdk/experiments";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEventWorld, type EventWorld, HALVES } from "../support/experiment-events.ts";
import { type Answer, type Call, caller, type ErrorJson } from "../support/rollout.ts";

// What browsers tell of the variants that they showed: by a token, of one unit, and nothing that is not so.

type Assignment = { unit: string; token: string; expires: number };
type Told = { accepted: number; refused: { index: number; code: string }[] } & ErrorJson;
type Results = { variants: { key: string; units: number }[] };

let world: EventWorld;
let stranger: Call;

beforeAll(async () => {
  world = await createEventWorld();
  stranger = caller(world.server);
});
afterAll(() => world.close());

const ask = async (body: object = {}): Promise<Assignment> =>
  (await stranger<Assignment>("/v1/assignments", body)).body;

/** As a beacon of a page does it, which may be of any origin. */
async function tell(body: object, type = "text/plain;charset=UTF-8"): Promise<Answer<Told>> {
  const headers = { "content-type": type, origin: "https://shop.example.com" };
  const response = await fetch(`${world.server.url}/v1/exposures`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Told };
}

async function variantOf(key: string, unit: string): Promise<string | undefined> {
  const { body } = await world.operate<{ definition: never }>(`/v1/experiments/${key}`);
  return createAssigner([body.definition]).assign(key, { units: { session: unit } }).variant;
}

async function countUnits(key: string): Promise<number> {
  const { body } = await world.operate<Results>(`/v1/experiments/${key}/results`);
  return body.variants.reduce((sum, { units }) => sum + units, 0);
}

const sessions = (more: object = {}) => world.run({ unit: "session", variants: HALVES, ...more });
const exposure = (experiment: string, variant: string | undefined, more: object = {}) => ({
  experiment,
  variant,
  ...more,
});

describe("an exposure that a browser tells", () => {
  it("counts once, of the unit that its token proves, from any origin", async () => {
    const key = await sessions();
    world.pass(60_000);
    const { unit, token } = await ask();
    const seen = {
      assignment: token,
      exposures: [exposure(key, await variantOf(key, unit), { agoMs: 5_000 })],
    };
    const first = await tell(seen);
    expect([first.status, first.body]).toEqual([202, { accepted: 1, refused: [] }]);
    expect(first.headers.get("access-control-allow-origin")).toBe("*");
    expect((await tell(seen, "application/json")).body.accepted).toBe(1);
    expect(await countUnits(key)).toBe(1);
  });

  it("counts only in the variant that the server gives the unit, and the others are told apart", async () => {
    const key = await sessions();
    const carts = await world.run({ unit: "cart", variants: HALVES });
    const draft = await world.draft({ unit: "session" });
    const { unit, token } = await ask();
    const own = await variantOf(key, unit);
    const other = own === "b" ? "control" : "b";
    const { body } = await tell({
      assignment: token,
      exposures: [
        exposure(key, other),
        exposure(key, own),
        exposure(key, "nobodys"),
        exposure(carts, "b"),
        exposure(draft, "b"),
        exposure("never-there", "b"),
      ],
    });
    expect(body.accepted).toBe(1);
    expect(body.refused).toEqual([
      { index: 0, code: "SERVER_NOT_ASSIGNED" },
      { index: 2, code: "SERVER_NOT_ASSIGNED" },
      { index: 3, code: "SERVER_NOT_ASSIGNED" },
      { index: 4, code: "SERVER_UNKNOWN_EXPERIMENT" },
      { index: 5, code: "SERVER_UNKNOWN_EXPERIMENT" },
    ]);
    expect(await countUnits(key)).toBe(1);
  });

  it("counts nothing of whoever tests, nor of whom a namespace or a holdout keeps out", async () => {
    const { unit, token } = await ask();
    const forced = await sessions({ forced: { [unit]: "b" } });
    const away = await sessions({ namespace: { name: "away", range: [0, 0] } });
    const holdout = await sessions({
      variants: [
        { key: "rest", weight: 0 },
        { key: "holdout", weight: 1 },
      ],
    });
    const held = await sessions({ holdout });
    const exposures = [forced, away, held].flatMap((key) => [exposure(key, "b"), exposure(key, "control")]);
    const { body } = await tell({ assignment: token, exposures });
    expect([body.accepted, body.refused.length]).toEqual([0, 6]);
  });

  it("is believed where a condition decides, which is known only where carts are", async () => {
    const variants = [
      { key: "rest", weight: 0.5 },
      { key: "holdout", weight: 0.5 },
    ];
    const key = await sessions({ condition: { country: "de" }, variants });
    const kept = await sessions({ holdout: key });
    const { unit, token } = await ask();
    const { body: definition } = await world.operate<{ definition: { seed: string } }>(
      `/v1/experiments/${key}`,
    );
    expect(definition.definition.seed).toBe(`${key}:1`);
    const drawn = createAssigner([{ ...definition.definition, condition: undefined } as never]);
    const variant = drawn.assign(key, { units: { session: unit } }).variant;
    const { body } = await tell({
      assignment: token,
      exposures: [exposure(key, variant), exposure(kept, await variantWithoutHoldout(kept, unit))],
    });
    expect(body).toEqual({ accepted: 2, refused: [] });
  });

  it("of a customer needs a token that a server had made for him", async () => {
    const key = await world.run({ unit: "customer", variants: HALVES });
    const session = await ask();
    const refused = await tell({
      assignment: session.token,
      exposures: [exposure(key, "b"), exposure(key, "control")],
    });
    expect(refused.body.refused.length).toBe(2);
    const named = await world.operate<Assignment>(
      "/v1/assignments",
      {},
      { headers: { "x-haggle-unit": "c-7" } },
    );
    const { body } = await world.operate<{ definition: never }>(`/v1/experiments/${key}`);
    const { variant } = createAssigner([body.definition]).assign(key, { units: { customer: "c-7" } });
    expect(
      (await tell({ assignment: named.body.token, exposures: [exposure(key, variant)] })).body.accepted,
    ).toBe(1);
  });

  it("is refused without a token of this server, or with one that has ended", async () => {
    const key = await sessions();
    const { token } = await ask();
    const exposures = [exposure(key, "b")];
    expect((await tell({ assignment: "assignment.e30.e30", exposures })).body.error.code).toBe(
      "SERVER_BAD_TOKEN",
    );
    world.pass(25 * 3_600_000);
    expect(await tell({ assignment: token, exposures })).toMatchObject({
      status: 403,
      body: { error: { code: "SERVER_BAD_TOKEN" } },
    });
  });

  it("comes only so often of one unit", async () => {
    const key = await sessions();
    const { token } = await ask();
    const told = await Promise.all(
      Array.from({ length: 30 }, () => tell({ assignment: token, exposures: [exposure(key, "b")] })),
    );
    const late = told.filter(({ status }) => status === 429);
    expect(late.length).toBeGreaterThan(0);
    expect(Number(late[0]!.headers.get("retry-after"))).toBeGreaterThan(0);
  });

  it.each([
    ["no exposures", { exposures: [] }],
    ["an outcome", { exposures: [{ experiment: "e", variant: "b", metric: "revenue", valueMinor: 1 }] }],
    ["a unit of its choice", { exposures: [{ experiment: "e", variant: "b", unit: "me" }] }],
    ["51 of them", { exposures: Array(51).fill(exposure("e", "b")) }],
  ])("is refused with %s", async (_name, body) => {
    const { token } = await ask();
    expect((await tell({ assignment: token, ...body })).body.error.code).toBe("SERVER_BAD_REQUEST");
  });
});

describe("the unit of a browser", () => {
  it("outlives its token", async () => {
    const first = await ask();
    world.pass(25 * 3_600_000);
    const second = await ask({ renews: first.token });
    expect([second.unit, second.token === first.token]).toEqual([first.unit, false]);
    world.pass(366 * 24 * 3_600_000);
    expect((await stranger<ErrorJson>("/v1/assignments", { renews: second.token })).body.error.code).toBe(
      "SERVER_BAD_TOKEN",
    );
  });

  it("is not kept longer than its token where a server had named it", async () => {
    const headers = { "x-haggle-unit": "c-8" };
    const named = (await world.operate<Assignment>("/v1/assignments", {}, { headers })).body;
    expect((await ask({ renews: named.token })).unit).toBe("c-8");
    world.pass(25 * 3_600_000);
    const late = await stranger<ErrorJson>("/v1/assignments", { renews: named.token });
    expect([late.status, late.body.error.code]).toEqual([403, "SERVER_BAD_TOKEN"]);
  });
});

async function variantWithoutHoldout(key: string, unit: string): Promise<string | undefined> {
  const { body } = await world.operate<{ definition: { holdout?: string } }>(`/v1/experiments/${key}`);
  const { holdout: _, ...definition } = body.definition;
  return createAssigner([definition as never]).assign(key, { units: { session: unit } }).variant;
}
