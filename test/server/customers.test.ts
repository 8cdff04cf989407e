import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Checkout, openCheckout, refusalOf } from "../support/checkout.ts";

// What a shop says of its customers, of taxes and of shipping, by HTTP; and what quotes and orders ask of it.

let shop: Checkout;

beforeAll(async () => {
  shop = await openCheckout();
});
afterAll(() => shop.close());

const put = (path: string, body: object | string, headers = {}) => shop.ask("PUT", path, body, headers);
const putCustomer = (id: string, body: object, headers = {}) => put(`/v1/customers/${id}`, body, headers);

describe("a customer", () => {
  const gold = {
    segments: ["vip", "银"],
    tier: "gold",
    attributes: { since: 2019, club: true, region: "by" },
  };

  it("is put and shown, with a revision that changes go by", async () => {
    const made = await putCustomer("c-1", gold, { "if-none-match": "*" });
    expect([made.status, made.tag]).toEqual([200, '"1"']);
    expect(made.body).toMatchObject({ id: "c-1", ...gold, counters: {}, revision: 1 });
    const shown = await shop.ask("GET", "/v1/customers/c-1");
    expect([shown.tag, shown.body]).toEqual([made.tag, made.body]);
    const again = await putCustomer("c-1", gold, { "if-none-match": "*" });
    expect(refusalOf(again)).toEqual([412, "SERVER_CHANGED", "headers/if-none-match", 1]);
    expect((await putCustomer("c-1", { tier: "silver" }, { "if-match": '"1"' })).body).toMatchObject({
      segments: [],
      tier: "silver",
      attributes: {},
      revision: 2,
    });
    const late = await putCustomer("c-1", gold, { "if-match": '"1"' });
    expect(refusalOf(late)).toEqual([412, "SERVER_CHANGED", "headers/if-match", 2]);
    const nobody = await putCustomer("c-none", gold, { "if-match": "*" });
    expect(refusalOf(nobody)).toEqual([412, "SERVER_CHANGED", "headers/if-match", 0]);
  });

  it.each<[object, string, string]>([
    [{ email: "a@b.example" }, "SERVER_PERSONAL_FIELD", "email"],
    [{ name: "Anna" }, "SERVER_PERSONAL_FIELD", "name"],
    [{ anything: 1 }, "SERVER_PERSONAL_FIELD", "anything"],
    [{ attributes: { firstName: "Anna" } }, "SERVER_PERSONAL_FIELD", "attributes.firstName"],
    [{ attributes: { post_code: 12345 } }, "SERVER_PERSONAL_FIELD", "attributes.post_code"],
    [{ attributes: { club: "a@b.example" } }, "SERVER_BAD_REQUEST", "body/attributes/club"],
    [{ attributes: { club: "Anna Blume" } }, "SERVER_BAD_REQUEST", "body/attributes/club"],
    [{ attributes: { club: { deep: 1 } } }, "SERVER_BAD_REQUEST", "body/attributes/club"],
    [{ segments: ["vip", "experiment:e=b"] }, "CART_RESERVED_SEGMENT", "segments[1]"],
    [{ counters: { orders: -1 } }, "SERVER_BAD_REQUEST", "body/counters/orders"],
    [{ counters: { orders: 1.5 } }, "SERVER_BAD_REQUEST", "body/counters/orders"],
  ])("is not %j", async (body, code, at) => {
    const { body: told } = await putCustomer("c-bad", body);
    expect([told.error?.code, told.error?.at]).toEqual([code, at]);
    expect(JSON.stringify(told)).not.toMatch(/Anna|example/);
    expect((await shop.ask("GET", "/v1/customers/c-bad")).status).toBe(404);
  });

  it("has an id that is nobody's address", async () => {
    expect((await putCustomer("anna%40shop.example", {})).body.error?.code).toBe("SERVER_BAD_REQUEST");
  });

  it("is listed by pages and by segment", async () => {
    for (const id of ["l-1", "l-2", "l-3"])
      await putCustomer(id, { segments: id === "l-2" ? [] : ["listed"] });
    const list = async (query: string) => (await shop.ask("GET", `/v1/customers?${query}`)).body;
    expect(await list("segment=listed&limit=1")).toMatchObject({ customers: [{ id: "l-1" }], next: "l-1" });
    const rest = (await list("segment=listed&after=l-1")) as { customers: { id: string }[]; next?: string };
    expect([rest.customers.map(({ id }) => id), rest.next]).toEqual([["l-3"], undefined]);
    expect(await list("after=l-1&limit=1")).toMatchObject({ customers: [{ id: "l-2" }] });
  });

  it("is erased with all that was kept of him, and the log says no more than that", async () => {
    await putCustomer("gone", { ...gold, counters: { orders: 3 } });
    const cart = await shop.ask("POST", "/v1/carts", { currency: "EUR", customer: "gone" });
    const wrong = await shop.ask("DELETE", "/v1/customers/gone", undefined, { "if-match": '"7"' });
    expect(wrong.status).toBe(412);
    expect((await shop.ask("DELETE", "/v1/customers/gone")).status).toBe(204);
    const { action, object, before, after } = await shop.lastAudit();
    expect([action, object, before, after]).toEqual([
      "customer.erased",
      "customer:gone",
      undefined,
      { customer: "gone" },
    ]);
    expect(refusalOf(await shop.ask("GET", "/v1/customers/gone"))).toEqual([
      404,
      "CUSTOMER_UNKNOWN",
      "id",
      "gone",
    ]);
    expect((await shop.ask("GET", `/v1/carts/${cart.body.id}`)).status).toBe(404);
    const left = await shop.database.query("select name from customer_counters where customer_id = 'gone'");
    expect(left).toEqual([]);
    const told = await shop.database.query<{ type: string; data: object }>(
      "select type, data from outbox_events where subject = 'gone' order by emitted",
    );
    expect(told.map(({ type }) => type)).toEqual(["customer.put", "customer.erased"]);
    expect(JSON.stringify(told)).not.toMatch(/vip|gold|2019/);
    // Carts and quotes name whom they want.
    const other = await shop.ask("POST", "/v1/carts", { currency: "EUR", customer: "nobody-told-of" });
    expect((await shop.ask("DELETE", "/v1/customers/nobody-told-of")).status).toBe(204);
    expect((await shop.ask("GET", `/v1/carts/${other.body.id}`)).status).toBe(404);
  });

  it("comes by lines, each good one, and what is wrong is told by rows", async () => {
    await putCustomer("n-1", { tier: "old", counters: { orders: 1, visits: 4 } });
    const lines = [
      '{"id":"n-1","tier":"new","counters":{"orders":7}}',
      "",
      '{"id":"n-2","segments":["vip"]}',
      '{"id":"n-1"}',
      '{"id":"n-3","phone":"1"}',
      '{"id":"n-4","segments":["experiment:e=b"]}',
      '{"id":"n 5"}',
      "{",
      '{"tier":"x"}',
      "7",
    ];
    const { status, body } = await put("/v1/customers", lines.join("\n"));
    const faults = body.faults as { row: number; code: string; at: string }[];
    expect([status, body.customers, body.refused]).toEqual([200, 2, 7]);
    expect(faults.map(({ row, code, at }) => [row, code, at])).toEqual([
      [2, "CUSTOMER_BAD_ROW", "rows[2].id"],
      [3, "SERVER_PERSONAL_FIELD", "rows[3].phone"],
      [4, "CART_RESERVED_SEGMENT", "rows[4].segments[0]"],
      [5, "CUSTOMER_BAD_ROW", "rows[5].id"],
      [6, "SERVER_NOT_JSON", "rows[6]"],
      [7, "CUSTOMER_BAD_ROW", "rows[7]"],
      [8, "CUSTOMER_BAD_ROW", "rows[8]"],
    ]);
    expect((await shop.ask("GET", "/v1/customers/n-1")).body).toMatchObject({
      tier: "new",
      counters: { orders: 7, visits: 4 },
      revision: 2,
    });
    const many = Array.from({ length: 10_001 }, (_, i) => `{"id":"m-${i}"}`).join("\n");
    expect(refusalOf(await put("/v1/customers", many)).slice(0, 2)).toEqual([413, "CUSTOMER_TOO_MANY"]);
    const asList = await shop.ask("PUT", "/v1/customers", []);
    expect(asList.body.error?.code).toBe("SERVER_UNSUPPORTED_MEDIA_TYPE");
  });

  it("is counted by many at once, all of it or nothing, known before or not", async () => {
    const { customers } = shop.server.app;
    const count = (id: string, steps: Record<string, number>) =>
      shop.database.transaction((tx) => customers.count(tx, id, steps));
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        count("counted", i % 2 ? { orders: 1, spent: 5 } : { spent: 5, orders: 1 }),
      ),
    );
    expect(await count("counted", { orders: -20 })).toEqual({ orders: 0 });
    const less = count("counted", { spent: -1, orders: -1 });
    await expect(less).rejects.toMatchObject({ code: "CUSTOMER_COUNTER", at: "counters.orders", value: -1 });
    const more = count("counted", { spent: Number.MAX_SAFE_INTEGER });
    await expect(more).rejects.toMatchObject({ code: "CUSTOMER_COUNTER", at: "counters.spent" });
    await count("counted", { orders: 2 });
    expect((await shop.ask("GET", "/v1/customers/counted")).body).toMatchObject({
      counters: { orders: 2, spent: 100 },
      revision: 1,
    });
    expect(await customers.findForCart("counted", { loggedIn: true })).toEqual({
      id: "counted",
      segments: [],
      loggedIn: true,
      orders: 2,
      attributes: {},
    });
    expect(await customers.findForCart("nobody", { loggedIn: true })).toBeUndefined();
  });
});

