import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { change, merge, toContent } from "../../server/modules/carts/content.ts";
import { type Checkout, openCheckout, refusalOf, type Told } from "../support/checkout.ts";
import { listColumns, listFields } from "../support/kept.ts";

// Carts that the server keeps: who may change one, and what is in it then. And what is kept of a shopper anywhere: nothing that
// nobody has allowed by hand.

const DAY_MS = 86_400_000;

let shop: Checkout;

beforeAll(async () => {
  shop = await openCheckout();
});
afterAll(() => shop.close());

const begin = (body: object = {}) => shop.ask("POST", "/v1/carts", { currency: "EUR", ...body });
const show = (id: unknown) => shop.ask("GET", `/v1/carts/${id}`);
const patch = (id: unknown, body: object, match: string) =>
  shop.ask("PATCH", `/v1/carts/${id}`, body, { "if-match": match });
const mergeInto = (id: unknown, from: unknown, match = '"1"') =>
  shop.ask("POST", `/v1/carts/${id}/merge`, { from }, { "if-match": match });

describe("a cart", () => {
  it("is begun, changed, shown and thrown away, each by its ETag", async () => {
    const lines = [{ id: "1", sku: "lamp", quantity: 2, attributes: { colour: "oak" } }];
    const made = await begin({ lines, customer: "c-1", region: "DE-BY" });
    expect([made.status, made.tag]).toEqual([201, '"1"']);
    const { id, createdAt, updatedAt, expiresAt, ...content } = made.body;
    expect(content).toEqual({
      currency: "EUR",
      customer: "c-1",
      region: "DE-BY",
      coupons: [],
      lines,
      revision: 1,
    });
    expect(expiresAt).toBe((createdAt as number) + 30 * DAY_MS);
    expect(updatedAt).toBe(createdAt);
    const changed = await patch(
      id,
      {
        customer: null,
        shippingMethod: "parcel",
        coupons: ["MAY"],
        lines: [
          { id: "2", sku: "shoe", quantity: 1 },
          { id: "1", quantity: 5 },
        ],
      },
      made.tag!,
    );
    expect([changed.status, changed.tag]).toEqual([200, '"2"']);
    const { createdAt: _, updatedAt: __, expiresAt: ___, ...now } = changed.body;
    expect(now).toEqual({
      id,
      currency: "EUR",
      region: "DE-BY",
      shippingMethod: "parcel",
      coupons: ["MAY"],
      lines: [
        { ...lines[0], quantity: 5 },
        { id: "2", sku: "shoe", quantity: 1 },
      ],
      revision: 2,
    });
    expect((await show(id)).body).toEqual(changed.body);
    const path = `/v1/carts/${id}`;
    expect((await shop.ask("DELETE", path, undefined, { "if-match": '"1"' })).status).toBe(412);
    expect((await shop.ask("DELETE", path, undefined, { "if-match": '"2"' })).status).toBe(204);
    expect(refusalOf(await show(id))).toEqual([404, "SERVER_UNKNOWN_CART", "id", id]);
  });

  it("is never changed blindly", async () => {
    const { body } = await begin();
    for (const [method, path, change] of [
      ["PATCH", "", { region: "AT" }],
      ["POST", "/merge", { from: body.id }],
      ["DELETE", "", undefined],
    ] as const) {
      const blind = await shop.ask(method, `/v1/carts/${body.id}${path}`, change);
      expect(refusalOf(blind).slice(0, 3)).toEqual([428, "SERVER_MATCH_NEEDED", "headers/if-match"]);
    }
    const anything = await patch(body.id, { region: "AT" }, "*");
    expect(refusalOf(anything).slice(0, 2)).toEqual([400, "SERVER_BAD_REQUEST"]);
    expect((await show(body.id)).tag).toBe('"1"');
  });

  it("is begun once for each key", async () => {
    const again = () =>
      shop.ask("POST", "/v1/carts", { currency: "EUR" }, { "idempotency-key": "begin-once" });
    const [first, second] = [await again(), await again()];
    expect([first.status, second.status]).toEqual([201, 200]);
    expect(second.body).toEqual(first.body);
  });

  it.each<[object, number, string, string]>([
    [
      { lines: [{ id: "1", sku: "a", quantity: 1, unitPrice: 1 }] },
      400,
      "SERVER_BAD_REQUEST",
      "body/lines/0/unitPrice",
    ],
    [{ lines: [{ id: "1", sku: "a", quantity: 0 }] }, 400, "SERVER_BAD_REQUEST", "body/lines/0/quantity"],
    [{ email: "a@b.example" }, 400, "SERVER_BAD_REQUEST", "body/email"],
    [{ customer: "a@b.example" }, 400, "SERVER_BAD_REQUEST", "body/customer"],
    [{ currency: "XXX" }, 422, "CART_UNKNOWN_CURRENCY", "currency"],
    [
      { lines: [{ id: "1", sku: "a", quantity: 1, attributes: { toName: "Anna" } }] },
      422,
      "SERVER_PERSONAL_FIELD",
      "lines[0].attributes.toName",
    ],
    [
      {
        lines: [
          { id: "1", sku: "a", quantity: 1 },
          { id: "1", sku: "b", quantity: 1 },
        ],
      },
      422,
      "CART_DUPLICATE_LINE",
      "lines[1].id",
    ],
  ])("is not begun with %j", async (body, status, code, at) => {
    expect(refusalOf(await begin(body)).slice(0, 3)).toEqual([status, code, at]);
  });

  it("takes no new line without a sku, and no more than a thousand lines; what is refused changes nothing", async () => {
    const lines = Array.from({ length: 1_000 }, (_, i) => ({ id: `${i}`, sku: "a", quantity: 1 }));
    const { body } = await begin({ lines });
    const more = await patch(body.id, { lines: [{ id: "new", sku: "a", quantity: 1 }] }, '"1"');
    expect(refusalOf(more)).toEqual([422, "CART_TOO_LARGE", "lines", 1_001]);
    const unnamed = await patch(body.id, { lines: [{ id: "new", quantity: 1 }] }, '"1"');
    expect(refusalOf(unnamed).slice(0, 3)).toEqual([422, "CART_MISSING_FIELD", "lines[0].sku"]);
    expect((await show(body.id)).body).toEqual(body);
    const swapped = [
      { id: "7", quantity: 0 },
      { id: "new", sku: "a", quantity: 1 },
      { id: "never-there", quantity: 0 },
    ];
    expect((await patch(body.id, { lines: swapped }, '"1"')).status).toBe(200);
  });

  it("is changed by one of twenty at once, each time", async () => {
    const { body } = await begin({ lines: [{ id: "1", sku: "a", quantity: 1 }] });
    for (let revision = 1; revision <= 3; revision++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          patch(body.id, { lines: [{ id: "1", quantity: 10 * revision + i }] }, `"${revision}"`),
        ),
      );
      const won = answers.filter(({ status }) => status === 200);
      expect([won.length, won[0]?.tag]).toEqual([1, `"${revision + 1}"`]);
      const lost = answers.filter(({ status }) => status !== 200);
      for (const each of lost) {
        expect(refusalOf(each)).toEqual([412, "SERVER_CHANGED", "headers/if-match", revision + 1]);
      }
      expect((await show(body.id)).body).toEqual(won[0]!.body);
    }
  });

  it("is gone thirty days after the last change, and swept away", async () => {
    const [old, young] = [(await begin()).body, (await begin()).body];
    shop.pass(29 * DAY_MS);
    expect((await patch(young.id, { region: "AT" }, '"1"')).status).toBe(200);
    shop.pass(DAY_MS);
    expect(refusalOf(await show(old.id)).slice(0, 2)).toEqual([404, "SERVER_UNKNOWN_CART"]);
    expect((await patch(old.id, { region: "AT" }, '"1"')).status).toBe(404);
    expect((await show(young.id)).status).toBe(200);
    await shop.server.app.carts.sweep();
    const left = await shop.database.query("select cart_id as id from carts where cart_id = any($1)", [
      [old.id, young.id],
    ]);
    expect(left).toEqual([{ id: young.id }]);
  });
});

