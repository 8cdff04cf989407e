import { instantiate } from "@assemblyscript/loader";
import {
  CANDIDATES,
  CART,
  CONTROL,
  CONTROL_CANDIDATE_COUNT,
  compileTable,
  createSymbols,
  DECISION,
  DECISION_TOTAL,
  DEFAULT_POLICY,
  encodeCart,
  MEMORY_PAGES,
  type Promotion,
  TABLE,
} from "@haggle/abi";
import {
  createEngine,
  type DecisionJson,
  type Engine,
  importPublicKey,
  verifyBundleSignature,
  verifyProfile,
} from "@haggle/sdk";
import { type Signer, signerFromSeed } from "@haggle/sdk/sign";
import {
  type Build,
  build,
  type Compiler,
  createCompiler,
  defaultPromotions,
  signChannel,
  signRelease,
} from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { beforeAll, describe, expect, it } from "vitest";

const NOW = 1_790_000_000_000;

const SEED = `@promo(name="满300减50", priority=10)
export function apply(ctx: Context): Result {
  if (ctx.cart.total >= 300_00) return Result.order(50_00, "FULL_300_OFF_50");
  return Result.none();
}
`;
const SEED_OBJECT = SEED.replace('name="满300减50", priority=10', '{ name: "满300减50", priority: 10 }');

let compiler: Compiler;
let signer: Signer;
beforeAll(async () => {
  compiler = createCompiler({ runtime: await readRuntimeSources() });
  signer = await signerFromSeed(new Uint8Array(32).fill(7));
});

describe("build", () => {
  it("takes the example as it stands, in both spellings, to the same price", async () => {
    for (const source of [SEED, SEED_OBJECT]) {
      const engine = await engineOf(await buildRules({ "rules/seed.rule.ts": source }));
      expect(price(engine, 30_000)).toMatchObject({
        discountTotal: 5000,
        total: 25_000,
        lines: [{ discounts: [{ promotion: "满300减50", amount: 5000, reason: "FULL_300_OFF_50" }] }],
      });
      expect(price(engine, 29_999).discountTotal).toBe(0);
    }
  });

  it("gives the same bytes for the same sources, key, version and time", async () => {
    const files = { "rules/b.rule.ts": SEED, "rules/a.rule.ts": SEED.replace("满300减50", "other") };
    const turned = Object.fromEntries(Object.entries(files).reverse());
    const first = await buildRules(files);
    const second = await build(
      { files: turned },
      {
        compiler: createCompiler({ runtime: await readRuntimeSources() }),
        signer: await signerFromSeed(new Uint8Array(32).fill(7)),
        version: 1,
        now: NOW,
      },
    );
    if (!second.ok) throw new Error("does not build");
    expect(second.bundle).toEqual(first.bundle);
    expect(second.release.bytes).toEqual(first.release.bytes);
    expect(second.root.bytes).toEqual(first.root.bytes);
    const later = await build({ files }, { compiler, signer, version: 2, now: NOW + 1 });
    if (!later.ok) throw new Error("does not build");
    expect(later.bundle).toEqual(first.bundle);
    expect(later.release.sha256).not.toBe(first.release.sha256);
  });

  it("writes what it knows of the rules in one order, which every bundle has had", async () => {
    const { metadata } = await buildRules({ "rules/seed.rule.ts": SEED });
    expect(Object.keys(metadata)).toEqual(["abi", "compiler", "rules", "symbols", "reads"]);
    const [rule] = metadata.rules;
    expect(Object.keys(rule!).join()).toMatch(/^name,kind,file,function,priority,.*parameters$/);
  });

  it("exports what the profile knows and nothing of the rules", async () => {
    const { bundle } = await buildRules({ "rules/seed.rule.ts": SEED });
    const module = new WebAssembly.Module(bundle);
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["_initialize", "evaluate", "forfeit", "fuel", "memory", "resume"].sort());
    expect(verifyProfile(bundle).memoryPages).toBe(MEMORY_PAGES);
  });

  it("takes promotions that are data, beside one for each rule that none of them names", async () => {
    const data: Promotion = { id: "a tenth", priority: 1, effects: [{ target: "order", percent: "10" }] };
    const named: Promotion = { id: "named", rule: "满300减50", priority: 2 };
    const make = async (promotions: Promotion[], files: Record<string, string>) => {
      const policy = { ...DEFAULT_POLICY, name: "mine" };
      const built = await build({ files }, { compiler, signer, version: 1, now: NOW, promotions, policy });
      if (!built.ok) throw new Error(JSON.stringify(built.diagnostics));
      const engine = await engineOf(built);
      expect(engine.policy.name).toBe("mine");
      return price(engine, 100_000).promotions.map(({ id, granted }) => [id, granted]);
    };
    const files = { "rules/seed.rule.ts": SEED };
    expect(await make([data], files)).toEqual([
      ["满300减50", 5_000],
      ["a tenth", 10_000],
    ]);
    expect(await make([data, named], files)).toEqual([
      ["named", 5_000],
      ["a tenth", 10_000],
    ]);
    expect(await make([data], {})).toEqual([["a tenth", 10_000]]);
  });

  it("refuses promotions that do not fit the rules", async () => {
    const promotions = [{ id: "p", rule: "none", priority: 0 }];
    const options = { compiler, signer, version: 1, now: NOW, promotions };
    await expect(build({ files: { "rules/seed.rule.ts": SEED } }, options)).rejects.toMatchObject({
      code: "PROMOTION_UNKNOWN_RULE",
    });
  });

  it("signs with the author's key", async () => {
    const { bundle, root, release } = await buildRules({ "rules/seed.rule.ts": SEED });
    const key = await importPublicKey(signer.publicKey);
    expect(await verifyBundleSignature(bundle, [key], 1)).toHaveLength(1);
    const channel = await signChannel({
      signer,
      channel: "stable",
      version: 1,
      release: release.sha256,
      now: NOW,
    });
    const engine = await createEngine({
      bundle,
      release: release.bytes,
      root: root.bytes,
      channel: channel.bytes,
      now: NOW,
    });
    expect(engine).toMatchObject({ release: release.sha256, development: false });
  });

  it("reports recursion that only the bytes show", async () => {
    // `count` is only reached through a method, which the source check does not follow.
    const source = `class Counter {
  left: i32 = 0;
  count(n: i32): i32 {
    if (n <= 0) return this.left;
    this.left += n;
    return this.count(n - 1) + this.count(n - 2);
  }
}

@promo(name="deep")
export function deep(ctx: Context): Result {
  const counter = new Counter();
  return Result.order(counter.count(ctx.cart.lineCount) as i64, "DEEP");
}
`;
    const built = await build(
      { files: { "rules/deep.rule.ts": source } },
      { compiler, signer, version: 1, now: NOW },
    );
    expect(built).toMatchObject({ ok: false, diagnostics: [{ code: "PROFILE_RECURSION" }] });
  });
});

