import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Sale, type SaleServer, type Standing, startSaleServer } from "../support/flash-sale-server.ts";
import type { Answer, ErrorJson, Json } from "../support/rollout.ts";
import { until } from "../support/server.ts";

// Flash sales as a shop, its checkout and its shoppers see them, by HTTP.

const HOUR_MS = 3_600_000;
const TURN_MS = 60_000;

let world: SaleServer;
let admin: SaleServer["admin"];
let nobody: SaleServer["nobody"];
let now = Date.UTC(2026, 10, 27);
let sales = 0;

beforeAll(async () => {
  world = await startSaleServer(() => now);
  ({ admin, nobody } = world);
});
afterAll(() => world.close());

const put = (id: string, body: object, headers = {}) =>
  admin<Sale>(`/v1/flash-sales/${id}`, body, { method: "PUT", headers });
const codeOf = ({ status, body: { error } }: Answer<ErrorJson>) => [
  status,
  error.code,
  error.at,
  error.value,
];

/** Of a sku of its own, of which there are ten pieces. */
async function planned(
  more: Json = {},
): Promise<{ id: string; sku: string; body: Json; made: Answer<Sale> }> {
  const id = `sale-${sales++}`;
  const sku = `${id}-sku`;
  const movements = [{ kind: "receive", sku, location: "berlin", quantity: 10 }];
  await admin("/v1/stock/movements", { movements });
  const window = { from: now + HOUR_MS, until: now + 2 * HOUR_MS };
  const body = {
    skus: [sku],
    ...window,
    perCustomer: 2,
    admission: { perSecond: 1 },
    turnMs: TURN_MS,
    ...more,
  };
  return { id, sku, body, made: await put(id, body) };
}

const queue = (id: string, unit: string) =>
  admin<Standing>(`/v1/flash-sales/${id}/queue`, undefined, {
    method: "POST",
    headers: { "x-haggle-unit": unit },
  });
const look = (id: string, ticket: string) =>
  nobody<Standing>(`/v1/flash-sales/${id}/queue`, undefined, { headers: { "x-haggle-ticket": ticket } });

/** When it is his turn. */
async function tokenOf(id: string, unit: string): Promise<string> {
  const { body } = await queue(id, unit);
  return until(async () => (await look(id, body.ticket)).body.purchaseToken);
}

const reserve = (order: string, sku: string, more: Json = {}) =>
  admin<ErrorJson & Json>(
    `/v1/reservations/${order}`,
    { attempt: 1, lines: [{ sku, quantity: 1 }], deadlineMs: 5_000, ...more },
    { method: "PUT" },
  );

