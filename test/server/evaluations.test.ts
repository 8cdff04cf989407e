import { bucketOf } from "@haggle/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeCart } from "../support/release.ts";
import {
  type Answer,
  type Call,
  caller,
  createRolloutWorld,
  type ErrorJson,
  MINUTE_MS,
  NO_GATES,
  operatorOf,
  type RolloutWorld,
  rolloutsOf,
  STEPS,
} from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";

// Who is priced by which release: by the unit, by hand, by a pin.

type Priced = Answer<{ release: string; discountTotal: number } & ErrorJson>;

let world: RolloutWorld;
let server: TestServer;
let operate: Call;
let stranger: Call;
let shop: Call;
let rollouts: ReturnType<typeof rolloutsOf>;

beforeAll(async () => {
  world = await createRolloutWorld();
  server = await world.start();
  operate = await operatorOf(server, world.shop.dataFolder);
  rollouts = rolloutsOf(world, server, operate);
  stranger = caller(server);
  const key = await operate<{ key: string }>("/v1/keys", { name: "storefront", scopes: ["evaluate"] });
  shop = caller(server, { authorization: `Bearer ${key.body.key}` });
});

afterEach(() => rollouts.rest());
afterAll(() => world.close());

const price = (headers: Record<string, string> = {}, by = stranger): Promise<Priced> =>
  by("/v1/evaluations", makeCart(), { headers });
const releaseOf = async (headers: Record<string, string>, by = stranger) => {
  const { body, headers: answer } = await price(headers, by);
  expect(answer.get("x-haggle-release")).toBe(body.release);
  return body.release;
};
const cookieOf = ({ headers }: Priced): string => headers.get("set-cookie")!.split(";")[0]!;
const units = Array.from({ length: 60 }, (_, index) => `customer-${index}`);

describe("without a rollout", () => {
  it("everybody has one release, and nobody a cookie", async () => {
    const { headers, body } = await price();
    expect(body.release).toBe(world.from);
    expect(headers.get("x-haggle-arm")).toBe("stable");
    expect(headers.get("set-cookie")).toBeNull();
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("vary")).toBe(
      "origin, cookie, x-haggle-unit, x-haggle-release, x-canary, x-haggle-preview, x-haggle-pin",
    );
  });
});