describe("money in rules", () => {
  it("faults where a sum or product leaves 2^53, and leaves the other rules alone", async () => {
    const rule = (name: string, amount: string) => `
@promo(name="${name}")
export function ${name}(ctx: Context): Result {
  return Result.order(${amount}, "X");
}
`;
    const big = "9_007_199_254_740_000";
    const engine = await engineOf(
      await buildRules({
        "rules/money.rule.ts": [
          rule("wraps", "ctx.cart.total * 4_611_686_018_427_387_904"),
          rule("product", `ctx.cart.total * ${big}`),
          rule("sum", `ctx.cart.total + ${big}`),
          rule("difference", `-${big} - ctx.cart.total`),
          rule("fine", "ctx.cart.total * 2 - ctx.cart.total - 9_999"),
        ].join(""),
      }),
    );
    const outcomes = price(engine, 10_000).promotions;
    const status = (id: string) => outcomes.find((outcome: { id: string }) => outcome.id === id)?.status;
    expect(["wraps", "product", "sum", "difference"].map(status)).toEqual(Array(4).fill("failed"));
    expect(status("fine")).toBe("applied");
    expect(price(engine, 10_000).discountTotal).toBe(1);
  });
});

describe("parameters", () => {
  it("reach every field, whatever the order of the widths", async () => {
    const fields = [
      "flag: bool = false;",
      "money: Money = 0;",
      "count: i32 = 0;",
      'tier: Sym = "none";',
      "share: Percent = Percent.of(0);",
      "tags: Tags = Tags.any();",
      "other: bool = false;",
    ];
    const orders = fields.map((_, turn) => [...fields.slice(turn), ...fields.slice(0, turn)]);
    const rules = orders.map(
      (order, index) => `class P${index} { ${order.join(" ")} }
@promo(name="r${index}")
export function r${index}(ctx: Context, p: P${index}): Result {
  let sum: Money = p.money + (p.count as i64) * 10;
  if (p.flag) sum += 100;
  if (p.other) sum += 1_000;
  if (p.tier == ctx.cart.channel) sum += 10_000;
  sum += p.share.times(200_000);
  if (p.tags.has(ctx.cart.market) && !p.tags.isAny) sum += 1_000_000;
  return Result.message(sum, "SUM");
}
`,
    );
    const built = await buildRules({ "rules/p.rule.ts": rules.join("\n") });
    const promotions = orders.map(
      (_, index): Promotion => ({
        id: `p${index}`,
        rule: `r${index}`,
        priority: 0,
        parameters: {
          flag: true,
          money: 1,
          count: -2,
          tier: "web",
          share: "50",
          tags: ["de", "fr"],
          other: true,
        },
      }),
    );
    const cart = { channel: "web", market: "fr" };
    const given = price(await engineOf(built, promotions), 10_000, cart);
    expect(given.messages.map(({ amount }) => amount)).toEqual(
      orders.map(() => 1 - 20 + 100 + 1_000 + 10_000 + 100_000 + 1_000_000),
    );
    const defaults = price(await engineOf(built), 10_000, cart);
    expect(defaults.messages).toEqual([]);
  });
});