describe("a flash sale", () => {
  it("is put, changed by its revision, listed and called off, with records and events", async () => {
    const { id, sku, body, made } = await planned();
    expect(made).toMatchObject({
      status: 200,
      body: {
        ...body,
        id,
        state: "scheduled",
        early: "order",
        revision: 1,
        queue: { joined: 0, waiting: 0 },
      },
    });
    expect(made.headers.get("etag")).toBe('"1"');
    expect(codeOf(await put(id, body, { "if-match": '"2"' }))).toEqual([
      412,
      "SERVER_CHANGED",
      "headers/if-match",
      1,
    ]);
    const changed = await put(id, { ...body, perCustomer: 3, early: "lot" }, { "if-match": '"1"' });
    expect(changed.body).toMatchObject({ perCustomer: 3, early: "lot", revision: 2 });
    const { body: list } = await admin<{ sales: { id: string }[] }>("/v1/flash-sales");
    expect(list.sales.map((sale) => sale.id)).toContain(id);
    expect(await world.send("DELETE", `/v1/flash-sales/${id}`, { "if-match": '"2"' })).toBe(204);
    expect(codeOf(await admin<Sale>(`/v1/flash-sales/${id}`))).toEqual([404, "FLASH_SALE_UNKNOWN", "id", id]);
    const { body: audit } = await admin<{ records: { action: string; object: string }[] }>(
      "/v1/audit?limit=3",
    );
    expect(audit.records.map(({ action }) => action)).toEqual([
      "flash_sale.deleted",
      "flash_sale.put",
      "flash_sale.put",
    ]);
    // Nothing is left of it: the sku may be on another one.
    expect((await put(`${id}-again`, { ...body, skus: [sku] })).status).toBe(200);
  });

  it("has a window that is to come, and a sku is on one at a time", async () => {
    const { sku, body } = await planned();
    for (const window of [
      { from: now + 10, until: now + 10 },
      { from: now - 10, until: now },
      { from: now, until: now + 31 * 24 * HOUR_MS },
    ]) {
      expect(codeOf(await put("never", { ...body, ...window }))).toEqual([
        422,
        "FLASH_SALE_BAD_TIME",
        "until",
        window.until,
      ]);
    }
    const overlapping = { from: now, until: now + HOUR_MS + 1 };
    expect(codeOf(await put("never", { ...body, ...overlapping }))).toEqual([
      409,
      "FLASH_SALE_OVERLAP",
      "skus",
      sku,
    ]);
    expect((await put("before", { ...body, from: now, until: now + HOUR_MS })).status).toBe(200);
    expect(
      codeOf(await put("never", { ...body, admission: { perSecond: 1, atOnce: 1 } })).slice(0, 2),
    ).toEqual([400, "SERVER_BAD_REQUEST"]);
  });

  it("keeps how those who came early are put in order once somebody has come", async () => {
    for (const [early, other] of [
      ["order", "lot"],
      ["lot", "order"],
    ]) {
      const { id, body } = await planned({ early: other });
      expect((await put(id, { ...body, early })).status).toBe(200);
      const { body: first } = await queue(id, "anna");
      expect(codeOf(await put(id, { ...body, early: other }))).toEqual([
        409,
        "FLASH_SALE_STATE",
        "early",
        "scheduled",
      ]);
      expect((await put(id, { ...body, early, perCustomer: 3 })).status).toBe(200);
      now += HOUR_MS;
      await until(async () => (await look(id, first.ticket)).body.state === "admitted");
    }
  });

  it("changes while it runs in what nobody was promised, is ended once, and sells as all others then", async () => {
    const { id, sku, body } = await planned({ from: now });
    const longer = { ...body, until: now + 3 * HOUR_MS, admission: { atOnce: 5 } };
    expect((await put(id, longer)).body).toMatchObject({ state: "running", admission: { atOnce: 5 } });
    for (const field of [{ perCustomer: 9 }, { skus: ["other"] }, { from: now + 1 }, { early: "lot" }]) {
      const [name] = Object.keys(field);
      expect(codeOf(await put(id, { ...longer, ...field }))).toEqual([
        409,
        "FLASH_SALE_STATE",
        name,
        "running",
      ]);
    }
    expect(await world.send("DELETE", `/v1/flash-sales/${id}`)).toBe(409);
    expect(codeOf(await reserve(`${id}-1`, sku)).slice(0, 2)).toEqual([409, "FLASH_SALE_TOKEN_NEEDED"]);
    const { body: ticket } = await queue(id, "unit-1");
    const ended = await admin<Sale>(`/v1/flash-sales/${id}/end`, undefined, { method: "POST" });
    expect(ended.body).toMatchObject({ state: "ended", until: now, revision: 3 });
    expect(await world.send("POST", `/v1/flash-sales/${id}/end`)).toBe(409);
    expect(codeOf(await put(id, longer))).toEqual([409, "FLASH_SALE_STATE", "state", "ended"]);
    expect((await reserve(`${id}-1`, sku)).status).toBe(201);
    await until(async () => (await look(id, ticket.ticket)).body.state === "ended");
    expect(codeOf(await queue(id, "unit-2"))).toEqual([409, "FLASH_SALE_STATE", "state", "ended"]);
    const events = await until(async () => {
      const rows = await listEvents(id);
      return rows.includes("flash_sale.ended") && rows.sort();
    });
    expect(events).toEqual([
      "flash_sale.begun",
      "flash_sale.ended",
      "flash_sale.put",
      "flash_sale.put",
      "flash_sale.put",
    ]);
  });
});

