import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readAdminKey } from "../support/api-keys.ts";
import { BY, openBudgets, PROMOTIONS } from "../support/budgets.ts";
import { cartOf, createQuoteWorld, line, type QuoteWorld, refusalOf } from "../support/quotes.ts";
import { type Answer, caller, type ErrorJson } from "../support/rollout.ts";
import { until } from "../support/server.ts";

// Codes: how they come to be, what they are good for, and what somebody learns who tries them out.

const DAY_MS = 86_400_000;

let world: QuoteWorld;
beforeAll(async () => {
  world = await createQuoteWorld({
    promotions: PROMOTIONS,
    env: { HAGGLE_TRUSTED_PROXIES: "127.0.0.1" },
  });
});
afterAll(() => world.close());

type Body = ErrorJson & Record<string, unknown>;
const put = (id: string, body: object = {}, headers: Record<string, string> = {}): Promise<Answer<Body>> =>
  world.operate<Body>(`/v1/campaigns/${id}`, body, { method: "PUT", headers });
const add = (campaign: string, body: object) => world.operate<Body>(`/v1/campaigns/${campaign}/codes`, body);
const look = (code: string) => world.operate<Body>("/v1/coupons:look", { code });
const told = ({ status, body: { error } }: Answer<Body>) => [status, error?.code, error?.at];

/** Another address each time, so that nobody is stopped for what the others tried. */
let addresses = 1;
const browser = (address = `10.0.${addresses >> 8}.${addresses++ & 255}`) => {
  const call = caller(world.server);
  return <T>(path: string, body: object) => call<T>(path, body, { headers: { "x-forwarded-for": address } });
};
const resolve = (code: string, by = browser()) => by<Body>("/v1/coupons:resolve", { code });

