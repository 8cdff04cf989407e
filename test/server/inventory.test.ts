import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, type Database, openDatabase } from "@haggle/server";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAdminKey } from "../support/api-keys.ts";
import { type Call, callerAt, type ErrorJson, type Json } from "../support/rollout.ts";
import { startServer, type TestServer, tenantOf, testDatabaseUrl } from "../support/server.ts";

// Stock as a shop and its checkout see it, by HTTP.

type Failure = ErrorJson & { short?: Json[] };
type Reservation = {
  attempt: number;
  state: string;
  lines: Json[];
  allocations: Json[];
  expiresAt: number;
};

const PATIENT = { deadlineMs: 5_000 };
let folder: string;
let server: TestServer;
let database: Database;
let call: Call;
let now = Date.now();
let skus = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-inventory-"));
  server = await startServer(folder, { clock: () => now });
  call = await callerAt(server.url, folder);
  database = await openDatabase({
    url: testDatabaseUrl(),
    tenant: tenantOf(folder),
    migrations: join(import.meta.dirname, "../../server/migrations"),
    log: createLog("silent"),
  });
  await put("/v1/locations/berlin", { priority: 1 });
  await put("/v1/locations/vienna", { priority: 2 });
});
afterAll(async () => {
  await database.close();
  await server.close();
  await rm(folder, { recursive: true });
});

const put = <T = Json>(path: string, body: object) => call<T & Failure>(path, body, { method: "PUT" });
const post = <T = Json>(path: string, body: object, headers = {}) =>
  call<T & Failure>(path, body, { headers });
const move = (movements: object[], headers = {}) => post("/v1/stock/movements", { movements }, headers);
const codeOf = ({ status, body }: { status: number; body: Failure }) => [
  status,
  body.error.code,
  body.error.at,
  body.error.value,
];

async function remove(url: string): Promise<number> {
  const authorization = `Bearer ${await readAdminKey(folder)}`;
  const answer = await server.app.server.inject({ method: "DELETE", url, headers: { authorization } });
  return answer.statusCode;
}

async function stocked(levels: Record<string, number>): Promise<string> {
  const sku = `sku-${skus++}`;
  const receipts = Object.entries(levels).map(([location, quantity]) => ({
    kind: "receive",
    sku,
    location,
    quantity,
  }));
  expect((await move(receipts)).status).toBe(201);
  return sku;
}

const stockOf = async (sku: string) => (await call(`/v1/stock/${sku}`)).body;
const reserve = (order: string, lines: object[], more: object = {}) =>
  put<Reservation>(`/v1/reservations/${order}`, { attempt: 1, lines, ...PATIENT, ...more });
const act = (order: string, verb: string, more: object = {}) =>
  post<Reservation>(`/v1/reservations/${order}/${verb}`, { attempt: 1, ...PATIENT, ...more });

async function lastActions(count: number): Promise<string[]> {
  const { body } = await call<{ records: { action: string }[] }>(`/v1/audit?limit=${count}`);
  return body.records.map(({ action }) => action);
}

describe("locations", () => {
  it("are put, shown and closed, each with a record", async () => {
    const point = { name: "Rome", priority: 7, region: "IT", latitude: 41.9, longitude: 12.5 };
    expect((await put("/v1/locations/rome", point)).body).toMatchObject({ id: "rome", ...point });
    const { body } = await call<{ locations: { id: string }[] }>("/v1/locations");
    expect(body.locations.map(({ id }) => id)).toEqual(["berlin", "vienna", "rome"]);
    expect(await remove("/v1/locations/rome")).toBe(204);
    expect(await lastActions(2)).toEqual(["location.deleted", "location.put"]);
    expect(codeOf(await call<Failure>("/v1/locations/rome"))).toEqual([
      404,
      "INVENTORY_UNKNOWN_LOCATION",
      "id",
      "rome",
    ]);
  });

  it("are no half points, and stay while something is there", async () => {
    expect(codeOf(await put("/v1/locations/oslo", { latitude: 59 }))).toEqual([
      400,
      "SERVER_BAD_REQUEST",
      "body/longitude",
      undefined,
    ]);
    const sku = await stocked({ vienna: 1 });
    expect(await remove("/v1/locations/vienna")).toBe(409);
    expect((await move([{ kind: "ship", sku, location: "vienna", quantity: 1 }])).status).toBe(201);
    expect(await remove("/v1/locations/vienna")).toBe(204);
    await put("/v1/locations/vienna", { priority: 2 });
  });
});

