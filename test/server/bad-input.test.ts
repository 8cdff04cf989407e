import { MAX_BUNDLE_BYTES } from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { createCompiler, signBundle } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createShop, makeCart, makeLine, SHOES, type Shop, testSigner } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";
import { unsigned } from "../support/unsigned.ts";

// One server, and everything bad that can come to it, one after another: each has a code of its own and a message with the
// value, and leaves the process, the last good release and the other rules as they were. What each kind comes in besides
// is in test/sdk (bad-carts, engine, hostile) and test/engine/faults.

/** They go wrong in every cart that is priced here. */
const FAILING = `@promo(name="endless", priority=9)
export function endless(ctx: Context): Result { let n = 0; while (true) n++; }

@promo(name="traps", priority=8)
export function traps(ctx: Context): Result { return Result.order(ctx.cart.total / (ctx.cart.total - ctx.cart.total), "T"); }
`;
const FILE = "rules/failing.rule.ts";
const RULES = ["endless", "traps", "满300减50", SHOES];

/** A module that others have compiled, of no promotions. */
const FOREIGN = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

let shop: Shop;
let server: TestServer;
let good: { release: string; digest: string; total: number };
let version = 1;

beforeAll(async () => {
  shop = await createShop({ files: { [FILE]: FAILING } });
  await shop.giveKey("channel");
  await shop.publish({ rules: RULES });
  server = await startServer(shop.dataFolder);
  good = await priced();
});
afterAll(async () => {
  await server?.close();
  await shop?.remove();
});

async function priced(): Promise<typeof good> {
  const answer = await server.post("/v1/evaluations", makeCart());
  expect(answer.status).toBe(200);
  const { release, digest, total, promotions } = await answer.json();
  expect(outcomesOf(promotions)).toEqual({
    ...{ endless: "failed ENGINE_RULE_FUEL", traps: "failed ENGINE_RULE_TRAP" },
    ...{ 满300减50: "applied", [SHOES]: "applied" },
  });
  return { release, digest, total };
}

type Outcome = { id: string; status: string; error?: string };

function outcomesOf(promotions: Outcome[]): Record<string, string> {
  return Object.fromEntries(
    promotions.map(({ id, status, error }) => [id, error === undefined ? status : `${status} ${error}`]),
  );
}

async function expectUnharmed(): Promise<void> {
  expect((await server.get("/livez")).status).toBe(200);
  expect((await server.get("/readyz")).status).toBe(200);
  expect(await priced()).toEqual(good);
}

describe("wasm that is not a bundle of the shop", () => {
  const cut = (bytes: Uint8Array) => bytes.slice(0, 500);
  const stranger = () => testSigner(2);

  const cases: [
    what: string,
    code: string,
    says: RegExp,
    make: (b: Uint8Array) => Promise<Uint8Array> | Uint8Array,
  ][] = [
    ["truncated", "SIGNATURE_MALFORMED", /at \d+, got \d+$/, cut],
    ["unsigned", "SIGNATURE_MISSING", /not signed/, unsigned],
    [
      "wrongly signed",
      "SIGNATURE_UNKNOWN_KEY",
      /number of signatures, got 1$/,
      async (b) => signBundle(unsigned(b), await stranger()),
    ],
    ["turned in one bit", "SIGNATURE_HASH_MISMATCH", /got 1$/, turnOneBit],
    [
      "un-metered",
      "PROFILE_UNMETERED",
      /at \d+/,
      async () => signBundle(await unmetered(), await testSigner(1)),
    ],
    ["oversized", "SERVER_FILE_TOO_LARGE", /300000/, () => new Uint8Array(300_000)],
    [
      "foreign",
      "PROFILE_SECTION_MISSING",
      /at \d+, got 1$/,
      async () => signBundle(FOREIGN, await testSigner(1)),
    ],
  ];

  it.each(cases)("%s: %s", async (_, code, says, make) => {
    const bytes = await make(shop.bundle.bytes);
    // Of a size that a release may state.
    const sha256 = await sha256Hex(bytes);
    const refusals = () => server.log.filter(({ msg }) => msg === "release refused");
    const before = refusals().length;
    version += 1;
    await shop.write(`bundles/${sha256}.wasm`, bytes);
    await shop.publish({
      version,
      rules: RULES,
      release: { bundles: [{ sha256, size: Math.min(bytes.length, MAX_BUNDLE_BYTES) }] },
    });
    await until(() => refusals().length > before);
    expect(refusals().at(-1)).toMatchObject({ code, reason: expect.stringMatching(says) });
    await expectUnharmed();
  });

  it("have a code of their own each", () => {
    expect(new Set(cases.map(([, code]) => code)).size).toBe(cases.length);
  });
});

describe("a cart that cannot be priced", () => {
  const line = (change: object) => makeCart({ lines: [makeLine(change)] });
  const many = Array.from({ length: 1001 }, (_, i) => makeLine({ id: `line-${i}` }));
  const huge = Number.MAX_SAFE_INTEGER;

  const cases: [what: string, code: string, value: string, body: object | string][] = [
    ["over the limits", "CART_TOO_LARGE", "1001", makeCart({ lines: many })],
    ["with a negative quantity", "CART_NEGATIVE", "-2", line({ quantity: -2 })],
    ["with an amount beyond 2^53", "CART_OUT_OF_RANGE", "9007199254740992", line({ unitPrice: huge + 1 })],
    ["with a sum beyond 2^53", "CART_SUM_OVERFLOW", "18014398509481982", line({ unitPrice: huge })],
    ["in an unknown currency", "CART_UNKNOWN_CURRENCY", "yuan", makeCart({ currency: "yuan" })],
    ["with one id twice", "CART_DUPLICATE_LINE", "line-1", makeCart({ lines: [makeLine(), makeLine()] })],
    ["with half a piece", "CART_NOT_INTEGER", "1.5", line({ quantity: 1.5 })],
    [
      "with NaN, which JSON has not",
      "SERVER_NOT_JSON",
      "not valid JSON",
      JSON.stringify(line({ quantity: 77 })).replace("77", "NaN"),
    ],
  ];

  it.each(cases)("%s: %s, got %s", async (_, code, value, body) => {
    const answer = await server.post("/v1/evaluations", body);
    const said = await answer.json();
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(said).toMatchObject({ error: { code } });
    expect(JSON.stringify(said)).toContain(value);
    await expectUnharmed();
  });

  it("have a code of their own each", () => {
    expect(new Set(cases.map(([, code]) => code)).size).toBe(cases.length);
  });
});

/** The same rules without the code that counts. */
async function unmetered(): Promise<Uint8Array> {
  const compiler = createCompiler({ runtime: await readRuntimeSources() });
  const compiled = await compiler.compile({ files: { [FILE]: FAILING } });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  return compiled.wasm;
}

function turnOneBit(bytes: Uint8Array): Uint8Array {
  const turned = bytes.slice();
  turned[turned.length >> 1]! ^= 1;
  return turned;
}