describe("taxes", () => {
  const JULY = Date.UTC(2020, 6, 1);
  const JANUARY = Date.UTC(2021, 0, 1);
  const germany = {
    rates: [
      { taxClass: "standard", rate: "19", until: JULY },
      { taxClass: "standard", rate: "16", from: JULY, until: JANUARY },
      { taxClass: "standard", rate: "19", from: JANUARY },
      { taxClass: "food", rate: "7" },
    ],
  };
  const resolve = (classes: string[], region: string, at?: number) =>
    shop.ask("POST", "/v1/taxes/resolve", { classes, region, ...(at !== undefined && { at }) });
  const ratesOf = async (classes: string[], region: string, at?: number) =>
    ((await resolve(classes, region, at)).body.rates as { rate: string }[]).map(({ rate }) => rate);

  beforeAll(async () => {
    await put("/v1/taxes/DE", germany);
    await put("/v1/taxes/*", { rates: [{ taxClass: "books", rate: "0" }] });
    await put("/v1/taxes/DE-BY", { rates: [{ taxClass: "food", rate: "5.5", from: JANUARY }] });
  });

  it("are a region's whole table, with a revision", async () => {
    const { body, tag } = await shop.ask("GET", "/v1/taxes/DE");
    expect(body).toMatchObject({ region: "DE", revision: 1 });
    expect(body.rates).toEqual([germany.rates[3], ...germany.rates.slice(0, 3)]);
    const late = await put("/v1/taxes/DE", germany, { "if-match": '"4"' });
    expect(refusalOf(late)).toEqual([412, "SERVER_CHANGED", "headers/if-match", 1]);
    expect((await put("/v1/taxes/DE", germany, { "if-match": tag! })).tag).toBe('"2"');
    const { action, object, before } = await shop.lastAudit();
    expect([action, object]).toEqual(["taxes.put", "taxes:DE"]);
    expect(before).toMatchObject({ revision: 1 });
    const { tables } = (await shop.ask("GET", "/v1/taxes")).body as { tables: { region: string }[] };
    expect(tables.map(({ region }) => region).sort()).toEqual(["*", "DE", "DE-BY"]);
  });

  it("are those of the instant, in the region or the nearest around it", async () => {
    const all = ["standard", "food", "books"];
    expect(await ratesOf(all, "DE-BY", JANUARY)).toEqual(["19", "5.5", "0"]);
    expect(await ratesOf(all, "DE-BY", JANUARY - 1)).toEqual(["16", "7", "0"]);
    expect(await ratesOf(["standard"], "DE", JULY - 1)).toEqual(["19"]);
    expect(await ratesOf(["standard"], "DE-HH-X", JULY)).toEqual(["16"]);
    expect(await ratesOf(["books"], "FR")).toEqual(["0"]);
    expect(await ratesOf([], "FR")).toEqual([]);
    expect(refusalOf(await resolve(["books", "standard"], "FR", JULY))).toEqual([
      422,
      "TAX_UNKNOWN_CLASS",
      "classes[1]",
      "standard",
    ]);
    expect(await shop.server.app.taxes.resolve(["food"], "DE", JULY)).toEqual(new Map([["food", "7"]]));
  });

  it.each<[object[], string, string]>([
    [[{ taxClass: "a", rate: "19.00001" }], "TAX_BAD_RATE", "rates[0].rate"],
    [[{ taxClass: "a", rate: "100.01" }], "TAX_BAD_RATE", "rates[0].rate"],
    [[{ taxClass: "a", rate: "1e1" }], "TAX_BAD_RATE", "rates[0].rate"],
    [[{ taxClass: "a", rate: "1", from: 5, until: 5 }], "TAX_BAD_TIME", "rates[0].until"],
    [
      [
        { taxClass: "a", rate: "1", from: 9 },
        { taxClass: "b", rate: "1" },
        { taxClass: "a", rate: "1", until: 10 },
      ],
      "TAX_OVERLAP",
      "rates[2]",
    ],
    [[{ taxClass: "a", rate: 19 }], "SERVER_BAD_REQUEST", "body/rates/0/rate"],
  ])("are not %j", async (rates, code, at) => {
    const { body } = await put("/v1/taxes/XX", { rates });
    expect([body.error?.code, body.error?.at]).toEqual([code, at]);
    expect((await shop.ask("GET", "/v1/taxes/XX")).body.error?.code).toBe("TAX_UNKNOWN_REGION");
  });

  it("are left to those around when a table goes", async () => {
    await put("/v1/taxes/DE-SN", { rates: [{ taxClass: "food", rate: "1" }] });
    expect(await ratesOf(["food"], "DE-SN")).toEqual(["1"]);
    expect((await shop.ask("DELETE", "/v1/taxes/DE-SN")).status).toBe(204);
    expect(await ratesOf(["food"], "DE-SN")).toEqual(["7"]);
    expect((await shop.ask("DELETE", "/v1/taxes/DE-SN")).status).toBe(404);
  });
});