describe("movements", () => {
  it("add up to what is on hand, and to what is on its way", async () => {
    const sku = await stocked({ berlin: 10 });
    const at = { sku, location: "berlin" };
    const moved = await move([
      { kind: "expect", ...at, quantity: 30 },
      { kind: "receive", ...at, quantity: 20, expected: true, cause: "delivery 7" },
      { kind: "adjust", ...at, quantity: -3, cause: "stocktaking" },
      { kind: "return", ...at, quantity: 1 },
      { kind: "transfer", ...at, to: "vienna", quantity: 8 },
    ]);
    expect([moved.status, moved.body]).toEqual([201, { movements: 5 }]);
    expect(await stockOf(sku)).toEqual({
      sku,
      onHand: 28,
      reserved: 0,
      incoming: 10,
      available: 28,
      locations: [
        { location: "berlin", onHand: 20, reserved: 0, incoming: 10, available: 20 },
        { location: "vienna", onHand: 8, reserved: 0, incoming: 0, available: 8 },
      ],
    });
    expect(await lastActions(1)).toEqual(["stock.moved"]);
  });

  it("are all made or none, and say which one cannot be", async () => {
    const sku = await stocked({ berlin: 5 });
    await reserve(`kept-${sku}`, [{ sku, quantity: 3 }]);
    const at = { sku, location: "berlin" };
    const good = { kind: "receive", ...at, quantity: 1 };
    const refusals = [
      [{ kind: "ship", ...at, quantity: 4 }, 409, "INVENTORY_SHORT", "movements[1].quantity", 3],
      [{ kind: "adjust", ...at, quantity: -4 }, 409, "INVENTORY_SHORT", "movements[1].quantity", 3],
      [{ kind: "expect", ...at, quantity: -1 }, 409, "INVENTORY_SHORT", "movements[1].quantity", 0],
      [{ kind: "adjust", ...at, quantity: 0 }, 400, "SERVER_BAD_REQUEST", "movements[1].quantity", 0],
      [
        { kind: "transfer", ...at, to: "berlin", quantity: 1 },
        400,
        "SERVER_BAD_REQUEST",
        "movements[1].to",
        "berlin",
      ],
      [
        { kind: "transfer", ...at, to: "mars", quantity: 1 },
        404,
        "INVENTORY_UNKNOWN_LOCATION",
        "movements[1].to",
        "mars",
      ],
    ] as const;
    for (const [wrong, ...said] of refusals) expect(codeOf(await move([good, wrong]))).toEqual(said);
    expect((await stockOf(sku)).onHand).toBe(5);
    const other = await move([{ kind: "steal", ...at, quantity: 1 }]);
    expect(codeOf(other).slice(0, 2)).toEqual([400, "SERVER_BAD_REQUEST"]);
  });

  it("count no further than numbers are exact", async () => {
    const sku = await stocked({ berlin: 1 });
    await database.query("update stock_levels set incoming = $2 where sku = $1", [
      sku,
      Number.MAX_SAFE_INTEGER,
    ]);
    const more = await move([{ kind: "expect", sku, location: "berlin", quantity: 1 }]);
    expect(codeOf(more).slice(0, 3)).toEqual([422, "INVENTORY_TOO_MANY", "movements[0].quantity"]);
  });

  it("happen once for each key", async () => {
    const sku = await stocked({ berlin: 5 });
    const again = () =>
      move([{ kind: "receive", sku, location: "berlin", quantity: 1 }], { "idempotency-key": `of-${sku}` });
    expect([(await again()).status, (await again()).status]).toEqual([201, 200]);
    expect((await stockOf(sku)).onHand).toBe(6);
  });
});

describe("stock", () => {
  it("is listed by pages, and unknown where nothing ever was", async () => {
    const [one, two] = [await stocked({ berlin: 1, vienna: 2 }), await stocked({ berlin: 3 })];
    await stocked({ berlin: 1 });
    type Page = { stock: { sku: string; onHand: number }[]; next?: string };
    const before = one.replace(/\d+$/, (number) => `${Number(number) - 1}`);
    const { body } = await call<Page>(`/v1/stock?after=${before}&limit=2`);
    expect(body.stock.map(({ sku, onHand }) => [sku, onHand])).toEqual([
      [one, 3],
      [two, 3],
    ]);
    expect(body.next).toBe(two);
    expect(codeOf(await call<Failure>("/v1/stock/nothing"))).toEqual([
      404,
      "INVENTORY_UNKNOWN_SKU",
      "sku",
      "nothing",
    ]);
  });
});