describe("a waiting room", () => {
  it("gives a place once, tells how long it takes, and lets in when it begins", async () => {
    const { id, body } = await planned({ admission: { perSecond: 0.5 } });
    const first = await queue(id, "anna");
    expect([first.status, first.headers.get("retry-after")]).toEqual([201, "15"]);
    expect(first.body).toMatchObject({
      state: "waiting",
      position: 1,
      startsAt: body.from,
      waitMs: HOUR_MS + 2_000,
    });
    expect(await queue(id, "anna")).toMatchObject({ status: 200, body: { position: 1 } });
    const second = await queue(id, "ben");
    expect((await look(id, second.body.ticket)).body).toMatchObject({ state: "waiting", position: 2 });
    now += HOUR_MS;
    const turn = await until(async () => {
      const { body: standing } = await look(id, first.body.ticket);
      return standing.state === "admitted" && standing;
    });
    expect(turn).toMatchObject({ turnUntil: now + TURN_MS });
    const waiting = await look(id, second.body.ticket);
    expect(waiting.body).toMatchObject({ state: "waiting", position: 1, waitMs: 2_000 });
    expect(waiting.headers.get("retry-after")).toBe("1");
    expect(waiting.headers.get("cache-control")).toBe("no-store");
    // Who gives up his place is passed over, and who lets his turn go by begins anew.
    await world.send("DELETE", `/v1/flash-sales/${id}/queue`, { "x-haggle-ticket": second.body.ticket });
    expect((await queue(id, "cleo")).body.position).toBe(2);
    now += TURN_MS;
    await until(async () => (await look(id, first.body.ticket)).body.state === "over");
    await until(async () => (await look(id, second.body.ticket)).body.state === "over");
    expect((await queue(id, "anna")).status).toBe(201);
  });

  it("draws those who came early by a lot that everybody can count again", async () => {
    const { id } = await planned({ early: "lot" });
    const units = Array.from({ length: 20 }, (_, i) => `early-${i}`);
    const tickets = await Promise.all(units.map(async (unit) => (await queue(id, unit)).body));
    expect(tickets[0]).not.toHaveProperty("position");
    expect((await look(id, tickets[0]!.ticket)).body).toMatchObject({ state: "waiting" });
    now += HOUR_MS;
    const { queue: told } = await until(async () => {
      const { body } = await admin<Sale>(`/v1/flash-sales/${id}`);
      return body.queue.seed !== undefined && body;
    });
    expect(told).toMatchObject({ joined: 20, admitted: 1, waiting: 19 });
    const late = await queue(id, "late");
    expect(late.body.position).toBe(20);
    const drawn = units.toSorted((a, b) => (lotOf(told.seed!, a) < lotOf(told.seed!, b) ? -1 : 1));
    expect(drawn).not.toEqual(units);
    const standingOf = async (unit: string) => (await look(id, tickets[units.indexOf(unit)]!.ticket)).body;
    // What a process has read of a queue is a moment old.
    await until(async () => (await standingOf(drawn[0]!)).state === "admitted");
    for (const unit of [drawn[1]!, drawn[7]!, drawn[19]!]) {
      const body = await standingOf(unit);
      expect(body.position).toBe(drawn.indexOf(unit));
      // The new ticket has the place, so that nobody has to look it up again.
      expect((await look(id, body.ticket)).body.position).toBe(body.position);
    }
  });

  it("takes nobody else's ticket", async () => {
    const [{ id }, other] = [await planned(), await planned()];
    const { body } = await queue(id, "anna");
    const forged = `${body.ticket.slice(0, -4)}AAAA`;
    for (const ticket of [forged, "ticket", body.ticket.replace("ticket", "purchase")]) {
      expect(codeOf(await look(id, ticket)).slice(0, 2)).toEqual([403, "SERVER_BAD_TOKEN"]);
    }
    expect(codeOf(await look(other.id, body.ticket)).slice(0, 2)).toEqual([403, "SERVER_BAD_TOKEN"]);
    expect((await nobody(`/v1/flash-sales/${id}/queue`)).status).toBe(400);
    expect(codeOf(await queue(id, "anna@shop.example"))).toEqual([
      400,
      "SERVER_BAD_REQUEST",
      "x-haggle-unit",
      undefined,
    ]);
    expect((await nobody<Standing>(`/v1/flash-sales/none/queue`, undefined, { method: "POST" })).status).toBe(
      404,
    );
  });

  it("knows a browser by its cookie", async () => {
    const { id } = await planned();
    const first = await nobody<Standing>(`/v1/flash-sales/${id}/queue`, undefined, { method: "POST" });
    const cookie = first.headers.get("set-cookie")!.split(";")[0]!;
    const again = { method: "POST", headers: { cookie } };
    expect(await nobody(`/v1/flash-sales/${id}/queue`, undefined, again)).toMatchObject({
      status: 200,
      body: { position: 1 },
    });
    expect(
      (await nobody<Standing>(`/v1/flash-sales/${id}/queue`, undefined, { method: "POST" })).body,
    ).toMatchObject({ position: 2 });
  });
});