describe("a debug build", () => {
  it("is read by @assemblyscript/loader", async () => {
    const compiled = await compiler.compile({ files: { "rules/seed.rule.ts": SEED } }, { debug: true });
    if (!compiled.ok) throw new Error("does not compile");
    const { exports } = await instantiate<DebugExports>(compiled.wasm, {
      haggle: { sliceEnter() {}, sliceLeave() {} },
    });
    const { metadata } = compiled;
    const table = compileTable(defaultPromotions(metadata.rules), DEFAULT_POLICY, metadata);
    const symbols = createSymbols([...metadata.symbols, ...table.symbols]);
    const memory = new DataView(exports.memory.buffer);
    new Uint8Array(exports.memory.buffer).set(table.bytes, TABLE);
    memory.setUint32(CANDIDATES, 0, true); // the table's one promotion
    memory.setInt32(CONTROL + CONTROL_CANDIDATE_COUNT, 1, true);
    encodeCart(cartOf(30_000), new Int32Array(exports.memory.buffer), symbols, metadata.reads);
    expect(exports.evaluate()).toBeGreaterThan(0);
    expect(exports.__getString(exports.trace())).toBe(
      "promotion 0 order amount reason 1 wanted 5000 granted 5000\ntotal 25000\n",
    );
    expect(memory.getBigInt64(DECISION + DECISION_TOTAL, true)).toBe(25_000n);
    expect(memory.getInt32(CART, true)).not.toBe(0);
    expect(JSON.parse(compiled.sourceMap ?? "{}").sources).toContain("rules/seed.rule.ts");
  });

  it("does not pass for a release", async () => {
    const compiled = await compiler.compile({ files: { "rules/seed.rule.ts": SEED } }, { debug: true });
    if (!compiled.ok) throw new Error("does not compile");
    expect(() => verifyProfile(compiled.wasm)).toThrow(
      expect.objectContaining({ code: "PROFILE_UNMETERED" }),
    );
  });
});

type DebugExports = {
  memory: WebAssembly.Memory;
  evaluate(): number;
  trace(): number;
} & Record<string, unknown>;

async function buildRules(files: Record<string, string>): Promise<Extract<Build, { ok: true }>> {
  const built = await build({ files }, { compiler, signer, version: 1, now: NOW });
  if (!built.ok) throw new Error(JSON.stringify(built.diagnostics, null, 1));
  return built;
}

async function engineOf(built: Extract<Build, { ok: true }>, promotions?: Promotion[]): Promise<Engine> {
  const { bundle, digest, root } = built;
  const release =
    promotions === undefined
      ? built.release
      : await signRelease({
          signer,
          version: 1,
          now: NOW,
          bundle: { sha256: digest, size: bundle.length },
          metadata: built.metadata,
          promotions,
        });
  return createEngine({ bundle, release: release.bytes, root: root.bytes });
}

function price(engine: Engine, total: number, more: object = {}): DecisionJson {
  const decision = engine.evaluate({ ...cartOf(total), ...more });
  if (!decision.ok) throw decision.error;
  return decision.toJSON();
}

function cartOf(total: number) {
  return {
    id: "c",
    currency: "EUR",
    now: NOW,
    lines: [
      { id: "l1", sku: "boot", productId: "boot", categories: ["shoes"], quantity: 1, unitPrice: total },
    ],
    shipping: [],
    coupons: [],
  };
}