describe("the log of movements", () => {
  it("is read by pages, the newest first, with the order that something was sold to", async () => {
    const sku = await stocked({ berlin: 5 });
    await move([{ kind: "adjust", sku, location: "berlin", quantity: -1, cause: "counted" }]);
    await reserve("logged", [{ sku, quantity: 2 }]);
    await act("logged", "confirm");
    const read = async (query: string) =>
      (await call<{ movements: Json[]; next?: string }>(`/v1/stock/${sku}/movements?limit=2${query}`)).body;
    const first = await read("");
    const second = await read(`&before=${first.next}`);
    const who = { actor: expect.stringMatching(/^key:/), number: expect.any(Number) };
    const common = { location: "berlin", incoming: 0, at: now, ...who };
    expect([...first.movements, ...second.movements]).toEqual([
      { ...common, kind: "ship", quantity: -2, order: "logged" },
      { ...common, kind: "adjust", quantity: -1, cause: "counted" },
      { ...common, kind: "receive", quantity: 5 },
    ]);
    expect(second.next).toBeUndefined();
    expect((await call("/v1/stock/never-there/movements")).status).toBe(404);
  });
});

describe("a reservation", () => {
  it("is of an order whose id is nobody's address", async () => {
    const refused = await reserve("someone@shop.example", [{ sku: "any", quantity: 1 }]);
    expect(codeOf(refused).slice(0, 3)).toEqual([400, "SERVER_BAD_REQUEST", "params/order"]);
  });

  it("holds all lines, each sku once, and has the same answer again", async () => {
    const sku = await stocked({ berlin: 5 });
    const lines = [
      { sku, quantity: 1 },
      { sku, quantity: 2 },
    ];
    const made = await reserve("first", lines, { ttlMs: 60_000 });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      order: "first",
      attempt: 1,
      state: "held",
      lines: [{ sku, quantity: 3 }],
      allocations: [{ sku, location: "berlin", quantity: 3 }],
      expiresAt: now + 60_000,
      createdAt: now,
      updatedAt: now,
    });
    const again = await reserve("first", [...lines].reverse());
    expect([again.status, again.body]).toEqual([200, made.body]);
    expect((await call("/v1/reservations/first")).body).toEqual(made.body);
    expect(codeOf(await reserve("first", [{ sku, quantity: 2 }]))).toEqual([
      409,
      "INVENTORY_OTHER_LINES",
      "lines",
      1,
    ]);
    expect((await stockOf(sku)).available).toBe(2);
  });

  it("is refused with what is there of each sku that is short", async () => {
    const [one, two, three] = [await stocked({ berlin: 1 }), await stocked({ vienna: 1 }), "never-seen"];
    const { status, body } = await reserve("short", [
      { sku: one, quantity: 1 },
      { sku: two, quantity: 2 },
      { sku: three, quantity: 1 },
    ]);
    expect([status, body.error.code]).toEqual([409, "INVENTORY_SHORT"]);
    expect(body.short).toEqual([
      { sku: three, quantity: 1, available: 0 },
      { sku: two, quantity: 2, available: 1 },
    ]);
    expect((await stockOf(one)).available).toBe(1);
    expect(codeOf(await call<Failure>("/v1/reservations/short")).slice(0, 2)).toEqual([
      404,
      "INVENTORY_UNKNOWN_RESERVATION",
    ]);
  });

  it("is sold once: confirmed it leaves what is on hand, and nothing frees it any more", async () => {
    const sku = await stocked({ berlin: 5 });
    await reserve("sold", [{ sku, quantity: 2 }]);
    expect((await act("sold", "confirm")).body.state).toBe("confirmed");
    expect((await act("sold", "confirm")).body.state).toBe("confirmed");
    expect(await stockOf(sku)).toMatchObject({ onHand: 3, reserved: 0, available: 3 });
    expect(codeOf(await act("sold", "release"))).toEqual([409, "INVENTORY_STATE", "state", "confirmed"]);
    const next = await reserve("sold", [{ sku, quantity: 1 }], { attempt: 2 });
    expect(codeOf(next)).toEqual([409, "INVENTORY_STATE", "state", "confirmed"]);
    const shipped = await database.query(
      "select kind, quantity, actor_id <> '' as named from stock_movements where order_id = 'sold'",
    );
    expect(shipped).toEqual([{ kind: "ship", quantity: -2, named: true }]);
  });

  it("gives way to the next attempt, and is not found by the one before", async () => {
    const sku = await stocked({ berlin: 3 });
    await reserve("again", [{ sku, quantity: 3 }]);
    expect((await reserve("again", [{ sku, quantity: 2 }], { attempt: 2 })).status).toBe(201);
    expect((await stockOf(sku)).reserved).toBe(2);
    for (const verb of ["confirm", "release"]) {
      expect(codeOf(await act("again", verb))).toEqual([409, "INVENTORY_ATTEMPT", "attempt", 2]);
    }
    const late = await reserve("again", [{ sku, quantity: 3 }]);
    expect(codeOf(late)).toEqual([409, "INVENTORY_ATTEMPT", "attempt", 2]);
    // What is refused changes nothing.
    expect((await reserve("again", [{ sku, quantity: 9 }], { attempt: 3 })).status).toBe(409);
    expect((await stockOf(sku)).reserved).toBe(2);
    expect((await act("again", "release", { attempt: 2 })).body.state).toBe("released");
    expect((await stockOf(sku)).reserved).toBe(0);
    const told = await database.query<{ type: string; data: { attempt: number } }>(
      "select type, data from outbox_events where subject = 'again' order by emitted",
    );
    expect(told.map(({ type, data }) => [type, data.attempt])).toEqual([
      ["reservation.held", 1],
      ["reservation.released", 1],
      ["reservation.held", 2],
      ["reservation.released", 2],
    ]);
  });

  it("ends when its time is over, and not before where it was extended", async () => {
    const sku = await stocked({ berlin: 3 });
    for (const order of ["over", "longer"]) await reserve(order, [{ sku, quantity: 1 }], { ttlMs: 60_000 });
    const extended = await act("longer", "extend", { ttlMs: 120_000 });
    expect(extended.body.expiresAt).toBe(now + 120_000);
    now += 60_000;
    expect(codeOf(await act("over", "extend", { ttlMs: 60_000 }))).toEqual([
      409,
      "INVENTORY_EXPIRED",
      "attempt",
      1,
    ]);
    expect(codeOf(await act("over", "confirm")).slice(0, 2)).toEqual([409, "INVENTORY_EXPIRED"]);
    expect((await act("longer", "confirm")).body.state).toBe("confirmed");
    expect(await stockOf(sku)).toMatchObject({ onHand: 2, reserved: 0 });
  });

  it("comes from where the strategy says", async () => {
    const put1 = (body: object) => put("/v1/inventory/allocation", body);
    const sku = await stocked({ berlin: 1, vienna: 2 });
    const lines = [{ sku, quantity: 3 }];
    expect((await call("/v1/inventory/allocation")).body).toEqual({ order: "priority", split: true });
    expect((await put1({ order: "priority", split: false })).status).toBe(200);
    const whole = await reserve("whole", lines);
    expect(codeOf(whole)).toEqual([409, "INVENTORY_SHORT", "berlin", 1]);
    await put1({ order: "nearest", split: true });
    await put("/v1/locations/vienna", { priority: 2, region: "AT" });
    const split = await reserve("split", lines, { destination: { region: "AT" } });
    expect(split.body.allocations).toEqual([
      { sku, location: "vienna", quantity: 2 },
      { sku, location: "berlin", quantity: 1 },
    ]);
    expect(await lastActions(2)).toEqual(["location.put", "inventory.allocation"]);
    await put1({ order: "priority", split: true });
  });

  it("is not waited for longer than the caller says, and told to come back where too many wait", async () => {
    const sku = await stocked({ berlin: 3 });
    let letGo: () => void = () => {};
    const isHeld = Promise.withResolvers<void>();
    const holding = database.transaction(async (tx) => {
      await tx.query("select from stock_levels where sku = $1 for update", [sku]);
      isHeld.resolve();
      await new Promise<void>((resolve) => {
        letGo = resolve;
      });
    });
    await isHeld.promise;
    const late = await reserve("late", [{ sku, quantity: 1 }], { deadlineMs: 20 });
    expect(codeOf(late)).toEqual([503, "INVENTORY_TIMEOUT", "order", "late"]);
    const { reservations } = server.app.inventory;
    const waiting = Promise.allSettled(
      Array.from({ length: 4_096 }, (_, i) =>
        reservations.release({ order: `nobody-${i}`, attempt: 1 }, { deadlineMs: 60_000 }),
      ),
    );
    const full = await reserve("full", [{ sku, quantity: 1 }]);
    expect(codeOf(full).slice(0, 2)).toEqual([429, "INVENTORY_BUSY"]);
    expect(full.headers.get("retry-after")).toBe("1");
    letGo();
    await holding;
    await waiting;
    expect((await stockOf(sku)).reserved).toBe(0);
  });
});