describe("a purchase token", () => {
  it("is needed for what is on sale, for nothing else, and not before it begins", async () => {
    const { id, sku } = await planned();
    expect((await reserve(`${id}-before`, sku)).status).toBe(201);
    now += HOUR_MS;
    expect(codeOf(await reserve(`${id}-1`, sku))).toEqual([
      409,
      "FLASH_SALE_TOKEN_NEEDED",
      "purchaseToken",
      sku,
    ]);
    const other = await planned({ from: now });
    const purchaseToken = await tokenOf(other.id, "anna");
    expect(codeOf(await reserve(`${id}-1`, sku, { purchaseToken }))).toEqual([
      409,
      "FLASH_SALE_TOKEN_NEEDED",
      "purchaseToken",
      sku,
    ]);
    const { sku: free } = await planned();
    expect((await reserve(`${id}-2`, free, { purchaseToken })).status).toBe(201);
  });

  it("is for one unit and its limit, through all of its orders, and gives back what they give back", async () => {
    const { id, sku } = await planned({ from: now });
    const purchaseToken = await tokenOf(id, "anna");
    const mine = { purchaseToken, unit: "anna" };
    expect(codeOf(await reserve(`${id}-0`, sku, { purchaseToken, unit: "ben" }))).toEqual([
      409,
      "FLASH_SALE_OTHER_UNIT",
      "unit",
      "ben",
    ]);
    const forged = `${purchaseToken.slice(0, -4)}AAAA`;
    expect(codeOf(await reserve(`${id}-0`, sku, { purchaseToken: forged })).slice(0, 2)).toEqual([
      403,
      "SERVER_BAD_TOKEN",
    ]);
    const three = {
      lines: [
        { sku, quantity: 2 },
        { sku, quantity: 1 },
      ],
      ...mine,
    };
    expect(codeOf(await reserve(`${id}-1`, sku, three))).toEqual([409, "FLASH_SALE_LIMIT", "lines", 2]);
    const made = await reserve(`${id}-1`, sku, mine);
    expect(made).toMatchObject({ status: 201, body: { state: "held", lines: [{ sku, quantity: 1 }] } });
    expect(made.body).not.toHaveProperty("share");
    expect((await reserve(`${id}-2`, sku, mine)).status).toBe(201);
    expect(codeOf(await reserve(`${id}-3`, sku, mine))).toEqual([409, "FLASH_SALE_LIMIT", "lines", 0]);
    await admin(`/v1/reservations/${id}-1/confirm`, { attempt: 1 });
    expect(codeOf(await reserve(`${id}-3`, sku, mine))).toEqual([409, "FLASH_SALE_LIMIT", "lines", 0]);
    await admin(`/v1/reservations/${id}-2/release`, { attempt: 1 });
    expect((await reserve(`${id}-3`, sku, mine)).status).toBe(201);
    // The next attempt takes the place of the one before, and its share.
    expect((await reserve(`${id}-3`, sku, { ...mine, attempt: 2 })).status).toBe(201);
  });

  it("and the place in the queue are gone when the customer is erased", async () => {
    const { id, sku } = await planned({ from: now });
    await admin("/v1/customers/anna-9", {}, { method: "PUT" });
    const purchaseToken = await tokenOf(id, "anna-9");
    await reserve(`${id}-1`, sku, { purchaseToken });
    const kept = () =>
      world.database.query(
        `select unit from flash_sale_places where unit = 'anna-9' union all
         select unit from stock_ration_uses where unit = 'anna-9' union all
         select order_id from reservations where share::text like '%anna-9%'`,
      );
    expect(await kept()).toHaveLength(3);
    expect(await world.send("DELETE", "/v1/customers/anna-9")).toBe(204);
    expect(await kept()).toEqual([]);
    expect((await admin(`/v1/reservations/${id}-1/release`, { attempt: 1 })).status).toBe(200);
  });

  it("ends with the turn, but for the order that was made by it", async () => {
    const { id, sku } = await planned({ from: now });
    const purchaseToken = await tokenOf(id, "anna");
    const kept = { purchaseToken, ttlMs: HOUR_MS };
    expect((await reserve(`${id}-1`, sku, kept)).status).toBe(201);
    now += TURN_MS;
    expect((await reserve(`${id}-1`, sku, kept)).status).toBe(200);
    expect(codeOf(await reserve(`${id}-2`, sku, kept)).slice(0, 2)).toEqual([409, "FLASH_SALE_TOKEN_ENDED"]);
  });
});

async function listEvents(id: string): Promise<string[]> {
  const rows = await world.database.query<{ type: string }>(
    "select type from outbox_events where subject = $1",
    [id],
  );
  return rows.map(({ type }) => type);
}

function lotOf(seed: string, unit: string): string {
  return createHash("sha256")
    .update(seed + unit)
    .digest("hex");
}