describe("shipping", () => {
  const parcel = {
    method: "standard",
    regions: ["DE", "AT"],
    stepsBy: "weight",
    prices: [
      {
        currency: "EUR",
        tiers: [
          { upTo: 5_000, price: 490 },
          { upTo: 31_500, price: 990 },
        ],
      },
      { currency: "CHF", tiers: [{ price: 700 }] },
    ],
    taxClass: "standard",
  };
  const post = {
    method: "letter",
    regions: ["*"],
    stepsBy: "subtotal",
    prices: [{ currency: "EUR", tiers: [{ upTo: 4_999, price: 600 }, { price: 0 }] }],
  };
  const shipment = { region: "DE-BY", currency: "EUR", weightGrams: 5_000, subtotal: 4_999 };
  const quote = async (more: object) =>
    (
      (await shop.ask("POST", "/v1/shipping-methods/quote", { ...shipment, ...more })).body.methods as {
        id: string;
        price: number;
      }[]
    ).map(({ id, price }) => [id, price]);

  beforeAll(async () => {
    await put("/v1/shipping-methods/parcel", parcel);
    await put("/v1/shipping-methods/post", post);
  });

  it("is put, shown and taken back, each with a record", async () => {
    const shown = await shop.ask("GET", "/v1/shipping-methods/parcel");
    expect([shown.tag, shown.body]).toMatchObject(['"1"', { id: "parcel", ...parcel, revision: 1 }]);
    await put("/v1/shipping-methods/drone", { ...post, regions: ["CN"] }, { "if-none-match": "*" });
    const late = await put("/v1/shipping-methods/drone", post, { "if-match": '"2"' });
    expect(refusalOf(late)).toEqual([412, "SERVER_CHANGED", "headers/if-match", 1]);
    expect((await put("/v1/shipping-methods/drone", post, { "if-match": '"1"' })).tag).toBe('"2"');
    const { methods } = (await shop.ask("GET", "/v1/shipping-methods")).body as { methods: { id: string }[] };
    expect(methods.map(({ id }) => id)).toEqual(["drone", "parcel", "post"]);
    expect((await shop.ask("DELETE", "/v1/shipping-methods/drone")).status).toBe(204);
    expect(await shop.lastAudit()).toMatchObject({
      action: "shipping_method.deleted",
      object: "shipping_method:drone",
      before: { revision: 2 },
    });
    expect((await shop.ask("GET", "/v1/shipping-methods/drone")).body.error?.code).toBe(
      "SHIPPING_UNKNOWN_METHOD",
    );
  });

  it("costs what the step says, where it goes to", async () => {
    expect(await quote({})).toEqual([
      ["parcel", 490],
      ["post", 600],
    ]);
    expect(await quote({ weightGrams: 5_001, subtotal: 5_000 })).toEqual([
      ["post", 0],
      ["parcel", 990],
    ]);
    expect(await quote({ weightGrams: 31_501 })).toEqual([["post", 600]]);
    expect(await quote({ region: "FR" })).toEqual([["post", 600]]);
    expect(await quote({ region: "AT", currency: "CHF", weightGrams: 99_999 })).toEqual([["parcel", 700]]);
    expect(await quote({ region: "DEU" })).toEqual([["post", 600]]);
    const { shipping } = shop.server.app;
    expect(await shipping.price("parcel", shipment)).toEqual({
      id: "parcel",
      method: "standard",
      price: 490,
      taxClass: "standard",
    });
    await expect(shipping.price("parcel", { ...shipment, region: "FR" })).rejects.toMatchObject({
      code: "SHIPPING_NOT_OFFERED",
      value: "parcel",
    });
    await expect(shipping.price("owl", shipment)).rejects.toMatchObject({ code: "SHIPPING_UNKNOWN_METHOD" });
  });

  it.each<[object[], string, string]>([
    [
      [{ currency: "EUR", tiers: [{ price: 1 }, { upTo: 5, price: 2 }] }],
      "SHIPPING_BAD_TIERS",
      "prices[0].tiers[0].upTo",
    ],
    [
      [
        {
          currency: "EUR",
          tiers: [
            { upTo: 5, price: 1 },
            { upTo: 5, price: 2 },
          ],
        },
      ],
      "SHIPPING_BAD_TIERS",
      "prices[0].tiers[1].upTo",
    ],
    [
      [
        { currency: "EUR", tiers: [{ price: 1 }] },
        { currency: "EUR", tiers: [{ price: 2 }] },
      ],
      "SHIPPING_BAD_TIERS",
      "prices[1].currency",
    ],
    [[{ currency: "XXX", tiers: [{ price: 1 }] }], "CART_UNKNOWN_CURRENCY", "prices[0].currency"],
    [[{ currency: "EUR", tiers: [{ price: 1.5 }] }], "SERVER_BAD_REQUEST", "body/prices/0/tiers/0/price"],
  ])("has no prices like %j", async (prices, code, at) => {
    const { body } = await put("/v1/shipping-methods/odd", { ...parcel, prices });
    expect([body.error?.code, body.error?.at]).toEqual([code, at]);
  });
});
