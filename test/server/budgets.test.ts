import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { weekOf } from "../../server/modules/budgets/periods.ts";
import { type BudgetShop, BY, findMiscounted, openBudgets, PROMOTIONS } from "../support/budgets.ts";
import { createOrderWorld, type OrderWorld } from "../support/orders.ts";
import { browserCart, line, type QuoteJson } from "../support/quotes.ts";

// What campaigns may give: what orders take of it and give back, and what of it a quote grants.

const codeOf = (cause: { code?: string }) => cause.code;

describe("what an order takes", () => {
  const START = Date.parse("2026-11-26T12:00:00Z");
  let now = START;
  let shop: BudgetShop;
  let names = 0;
  beforeAll(async () => {
    shop = await openBudgets({ tenant: "budgets", clock: () => now });
  });
  afterAll(async () => {
    expect(await findMiscounted(shop)).toEqual([]);
    await shop.close();
  });

  const draw = (allowance: string, amount: number, promotion = "p") => ({ promotion, allowance, amount });
  /** A campaign with a budget of its own and a code. */
  async function campaign(budget: object = {}, code: object = {}) {
    const name = `C${names++}`;
    await shop.put(name, {
      budgets: [{ id: "b", allowance: name, counts: "money", amounts: { EUR: 1_000 }, ...budget } as never],
    });
    await shop.codes.add(name, { code: `CODE.${name}`, ...code }, BY);
    return { name, coupon: { id: shop.idsOf([`CODE.${name}`])[0]!, campaign: name } };
  }
  const usedOf = async (name: string) => (await shop.campaigns.get(name)).budgets[0]!.used;
  const leftOf = async (name: string, counts: "money" | "units" | "uses", customer: string | null = null) => {
    const limits = [{ allowance: name, counts }];
    return (await shop.look({ ids: [], limits, customer, currency: "EUR" })).allowances?.[name];
  };

  it("is all of it or nothing: a code is not used where a budget is short", async () => {
    const { name, coupon } = await campaign({}, { uses: 1 });
    const more = shop.order("o-more", { coupons: [coupon], claims: [draw(name, 1_001)] });
    expect(await more.catch(codeOf)).toBe("BUDGET_SPENT");
    await shop.order("o-1", { coupons: [coupon], claims: [draw(name, 1_000)] });
    expect(await usedOf(name)).toEqual({ EUR: 1_000 });
    const again = shop.order("o-2", { coupons: [coupon], claims: [] });
    expect(await again.catch(codeOf)).toBe("COUPON_USED_UP");
    const [event] = await shop.database.query<{ data: object }>(
      "select data from outbox_events where type = 'budget.spent' and subject = $1",
      [name],
    );
    expect(event!.data).toEqual({ campaign: name, budget: "b", period: "", currency: "EUR" });
  });

  it("is taken once by an order, and whoever comes with it at the same moment is refused", async () => {
    const { name, coupon } = await campaign();
    const claims = [draw(name, 100)];
    const told = await Promise.all(
      [0, 1].map(() => shop.order("o-same", { coupons: [coupon], claims }).then(() => "claimed", codeOf)),
    );
    expect(told.filter((one) => one === "claimed")).toHaveLength(1);
    expect(["COUPON_USED_UP", "BUDGET_SPENT"]).toContain(told.find((one) => one !== "claimed"));
    expect(await shop.order("o-same", { claims }).catch(codeOf)).toBe("BUDGET_SPENT");
    expect(await usedOf(name)).toEqual({ EUR: 100 });
  });

  it("goes back once, and what is short for one promotion is for all that draw on it", async () => {
    const { name, coupon } = await campaign({}, { uses: 1 });
    const claims = [draw(name, 600, "p"), draw(name, 300, "q")];
    await shop.order("o-back", { coupons: [coupon], claims });
    expect(await shop.order("o-short", { claims: [draw(name, 101)] }).catch(codeOf)).toBe("BUDGET_SPENT");
    await shop.back("o-back");
    await shop.back("o-back");
    expect([await usedOf(name), await leftOf(name, "money")]).toEqual([{ EUR: 0 }, 1_000]);
    await shop.order("o-next", { coupons: [coupon], claims });
    expect(await usedOf(name)).toEqual({ EUR: 900 });
  });

  it("goes back by shares, never more than there was, and the rest in the end", async () => {
    const { name } = await campaign();
    const { name: pieces } = await campaign({ counts: "units", amounts: undefined, amount: 10 });
    await shop.order("o-part", { claims: [draw(name, 500), draw(pieces, 3)] });
    const share = (amount: number, units: number) => [{ promotion: "p", amount, units }];
    await shop.back("o-part", share(200, 1));
    expect([await usedOf(name), await usedOf(pieces)]).toEqual([{ EUR: 300 }, 2]);
    await shop.back("o-part", [...share(250, 5), { promotion: "other", amount: 9, units: 9 }]);
    expect([await usedOf(name), await usedOf(pieces)]).toEqual([{ EUR: 50 }, 0]);
    await shop.back("o-part");
    expect(await usedOf(name)).toEqual({ EUR: 0 });
  });

  it("goes back no further where somebody names a promotion twice", async () => {
    const { name } = await campaign();
    await shop.order("o-other", { claims: [draw(name, 400)] });
    await shop.order("o-twice", { claims: [draw(name, 300)] });
    const share = { promotion: "p", amount: 200, units: 1 };
    await shop.back("o-twice", [share, share]);
    expect([await usedOf(name), await findMiscounted(shop)]).toEqual([{ EUR: 400 }, []]);
  });

  it("is counted for each customer and period apart, by the shop's own midnight", async () => {
    const { name } = await campaign({
      counts: "uses",
      amounts: undefined,
      amount: 1,
      per: "customer",
      period: "day",
    });
    const take = (order: string, customer: string | null) =>
      shop.order(order, { customer, claims: [draw(name, 1)] }).then(() => "claimed", codeOf);
    expect(await take("o-a", "ann")).toBe("claimed");
    expect(await take("o-b", "ann")).toBe("BUDGET_SPENT");
    expect(await take("o-c", "ben")).toBe("claimed");
    expect(await take("o-d", null)).toBe("BUDGET_SPENT");
    expect([
      await leftOf(name, "uses", "ann"),
      await leftOf(name, "uses", "cyd"),
      await leftOf(name, "uses"),
    ]).toEqual([0, 1, 0]);
    // Berlin is an hour ahead of UTC.
    now = Date.parse("2026-11-26T23:00:00Z");
    expect(await take("o-e", "ann")).toBe("claimed");
    // What goes back goes to the day that it was taken from.
    await shop.back("o-a");
    expect(await leftOf(name, "uses", "ann")).toBe(0);
    now = START;
    expect(await leftOf(name, "uses", "ann")).toBe(1);
  });

  it("is a use of the campaign by its code, which a customer has once", async () => {
    const name = "PERSONAL";
    await shop.put(name, { budgets: [{ id: "each", per: "customer", amount: 1 }] });
    await shop.codes.add(name, { code: "FOR-EACH" }, BY);
    const [id] = shop.idsOf(["FOR-EACH"]) as [string];
    const coupons = [{ id, campaign: name }];
    const reasonFor = async (customer: string | null) =>
      (await shop.look({ ids: [id], limits: [], customer, currency: "EUR" })).judged[0]!.reason;
    expect([await reasonFor("ann"), await reasonFor(null)]).toEqual([undefined, "needsCustomer"]);
    await shop.order("o-p1", { customer: "ann", coupons });
    expect(await reasonFor("ann")).toBe("spent");
    expect(await shop.order("o-p2", { customer: "ann", coupons }).catch(codeOf)).toBe("BUDGET_SPENT");
    await shop.order("o-p3", { customer: "ben", coupons });
    expect(await shop.codes.look("for-each")).toMatchObject({ used: 2 });
    await shop.back("o-p1");
    expect([await reasonFor("ann"), (await shop.codes.look("for-each")).used]).toEqual([undefined, 1]);
  });

  it("is refused once somebody switches it off, and is not for what ended since it was quoted", async () => {
    const { name, coupon } = await campaign();
    await shop.put(name, { until: now + 1, budgets: [] });
    now += 10;
    await shop.order("o-late", { coupons: [coupon] });
    expect(await shop.resolve(`CODE.${name}`, null).catch(codeOf)).toBe("COUPON_UNKNOWN");
    await shop.put(name, { isOff: true });
    expect(await shop.order("o-off", { coupons: [coupon] }).catch(codeOf)).toBe("COUPON_OFF");
    const { coupon: own } = await campaign({}, { customer: "ann" });
    expect(await shop.order("o-ben", { customer: "ben", coupons: [own] }).catch(codeOf)).toBe(
      "COUPON_FOREIGN",
    );
    await shop.order("o-ann", { customer: "ann", coupons: [own] });
  });

  it("leaves nothing where a budget is made less than what is taken, and none where nobody set one", async () => {
    const { name } = await campaign();
    await shop.order("o-most", { claims: [draw(name, 900)] });
    const less = { id: "b", allowance: name, counts: "money" as const, amounts: { EUR: 100 } };
    await shop.put(name, { budgets: [less] });
    expect(await leftOf(name, "money")).toBe(0);
    expect(await shop.order("o-least", { claims: [draw(name, 1)] }).catch(codeOf)).toBe("BUDGET_SPENT");
    await shop.back("o-most");
    await shop.order("o-least", { claims: [draw(name, 100)] });
    // Another currency has nothing of it, and what counts something else is none.
    const dollars = shop.order("o-usd", { currency: "USD", claims: [draw(name, 1)] });
    expect(await dollars.catch(codeOf)).toBe("BUDGET_SPENT");
    expect([await leftOf(name, "units"), await leftOf("nobody's", "money")]).toEqual([0, undefined]);
    await shop.order("o-free", { claims: [draw("nobody's", 1_000_000)] });
  });

  it("cannot be written otherwise by the servers' own role", async () => {
    const { name } = await campaign({}, { uses: 2 });
    await shop.order("o-sql", { claims: [draw(name, 900)] });
    const statements = [
      `update budget_uses set used = amount + 1 where campaign_id = '${name}'`,
      `update budget_uses set used = -1 where campaign_id = '${name}'`,
      `update coupon_codes set uses = 3 where campaign_id = '${name}'`,
      `update budget_claims set returned = amount + 1 where order_id = 'o-sql'`,
      `delete from budget_claims where order_id = 'o-sql'`,
    ];
    const codes = await Promise.all(statements.map((sql) => shop.database.query(sql).catch(codeOf)));
    expect(codes).toEqual(["23514", "23514", "23514", "23514", "42501"]);
  });

  it("of a customer who is erased is nobody's any more", async () => {
    const { name } = await campaign({ counts: "uses", amounts: undefined, amount: 1, per: "customer" });
    const { name: own } = await campaign({}, { customer: "gone" });
    await shop.order("o-gone", { customer: "gone", claims: [draw(name, 1)] });
    await shop.database.transaction((tx) => shop.forget(tx, "gone"));
    const held = await shop.database.query("select from budget_uses where holder = 'gone'");
    expect([held.length, (await shop.codes.look(`CODE.${own}`)).isOff]).toEqual([0, true]);
    await shop.back("o-gone");
  });

  it("comes to what a plain model says, whatever is taken and given back in which order", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("take" as const), amount: fc.integer({ min: 1, max: 400 }) }),
      fc.record({
        kind: fc.constant("share" as const),
        of: fc.nat(20),
        amount: fc.integer({ min: 0, max: 300 }),
      }),
      fc.record({ kind: fc.constant("back" as const), of: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { name } = await campaign();
        const orders: { id: string; has: number }[] = [];
        for (const one of steps) {
          const used = orders.reduce((sum, { has }) => sum + has, 0);
          const order = one.kind === "take" ? undefined : orders[one.of % Math.max(1, orders.length)];
          if (one.kind === "take") {
            const id = `${name}-${orders.length}`;
            const told = await shop.order(id, { claims: [draw(name, one.amount)] }).then(() => true, codeOf);
            expect(told).toBe(used + one.amount <= 1_000 ? true : "BUDGET_SPENT");
            if (told === true) orders.push({ id, has: one.amount });
          } else if (order !== undefined && one.kind === "share") {
            await shop.back(order.id, [{ promotion: "p", amount: one.amount, units: 1 }]);
            order.has -= Math.min(order.has, one.amount);
          } else if (order !== undefined) {
            await shop.back(order.id);
            order.has = 0;
          }
        }
        const used = orders.reduce((sum, { has }) => sum + has, 0);
        expect(await leftOf(name, "money")).toBe(1_000 - used);
      }),
      { numRuns: 15 },
    );
  });
});