describe("two carts", () => {
  it("become one when a guest logs in, the same goods one line", async () => {
    const mine = await begin({
      customer: "c-9",
      coupons: ["MAY", "TEA"],
      lines: [
        { id: "1", sku: "lamp", quantity: 2, attributes: { colour: "oak", size: 1 } },
        { id: "1-2", sku: "rug", quantity: 1 },
      ],
    });
    const guest = await begin({
      region: "AT",
      shippingMethod: "parcel",
      coupons: ["TEA", "SUN"],
      lines: [
        { id: "a", sku: "lamp", quantity: 3, attributes: { size: 1, colour: "oak" } },
        { id: "1", sku: "lamp", quantity: 1 },
      ],
    });
    const merged = await mergeInto(mine.body.id, guest.body.id);
    expect(merged.body).toMatchObject({
      id: mine.body.id,
      customer: "c-9",
      region: "AT",
      shippingMethod: "parcel",
      coupons: ["MAY", "TEA", "SUN"],
      revision: 2,
      lines: [
        { id: "1", quantity: 5 },
        { id: "1-2", quantity: 1 },
        { id: "1-3", sku: "lamp", quantity: 1 },
      ],
    });
    expect((await show(guest.body.id)).status).toBe(404);
    const again = await mergeInto(mine.body.id, guest.body.id, '"2"');
    expect(refusalOf(again)).toEqual([404, "SERVER_UNKNOWN_CART", "body/from", guest.body.id]);
  });

  it("stay two in two currencies, where one is out of date, or where there is only one", async () => {
    const mine = await begin();
    const other = await begin({ currency: "CHF" });
    expect(refusalOf(await mergeInto(mine.body.id, other.body.id))).toEqual([
      409,
      "SERVER_CART_CURRENCY",
      "from",
      "CHF",
    ]);
    expect((await mergeInto(mine.body.id, other.body.id, '"2"')).status).toBe(412);
    expect(refusalOf(await mergeInto(mine.body.id, mine.body.id)).slice(0, 3)).toEqual([
      400,
      "SERVER_BAD_REQUEST",
      "body/from",
    ]);
    expect((await show(other.body.id)).status).toBe(200);
  });

  it("merged into each other at the same moment are one, and nothing is lost", async () => {
    const [one, two] = await Promise.all([
      begin({ lines: [{ id: "1", sku: "a", quantity: 1 }] }),
      begin({ lines: [{ id: "1", sku: "b", quantity: 1 }] }),
    ]);
    const answers = await Promise.all([
      mergeInto(one.body.id, two.body.id),
      mergeInto(two.body.id, one.body.id),
    ]);
    const won = answers.filter(({ status }) => status === 200) as [Told];
    expect(won).toHaveLength(1);
    expect((won[0].body.lines as { sku: string }[]).map(({ sku }) => sku).sort()).toEqual(["a", "b"]);
  });
});