describe("a unit", () => {
  it("has the release of its bucket, as an SDK computes it, and never leaves the new one", async () => {
    const { id } = (await rollouts.start()).body;
    const before = new Set<string>();
    for (const weight of [2_000, 5_000, 10_000]) {
      if (weight > 2_000) await rollouts.next(id);
      await until(async () => (await rollouts.readChannel()).arms.at(-1)!.range[0] === 10_000 - weight);
      for (const unit of units) {
        const isNew = bucketOf(world.to, unit) >= 10_000 - weight;
        const { body, headers } = await price({ "x-haggle-unit": unit }, shop);
        expect(body.release).toBe(isNew ? world.to : world.from);
        expect(headers.get("x-haggle-arm")).toBe(isNew ? "canary" : "stable");
        if (before.has(unit)) expect(isNew).toBe(true);
        if (isNew) before.add(unit);
      }
    }
    expect(before.size).toBe(units.length);
  });

  it("is named by servers with a key alone", async () => {
    await rollouts.start();
    const { status, body } = await price({ "x-haggle-unit": units[0]! });
    expect([status, body.error.code]).toEqual([403, "SERVER_UNIT_FORBIDDEN"]);
    const odd = await price({ "x-haggle-unit": "two words" }, shop);
    expect([odd.status, odd.body.error.code]).toEqual([400, "SERVER_BAD_REQUEST"]);
  });

  it("is kept in a cookie that only the server can have written", async () => {
    await rollouts.start({ steps: [{ ...STEPS[0], weightBp: 5_000 }, STEPS[2]] });
    const first = await price();
    expect(first.headers.get("set-cookie")).toMatch(
      /^haggle-unit=unit\.[\w-]+\.[\w-]+; Max-Age=31536000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const cookie = cookieOf(first);
    for (let i = 0; i < 5; i++) {
      const again = await price({ cookie });
      expect(again.body.release).toBe(first.body.release);
      expect(again.headers.get("set-cookie")).toBeNull();
    }
    // A unit of one's own choice, signed by nobody, is none.
    const payload = Buffer.from(JSON.stringify({ unit: units[0], expires: 9e15 })).toString("base64url");
    const forged = await price({ cookie: `haggle-unit=unit.${payload}.${cookie.split(".")[2]}` });
    expect(cookieOf(forged)).toMatch(/^haggle-unit=unit\./);
    const releases = await Promise.all(Array.from({ length: 30 }, async () => (await price()).body.release));
    expect(new Set(releases)).toEqual(new Set([world.from, world.to]));
  });

  it("is assigned to an SDK, which comes to the same release and may report what it saw", async () => {
    const { id } = (await rollouts.start()).body;
    const { body, headers } = await stranger<{
      unit: string;
      release: string;
      arm: string;
      seed: string;
      token: string;
      rollout: string;
    }>("/v1/assignments", {});
    expect(headers.get("set-cookie")).toMatch(/^haggle-unit=/);
    const isNew = bucketOf(body.seed, body.unit) >= 8_000;
    expect(body).toMatchObject({
      release: isNew ? world.to : world.from,
      arm: isNew ? "canary" : "stable",
      seed: world.to,
      rollout: id,
    });
    expect(await releaseOf({ "x-haggle-unit": body.token })).toBe(body.release);
    const report = { assignment: body.token, evaluations: 10, errors: 0, faults: 0, slowestMs: 3 };
    expect(await stranger("/v1/reports", report)).toMatchObject({ status: 202, body: { counted: true } });
    const forged = `${body.token.slice(0, -4)}AAAA`;
    expect(
      (await stranger<ErrorJson>("/v1/reports", { ...report, assignment: forged })).body.error.code,
    ).toBe("SERVER_BAD_TOKEN");
    expect((await price({ "x-haggle-unit": forged })).body.error.code).toBe("SERVER_BAD_TOKEN");
  });
});

describe("an override", () => {
  it("works for operators, for the two releases of a rollout, exactly as long as it lives", async () => {
    const other = "0".repeat(64);
    const wishes = [
      [{ "x-canary": "always" }, () => world.to],
      [{ "x-canary": "never" }, () => world.from],
      [{ "x-haggle-release": world.to }, () => world.to],
      [{ "x-haggle-release": world.from }, () => world.from],
    ] as const;
    const works = async () => {
      for (const [headers, release] of wishes) {
        expect(await releaseOf(headers, operate)).toBe(release());
        expect((await price(headers)).body.error.code).toBe("SERVER_OVERRIDE_FORBIDDEN");
        expect((await price(headers, shop)).body.error.code).toBe("SERVER_OVERRIDE_FORBIDDEN");
      }
      expect((await price({ "x-haggle-release": other }, operate)).body.error.code).toBe(
        "SERVER_OVERRIDE_OUTSIDE",
      );
    };
    const fails = async () => {
      for (const [headers] of wishes) {
        const { status, body } = await price(headers, operate);
        expect([status, body.error.code]).toEqual([409, "SERVER_OVERRIDE_OUTSIDE"]);
      }
    };
    await fails();
    const { id } = (await rollouts.start()).body;
    await works();
    await rollouts.act(id, "pause");
    await works();
    await rollouts.act(id, "resume");
    await works();
    await rollouts.act(id, "rollback", { reason: "a bug" });
    await fails();
    const second = (await rollouts.start()).body.id;
    await works();
    await rollouts.act(second, "promote", { reason: "good" });
    await fails();
  });

  it("works with a preview token of this rollout, until the token ends", async () => {
    const { id } = (await rollouts.start()).body;
    const ask = (lifeMs: number) =>
      operate<{ token: string } & ErrorJson>(`/v1/rollouts/${id}/preview-tokens`, { lifeMs });
    expect((await ask(3_600_001)).body.error.code).toBe("SERVER_BAD_REQUEST");
    const { token } = (await ask(MINUTE_MS)).body;
    const headers = { "x-canary": "always", "x-haggle-preview": token };
    expect(await releaseOf(headers)).toBe(world.to);
    await rollouts.act(id, "rollback", { reason: "a bug" });
    const next = (await rollouts.start()).body.id;
    expect(next).not.toBe(id);
    expect((await price(headers)).body.error.code).toBe("SERVER_OVERRIDE_OUTSIDE");
    world.pass(MINUTE_MS);
    expect((await price(headers)).body.error.code).toBe("SERVER_BAD_TOKEN");
  });

  it.each([
    [{ "x-canary": "perhaps" }],
    [{ "x-haggle-release": "newest" }],
    [{ "x-canary": "always", "x-haggle-release": "0".repeat(64) }],
  ])("refuses %j as bad", async (headers) => {
    expect((await price(headers, operate)).status).toBe(400);
  });
});

describe("a pinned cart", () => {
  const pin = (release: string, lifeMs = 60 * MINUTE_MS) =>
    server.app.assignments.pin(
      { release, expires: Date.now() + 24 * 60 * MINUTE_MS + lifeMs, subject: "quote-1" },
      "stable",
    );

  it("keeps its release through a rollback, and shows that it is pinned", async () => {
    const { id } = (await rollouts.start()).body;
    const token = await pin(world.to);
    await rollouts.act(id, "rollback", { reason: "a bug" });
    const { body, headers } = await price({ "x-haggle-pin": token });
    expect(body.release).toBe(world.to);
    expect(headers.get("x-haggle-arm")).toBe("pinned");
    expect(headers.get("set-cookie")).toBeNull();
  });

  it("is revoked by a kill of its release, and of a promotion in it, with the release of now", async () => {
    for (const [kind, id] of [
      ["release", () => world.to],
      ["promotion", () => "shoes-ten-percent"],
      ["rule", () => "shoes-ten-percent"],
    ] as const) {
      const token = await pin(world.to);
      const kill = { kind, id: id(), channel: "stable", confirm: true, reason: "wrong" };
      expect((await operate("/v1/kills", kill)).status).toBe(201);
      const { status, body } = await price({ "x-haggle-pin": token });
      expect([status, body.error.code, body.error.value]).toEqual([409, "SERVER_PIN_REVOKED", world.from]);
      await rollouts.rest();
    }
  });

  it("is not revoked by a kill of what its release does not have", async () => {
    const token = await pin(world.to);
    const kill = { kind: "promotion", id: "满300减50", channel: "stable", confirm: true, reason: "wrong" };
    expect((await operate("/v1/kills", kill)).status).toBe(201);
    expect(await releaseOf({ "x-haggle-pin": token })).toBe(world.to);
  });

  it("is nothing that others can make", async () => {
    const token = await pin(world.to);
    for (const forged of ["pin.e30.AA", token.replace("pin.", "preview."), `${token.slice(0, -4)}AAAA`]) {
      expect((await price({ "x-haggle-pin": forged })).body.error.code).toBe("SERVER_BAD_TOKEN");
    }
  });
});

describe("a preview", () => {
  type Preview = {
    moved: number;
    warnings: string[];
    units: { unit: string; before: string; after: string; moves: boolean }[];
  } & ErrorJson;
  const preview = (body: object) =>
    operate<Preview>("/v1/rollouts/preview", { channel: "stable", to: world.to, ...body });

  it("says exactly who moves, and changes nothing", async () => {
    const before = await rollouts.readChannel();
    const { body } = await preview({ weightBp: 2_000, units });
    expect(body.moved).toBe(2_000);
    expect(body.warnings).toHaveLength(1);
    for (const { unit, before: was, after, moves } of body.units) {
      const isNew = bucketOf(world.to, unit) >= 8_000;
      expect([was, after, moves]).toEqual([world.from, isNew ? world.to : world.from, isNew]);
    }
    expect(await rollouts.readChannel()).toEqual(before);
    await rollouts.start();
    for (const { unit, after } of body.units) {
      expect(await releaseOf({ "x-haggle-unit": unit }, shop)).toBe(after);
    }
    const wider = await preview({ weightBp: 5_000 });
    expect(wider.body).toMatchObject({ moved: 3_000, warnings: [] });
  });

  it.each([
    [{ weightBp: 0 }, 400],
    [{ weightBp: 10_001 }, 400],
    [{ weightBp: 1, to: "0".repeat(64) }, 404],
    [{ weightBp: 1, channel: "nowhere" }, 404],
  ])("refuses %j", async (body, status) => {
    expect((await preview(body)).status).toBe(status);
  });
});

describe("what is observed", () => {
  it("is money, latency and outcome of the arm that priced", async () => {
    const { id } = (await rollouts.start({ gates: NO_GATES })).body;
    for (const unit of units) await price({ "x-haggle-unit": unit }, shop);
    await price({ "x-canary": "always" }, operate);
    const unknown = await shop(
      "/v1/evaluations",
      { ...makeCart(), curency: "CNY" },
      { headers: { "x-haggle-unit": units[0]! } },
    );
    expect(unknown.status).toBe(422);
    await server.app.metrics.flush();
    const rows = await world.database.query<{ arm: string; samples: number; overridden: boolean }>(
      `select arm, is_overridden overridden, sum(samples)::int samples from observations
       where rollout_id = $1 group by 1, 2 order by 1, 2`,
      [id],
    );
    const canary = units.filter((unit) => bucketOf(world.to, unit) >= 8_000).length;
    expect(rows).toEqual([
      { arm: "canary", overridden: false, samples: canary },
      { arm: "canary", overridden: true, samples: 1 },
      { arm: "stable", overridden: false, samples: units.length - canary },
    ]);
  });
});