describe("a week", () => {
  it("is that of its Thursday", () => {
    const days = ["2026-11-26", "2027-01-01", "2027-01-04", "2024-12-30", "2021-01-03"];
    expect(days.map(weekOf)).toEqual(["2026-W48", "2026-W53", "2027-W01", "2025-W01", "2020-W53"]);
  });
});

describe("a shop with budgets", () => {
  let world: OrderWorld;
  beforeAll(async () => {
    world = await createOrderWorld({ promotions: PROMOTIONS });
    const campaigns = {
      SPEND: { id: "money", allowance: "spend", counts: "money", amounts: { EUR: 6_000 } },
      HIDDEN: { id: "money", allowance: "hidden", counts: "money", amounts: { EUR: 6_000 } },
      PIECES: { id: "units", allowance: "pieces", counts: "units", amount: 3 },
      SUMMER: { id: "each", per: "customer", amount: 1 },
    };
    for (const [id, budget] of Object.entries(campaigns)) {
      await world.operate(`/v1/campaigns/${id}`, { budgets: [budget] }, { method: "PUT" });
      await world.operate(`/v1/campaigns/${id}/codes`, { code: `GET-${id}` });
    }
    await world.operate("/v1/campaigns/SUMMER/codes", { code: "ONCE", uses: 1 });
  });
  afterAll(() => world.close());

  const books = (quantity: number) => [line("1", "book-1", quantity)];
  const quoteWith = (code: string, quantity = 2, more: object = {}) =>
    world.quoteOf(books(quantity), { coupons: [code], ...more });
  const grantOf = ({ decision }: QuoteJson) => decision.discountTotal;
  const usedOf = async (id: string) => {
    const { body } = await world.operate<{ budgets: { used: unknown }[] }>(`/v1/campaigns/${id}`);
    return body.budgets[0]!.used;
  };

  it("grants what is left, holds it for an order, and has it back from one that is cancelled", async () => {
    const first = await quoteWith("GET-SPEND", 4);
    expect([grantOf(first), first.allowances]).toEqual([5_000, { spend: 6_000, pieces: 3 }]);
    // A quote takes nothing.
    const second = await quoteWith("GET-SPEND", 4);
    expect(grantOf(second)).toBe(5_000);
    const placed = await world.place(first.quote.id);
    expect([placed.status, await usedOf("SPEND")]).toEqual([201, { EUR: 5_000 }]);
    const third = await quoteWith("GET-SPEND", 4);
    expect([grantOf(third), third.allowances?.spend]).toEqual([1_000, 1_000]);
    // What the second one was promised is not there any more, and its goods are on sale again at once.
    const before = await world.stock("book-1");
    const refused = await world.place(second.quote.id);
    expect([refused.status, refused.body.error.code]).toEqual([409, "BUDGET_SPENT"]);
    expect(await world.stock("book-1")).toEqual(before);
    expect((await world.place(third.quote.id)).status).toBe(201);
    expect(await usedOf("SPEND")).toEqual({ EUR: 6_000 });
    await world.cancel(placed.body.order.id);
    expect(await usedOf("SPEND")).toEqual({ EUR: 1_000 });
    expect((await world.place(second.quote.id)).status).toBe(201);
  });

  it("counts pieces", async () => {
    const quoted = await quoteWith("GET-PIECES", 5);
    expect([grantOf(quoted), quoted.decision.claims]).toEqual([
      750,
      [{ promotion: "pieces", allowance: "pieces", amount: 3 }],
    ]);
    await world.place(quoted.quote.id);
    expect([await usedOf("PIECES"), grantOf(await quoteWith("GET-PIECES", 5))]).toEqual([3, 0]);
  });

  it("has one order of a code of one use, and none of what was not used for anything", async () => {
    const named = { customer: "c-once" };
    const [first, second] = [
      await quoteWith("ONCE", 1, named),
      await quoteWith("ONCE", 1, { customer: "c-two" }),
    ];
    expect((await world.place(first.quote.id)).status).toBe(201);
    const refused = await world.place(second.quote.id);
    expect([refused.status, refused.body.error.code]).toEqual([409, "COUPON_USED_UP"]);
    const again = await quoteWith("GET-SUMMER", 1, named);
    expect(again.coupons).toEqual([{ state: "refused", campaign: "SUMMER", reason: "spent" }]);
    // Nothing is left to be given for it, so that it stays for another day.
    const unused = await quoteWith("GET-PIECES", 1);
    await world.place(unused.quote.id);
    const { body } = await world.operate<{ used: number }>("/v1/coupons:look", { code: "GET-PIECES" });
    expect([unused.coupons![0]!.state, body.used]).toEqual(["notApplied", 1]);
  });

  it("holds it for an order that another system keeps, too, which says when it is over", async () => {
    await world.operate("/v1/campaigns/SUMMER/codes", { code: "ELSEWHERE", uses: 1 });
    const [first, second] = [
      await quoteWith("ELSEWHERE", 1, { customer: "c-x" }),
      await quoteWith("ELSEWHERE", 1, { customer: "c-y" }),
    ];
    expect((await world.use(first.quote.id, "theirs-1")).status).toBe(200);
    expect((await world.use(first.quote.id, "theirs-1")).status).toBe(200);
    const refused = await world.use(second.quote.id, "theirs-2");
    expect([refused.status, refused.body.error.code]).toEqual([409, "COUPON_USED_UP"]);
    const back = `/v1/quotes/${first.quote.id}/give-back`;
    const claim = { campaign: "SUMMER", budget: "each", promotion: "", amount: 1, returned: 1 };
    for (let i = 0; i < 2; i++) expect((await world.operate(back, {})).body).toEqual({ claims: [claim] });
    expect((await world.use(second.quote.id, "theirs-2")).status).toBe(200);
  });

  it("gives back shares of such an order once for a key", async () => {
    const quoted = await quoteWith("GET-HIDDEN", 2);
    await world.use(quoted.quote.id, "theirs-3");
    const share = { promotion: "hidden", amount: 700, units: 1 };
    const give = (key: string) =>
      world.operate<{ claims: { returned: number }[] }>(
        `/v1/quotes/${quoted.quote.id}/give-back`,
        { shares: [share] },
        { headers: { "idempotency-key": key } },
      );
    const returned = [];
    for (const key of ["a", "a", "b"]) returned.push((await give(key)).body.claims[0]!.returned);
    expect(returned).toEqual([700, 700, 1_400]);
    const bare = await world.operate<QuoteJson>(`/v1/quotes/${quoted.quote.id}/give-back`, {
      shares: [share],
    });
    expect([bare.status, bare.body.error.code]).toEqual([400, "ORDER_KEY_NEEDED"]);
    await world.operate(`/v1/quotes/${quoted.quote.id}/give-back`, {});
    expect(await usedOf("HIDDEN")).toEqual({ EUR: 0 });
  });

  it("tells nobody what is left for what only the server runs, by a digest either", async () => {
    const quoted = await quoteWith("GET-HIDDEN", 2);
    expect([grantOf(quoted), quoted.allowances]).toEqual([2_500, { spend: expect.any(Number), pieces: 0 }]);
    await world.place(quoted.quote.id);
    const { body: replayed } = await world.operate<{ quote: { state: string } }>(
      `/v1/quotes/${quoted.quote.id}`,
    );
    expect(replayed.quote.state).toBe("used");
    // Priced again it has the same digest: what is kept is the whole cart, what is told the open one.
    expect(await world.server.app.quotes.replay(quoted.quote.id)).toEqual({
      digest: quoted.decision.digest,
      quoted: quoted.decision.digest,
    });
  });

  it("is compared with browsers that know what is left, and with those that do not", async () => {
    const lines = books(8);
    const bare = { ...browserCart(lines), coupons: ["SPEND"] };
    const quoted = await quoteWith("GET-SPEND", 8);
    const engine = await world.server.app.releases.getPreview(quoted.quote.release, "stable");
    const knows = { ...bare, allowances: quoted.allowances! };
    const verdictOf = async (cart: object) => {
      const decision = engine.evaluate(cart);
      if (!decision.ok) throw decision.error;
      const compared = await quoteWith("GET-SPEND", 8, { compare: { digest: decision.digest } });
      return (compared as unknown as { comparison: object }).comparison;
    };
    expect(await verdictOf(knows)).toEqual({ verdict: "match" });
    expect(await verdictOf(bare)).toEqual({ verdict: "notComparable", causes: ["allowances"] });
  });
});