describe("what is in a cart", () => {
  const id = fc.constantFrom("1", "2", "3", "4");
  const sku = fc.constantFrom("a", "b", "c");
  const line = fc.record({ id, sku, quantity: fc.nat(3) });
  const lists = fc.array(fc.uniqueArray(line, { selector: (one) => one.id, maxLength: 4 }), {
    maxLength: 12,
  });
  const empty = toContent({ currency: "EUR" });

  it("is, after any changes, what a list of them comes to", () => {
    fc.assert(
      fc.property(lists, (changes) => {
        let content = empty;
        const model: { id: string; sku: string; quantity: number }[] = [];
        for (const lines of changes) {
          content = change(content, { lines });
          for (const given of lines) {
            const place = model.findIndex((known) => known.id === given.id);
            if (given.quantity === 0) model.splice(place, place < 0 ? 0 : 1);
            else if (place < 0) model.push(given);
            else model[place] = given;
          }
        }
        expect(content.lines).toEqual(model);
      }),
    );
  });

  it("has, after a merge, as many pieces of each sku as both had, under ids of their own", () => {
    fc.assert(
      fc.property(lists, lists, (first, second) => {
        const [mine, other] = [first, second].map((changes) =>
          changes.reduce((content, lines) => change(content, { lines }), empty),
        ) as [typeof empty, typeof empty];
        const merged = merge(mine, other);
        const pieces = (of: readonly { sku: string; quantity: number }[]) =>
          ["a", "b", "c"].map((one) =>
            of.reduce((sum, { sku: each, quantity }) => sum + (each === one ? quantity : 0), 0),
          );
        expect(pieces(merged.lines)).toEqual(pieces([...mine.lines, ...other.lines]));
        expect(new Set(merged.lines.map((each) => each.id)).size).toBe(merged.lines.length);
      }),
    );
  });
});

describe("what is kept", () => {
  const ALLOWED =
    "a new one that cannot hold who a shopper is, where he lives or how he is reached goes into test/vectors/privacy/kept.json";
  const readAllowed = async () =>
    JSON.parse(await readFile(join(import.meta.dirname, "../vectors/privacy/kept.json"), "utf8")) as {
      columns: Record<string, string>;
      fields: string[];
    };

  it("is in columns that were allowed, of every table", async () => {
    const { columns } = await readAllowed();
    const found = await listColumns(shop.database);
    const listed = Object.fromEntries(
      Object.entries(found).map(([table, names]) => [table, names.join(" ")]),
    );
    expect(listed, ALLOWED).toEqual(columns);
  });

  it("comes in fields that were allowed, of every route that says which it takes", async () => {
    const { fields } = await readAllowed();
    const description = await (await shop.server.get("/openapi.json")).json();
    expect(listFields(description), ALLOWED).toEqual(fields.flatMap((line) => line.split(" ")));
  });

  it("is nothing of what was refused, in no row of any table", async () => {
    const secret = "anna@shop.example";
    const { body: cart } = await begin();
    const refused = [
      await shop.ask("PUT", "/v1/customers/kept", { email: secret }),
      await shop.ask("PUT", "/v1/customers/kept", { tier: secret }),
      await shop.ask("PUT", "/v1/customers/kept", { attributes: { club: secret } }),
      await begin({ customer: secret }),
      await patch(cart.id, { coupons: [secret] }, '"1"'),
      await patch(
        cart.id,
        { lines: [{ id: "1", sku: "a", quantity: 1, attributes: { to: secret } }] },
        '"1"',
      ),
    ];
    for (const { status } of refused) expect([400, 422]).toContain(status);
    const lines = await shop.ask("PUT", "/v1/customers", `{"id":"kept","segments":["${secret}"]}`);
    expect(lines.body.refused).toBe(1);
    const holding: string[] = [];
    for (const table of Object.keys(await listColumns(shop.database))) {
      const rows = await shop.database.query(`select from "${table}" t where position($1 in t::text) > 0`, [
        secret,
      ]);
      if (rows.length > 0) holding.push(table);
    }
    expect(holding).toEqual([]);
    expect(JSON.stringify(shop.server.log)).not.toContain(secret);
  });
});