async function file(campaign: string, type: string, body: string): Promise<Body & { status: number }> {
  const response = await fetch(`${world.server.url}/v1/campaigns/${campaign}/codes/imports`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await readAdminKey(world.shop.dataFolder)}`,
      "content-type": type,
    },
    body,
  });
  return { ...((await response.json()) as Body), status: response.status };
}

describe("a campaign", () => {
  it("is put with its budgets, by its ETag, told of and recorded", async () => {
    const budgets = [
      { id: "each", per: "customer", period: "month", amount: 1 },
      { id: "money", allowance: "put-money", counts: "money", amounts: { EUR: 100_000, USD: 90_000 } },
    ];
    const made = await put("PUT", { until: Date.now() + DAY_MS, budgets });
    expect([made.status, made.headers.get("etag")]).toEqual([200, '"1"']);
    expect(made.body).toMatchObject({
      id: "PUT",
      isOff: false,
      budgets: [
        { id: "each", counts: "uses", per: "customer", period: "month", amount: 1 },
        { id: "money", counts: "money", amounts: { EUR: 100_000, USD: 90_000 }, used: {} },
      ],
    });
    expect(told(await put("PUT", {}, { "if-match": '"7"' }))).toEqual([
      412,
      "SERVER_CHANGED",
      "headers/if-match",
    ]);
    const { body } = await world.operate<{ campaigns: { id: string }[] }>("/v1/campaigns");
    expect(body.campaigns.map(({ id }) => id)).toContain("PUT");
    expect(told(await world.operate<Body>("/v1/campaigns/NONE"))).toEqual([404, "CAMPAIGN_UNKNOWN", "id"]);
  });

  it("is refused where its budgets make no sense, or would count something else from now on", async () => {
    const money = { id: "m", allowance: "a", counts: "money" };
    const refusals = [
      [{ ...money, amount: 5 }, "BUDGET_BAD_AMOUNT"],
      [{ id: "m", allowance: "a", counts: "units", amounts: { EUR: 5 } }, "BUDGET_BAD_AMOUNT"],
      [{ ...money, amounts: { XXX: 5 } }, "CART_UNKNOWN_CURRENCY"],
      [{ id: "m", counts: "money", amounts: { EUR: 5 } }, "SERVER_BAD_REQUEST"],
    ] as const;
    for (const [budget, code] of refusals) {
      expect(told(await put("BAD", { budgets: [budget] }))[1]).toBe(code);
    }
    await put("SAME", { budgets: [{ id: "m", amount: 5 }] });
    const other = { budgets: [{ id: "m", amount: 5, per: "customer" }] };
    expect(told(await put("SAME", other))).toEqual([409, "BUDGET_OTHER", "budgets[0].id"]);
  });
});

describe("a code", () => {
  beforeAll(async () => {
    await put("SUMMER");
    await put("OTHER");
  });

  it("is added once, whatever its case and hyphens, and is looked at", async () => {
    expect((await add("SUMMER", { code: "Warm-10", uses: 3, customer: "c-1" })).status).toBe(201);
    expect((await add("SUMMER", { code: "WARM10" })).status).toBe(200);
    expect(told(await add("OTHER", { code: "warm 10".replace(" ", "-") }))).toEqual([
      409,
      "COUPON_TAKEN",
      "code",
    ]);
    expect(told(await add("NONE", { code: "COLD" }))).toEqual([404, "CAMPAIGN_UNKNOWN", "id"]);
    expect((await look("warm 10")).body).toEqual({
      campaign: "SUMMER",
      uses: 3,
      customer: "c-1",
      isOff: false,
      used: 0,
    });
    expect((await add("SUMMER", { code: "夏の-セール!" })).status).toBe(201);
    expect((await look("夏のセール!")).status).toBe(200);
    for (const code of ["A-1", "----", "two words"]) {
      const refused = await add("SUMMER", { code });
      expect(told(refused)).toEqual([400, "SERVER_BAD_REQUEST", "body/code"]);
      expect(refused.body.error).not.toHaveProperty("value");
    }
    expect(told(await look("nobody's"))).toEqual([404, "COUPON_UNKNOWN", "code"]);
  });

  it("is in no row of the database, no event and no record", async () => {
    await add("SUMMER", { code: "TELL-NOBODY" });
    await world.quote({ ...cartOf(line("1", "book-1")), coupons: ["TELL-NOBODY"] });
    const tables = await world.database.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    for (const { name } of tables) {
      const rows = await world.database.query(`select from "${name}" t where t::text ~ 'TELL-?NOBODY'`);
      expect([name, rows.length]).toEqual([name, 0]);
    }
  });

  it("is switched off, and on again", async () => {
    await add("SUMMER", { code: "SWITCHED" });
    const switchTo = (isOff: boolean) =>
      world.operate<Body>("/v1/campaigns/SUMMER/codes", { code: "switched", isOff }, { method: "PATCH" });
    expect((await switchTo(true)).body).toMatchObject({ isOff: true });
    expect((await resolve("SWITCHED")).status).toBe(404);
    await switchTo(false);
    expect((await resolve("SWITCHED")).body).toEqual({ campaign: "SUMMER" });
  });
});

describe("whoever tries a code", () => {
  const bad = ["NEVER-WAS", "USED-UP", "FOREIGN", "EXPIRED", "EARLY", "IS-OFF", "SPENT-ALL", "EACH-ONE"];

  beforeAll(async () => {
    await put("TRY");
    await put("TRY-SPENT", { budgets: [{ id: "all", amount: 0 }] });
    await put("TRY-EACH", { budgets: [{ id: "each", per: "customer", amount: 1 }] });
    const now = Date.now();
    await add("TRY", { code: "GOOD-ONE" });
    await add("TRY", { code: "GOOD-TWO" });
    await add("TRY", { code: "USED-UP", uses: 1 });
    await add("TRY", { code: "FOREIGN", customer: "c-else" });
    await add("TRY", { code: "EXPIRED", until: now - 1 });
    await add("TRY", { code: "EARLY", from: now + DAY_MS });
    await add("TRY", { code: "IS-OFF" });
    await add("TRY-SPENT", { code: "SPENT-ALL" });
    await add("TRY-EACH", { code: "EACH-ONE" });
    await world.operate("/v1/campaigns/TRY/codes", { code: "IS-OFF", isOff: true }, { method: "PATCH" });
    await world.database.query("update coupon_codes set uses = 1 where max_uses = 1 and campaign_id = 'TRY'");
  });

  it("learns the campaign of a good one, and of no other one what is wrong with it", async () => {
    expect((await resolve("good-one")).body).toEqual({ campaign: "TRY" });
    const answers = await Promise.all(bad.map((code) => resolve(code)));
    const [first] = answers as [(typeof answers)[0]];
    expect(told(first)).toEqual([404, "COUPON_UNKNOWN", "code"]);
    for (const { status, body, headers } of answers) {
      expect([status, { ...body.error, requestId: "" }]).toEqual([
        404,
        { ...first.body.error, requestId: "" },
      ]);
      expect(headers.get("content-length")).toBe(first.headers.get("content-length"));
    }
    // His own server knows who he is.
    const asElse = (code: string) => world.operate<Body>("/v1/coupons:resolve", { code, customer: "c-else" });
    expect((await asElse("FOREIGN")).body).toEqual({ campaign: "TRY" });
    expect((await asElse("EACH-ONE")).body).toEqual({ campaign: "TRY-EACH" });
    const named = await browser()<Body>("/v1/coupons:resolve", { code: "FOREIGN", customer: "c-else" });
    expect(told(named)).toEqual([403, "SERVER_FORBIDDEN", "body/customer"]);
  });

  it("is answered after the same time, and the database is asked as often", async () => {
    const shop = await openBudgets({ tenant: "coupons-alike" });
    await shop.put("ALIKE", {});
    await shop.codes.add("ALIKE", { code: "GOOD" }, BY);
    await shop.codes.add("ALIKE", { code: "GONE", until: 1 }, BY);
    for (const code of ["GOOD", "GONE", "NEVER"]) {
      const before = shop.countStatements();
      const from = performance.now();
      await shop.resolve(code, null).catch(() => {});
      expect(performance.now() - from).toBeGreaterThan(23);
      expect(shop.countStatements() - before).toBe(1);
    }
    await shop.close();
  });

  it("is stopped after some that are none, in quotes as well, and good ones do not count", async () => {
    const by = browser("10.9.9.9");
    for (let i = 0; i < 25; i++) expect((await resolve("GOOD-ONE", by)).status).toBe(200);
    for (let i = 0; i < 18; i++) expect((await resolve(`guess-${i}`, by)).status).toBe(404);
    // A page that asks for the same again learns nothing more.
    for (let i = 0; i < 25; i++) expect((await resolve("guess-0", by)).status).toBe(404);
    const cart = cartOf(line("1", "book-1"));
    const quoted = await by<Body>("/v1/quotes", { ...cart, coupons: ["guess-a", "guess-b"] });
    expect([quoted.status, quoted.body.coupons]).toEqual([201, [{ state: "refused" }, { state: "refused" }]]);
    const stopped = await resolve("GOOD-TWO", by);
    expect(told(stopped)).toEqual([429, "SERVER_TOO_MANY_REQUESTS", undefined]);
    expect(Number(stopped.headers.get("retry-after"))).toBeGreaterThan(0);
    const again = await by<Body>("/v1/quotes", { ...cart, coupons: ["GOOD-TWO"] });
    expect([again.status, Number(again.headers.get("retry-after")) > 0]).toEqual([429, true]);
    expect((await resolve("GOOD-ONE", by)).status).toBe(200);
    expect((await resolve("GOOD-TWO")).status).toBe(200);
  });
});

describe("a quote", () => {
  beforeAll(async () => {
    await add("SUMMER", { code: "SUN" });
    await add("SUMMER", { code: "RAIN" });
    await add("OTHER", { code: "NOTHING" });
  });
  const cart = cartOf(line("1", "book-1", 4));

  it("takes codes, says what became of each, and keeps who is used", async () => {
    const { status, body } = await world.quote({ ...cart, coupons: ["sun", "RAIN", "NOTHING", "NEVER-WAS"] });
    expect([status, body.coupons]).toEqual([
      201,
      [
        { state: "applied", campaign: "SUMMER" },
        { state: "refused", campaign: "SUMMER", reason: "twice" },
        { state: "notApplied", campaign: "OTHER" },
        { state: "refused", reason: "unknown" },
      ],
    ]);
    expect(body.decision.discountTotal).toBe(1_000);
    const [row] = await world.database.query<{ coupons: { campaign: string }[] }>(
      "select coupons from quotes where quote_id = $1",
      [body.quote.id],
    );
    expect(row!.coupons).toEqual([{ id: expect.stringMatching(/^.{22}$/), campaign: "SUMMER" }]);
    const shown = await world.operate<{ asked: { coupons: string[] } }>(`/v1/quotes/${body.quote.id}`);
    expect(shown.body.asked.coupons[0]).toBe((row!.coupons[0] as unknown as { id: string }).id);
    const bare = await world.quote(cart);
    expect([bare.body.coupons, bare.body.decision.discountTotal]).toEqual([undefined, 0]);
  });

  it("takes those of the server's cart, and no others beside them", async () => {
    const kept = await world.operate<{ id: string }>("/v1/carts", { ...cart, coupons: ["sun"] });
    const { body } = await world.quote({ cart: kept.body.id });
    expect(body.coupons).toEqual([{ state: "applied", campaign: "SUMMER" }]);
    expect(refusalOf(await world.quote({ cart: kept.body.id, coupons: ["RAIN"] })).slice(0, 3)).toEqual([
      400,
      "SERVER_BAD_REQUEST",
      "body/coupons",
    ]);
  });

  it("has the digest of a browser that has the campaign's symbol in its cart", async () => {
    const quoted = await world.quote({ ...cart, coupons: ["sun"] });
    const { digest } = quoted.body.decision;
    const again = await world.quote({ ...cart, coupons: ["RAIN"], compare: { digest: digest! } });
    expect((again.body as unknown as { comparison: object }).comparison).toEqual({ verdict: "match" });
    const without = await world.quote(cart);
    const compare = { digest: without.body.decision.digest! };
    const drifted = await world.quote({ ...cart, coupons: ["sun"], compare });
    expect((drifted.body as unknown as { comparison: object }).comparison).toEqual({
      verdict: "drift",
      causes: ["coupons"],
    });
  });
});

describe("codes by the hundred thousand", () => {
  beforeAll(async () => {
    await put("MANY");
  });

  async function makeBatch(body: object): Promise<string> {
    const { status, body: batch } = await world.operate<Body>("/v1/campaigns/MANY/batches", body);
    expect([status, batch.state]).toEqual([202, "making"]);
    const at = `/v1/campaigns/MANY/batches/${batch.id}`;
    await until(async () => (await world.operate<Body>(at)).body.state === "made");
    return at;
  }
  async function exportAll(at: string): Promise<string[]> {
    const response = await fetch(`${world.server.url}${at}/export`, {
      method: "POST",
      headers: { authorization: `Bearer ${await readAdminKey(world.shop.dataFolder)}` },
    });
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/csv; charset=utf-8"]);
    return (await response.text()).trimEnd().split("\n").slice(1);
  }

  it("are made, told whole, and forgotten an hour after that", async () => {
    const at = await makeBatch({ count: 5_000, prefix: "xmas" });
    const codes = await exportAll(at);
    expect(new Set(codes).size).toBe(5_000);
    expect(codes[0]).toMatch(/^XMAS-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect((await look(codes.at(-1)!)).body).toEqual({ campaign: "MANY", uses: 1, isOff: false, used: 0 });
    expect(await exportAll(at)).toEqual(codes);
    world.time.ahead = 3_600_001;
    await until(async () => (await world.operate<Body>(at)).body.state === "forgotten");
    world.time.ahead = 0;
    expect(told(await world.operate<Body>(`${at}/export`, {}))).toEqual([409, "COUPON_BATCH_STATE", "state"]);
    expect((await look(codes[0]!)).status).toBe(200);
  });

  it("of a batch that is asked for twice with a key are made once", async () => {
    const ask = () =>
      world.operate<Body>(
        "/v1/campaigns/MANY/batches",
        { count: 1 },
        { headers: { "idempotency-key": "once" } },
      );
    const [first, second] = [await ask(), await ask()];
    expect(second.body.id).toBe(first.body.id);
    const other = `/v1/campaigns/SUMMER/batches/${first.body.id}`;
    expect(told(await world.operate<Body>(other))).toEqual([404, "COUPON_BATCH_UNKNOWN", "batch"]);
  });

  it("go on where another process stopped, whatever some of them are", async () => {
    const shop = await openBudgets({ tenant: "coupons-made" });
    await shop.put("MADE", {});
    const { id } = await shop.batches.create("MADE", { count: 6_000 }, BY, undefined);
    // One chunk of it, and one code that somebody has chosen before.
    await shop.batches.work();
    expect(await shop.batches.get("MADE", id)).toMatchObject({ state: "making", made: 2_000 });
    const again = await openBudgets({ tenant: "coupons-made" });
    await Promise.all([shop, again].map((each) => until(async () => !(await each.batches.work()))));
    expect(await again.batches.get("MADE", id)).toMatchObject({ state: "made", made: 6_000 });
    let text = "";
    for await (const piece of await again.batches.export("MADE", id, BY)) text += piece;
    expect(new Set(text.trimEnd().split("\n").slice(1)).size).toBe(6_000);
    await Promise.all([shop.close(), again.close()]);
  });

  it("come in files, and what is wrong with rows is told without them", async () => {
    const rows = [
      "code,uses,customer,until",
      "IMP-1,5,,",
      "IMP-2,,c-9,",
      "imp1,,,",
      "x,,,",
      "SUN,,,",
      "IMP-3",
    ];
    const { status, ...first } = await file("MANY", "text/csv", `${rows.join("\n")}\n`);
    expect([status, first]).toEqual([
      200,
      {
        read: 6,
        written: 2,
        unchanged: 1,
        refused: 3,
        isWhole: true,
        errors: [
          expect.objectContaining({ line: 5, code: "COUPON_BAD_ROW" }),
          expect.objectContaining({ line: 7, code: "COUPON_BAD_ROW" }),
          expect.objectContaining({ line: 6, code: "COUPON_TAKEN" }),
        ],
      },
    ]);
    expect((await look("IMP-2")).body).toEqual({ campaign: "MANY", customer: "c-9", isOff: false, used: 0 });
    const lines = '{"code":"IMP-1"}\n{"code":"IMP-4","uses":2}\nnot json\n';
    const second = await file("MANY", "application/x-ndjson", lines);
    expect(second).toMatchObject({ read: 3, written: 1, unchanged: 1, refused: 1, isWhole: true });
    const broken = await file("MANY", "text/csv", "kode\nA-1\n");
    expect(broken).toMatchObject({ isWhole: false, errors: [{ line: 1, code: "COUPON_BAD_FILE" }] });
    expect((await file("MANY", "application/json", "[]")).status).toBe(415);
    expect((await file("NONE", "text/csv", "code\n")).status).toBe(404);
  });
});
