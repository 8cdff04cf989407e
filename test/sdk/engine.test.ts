// What `createEngine` says of bytes that are not the release's, and what a decision says when its cart has moved on.

import { MAX_BUNDLE_BYTES } from "@haggle/abi";
import { createEngine, sha256Hex } from "@haggle/sdk";
import { signerFromSeed } from "@haggle/sdk/sign";
import { createCompiler, signBundle } from "@haggle/toolchain";
import { describe, expect, it } from "vitest";
import { readRuntimeSources } from "../../engine/cli/runtime-sources.ts";
import { generateCart } from "../support/carts.ts";
import { buildDemoRules, buildRules, makeEngine, priceOf, signTestRelease } from "../support/rules.ts";
import { unsigned } from "../support/unsigned.ts";

const RULE = `@promo(name="half")
export function half(ctx: Context): Result { return Result.orderPercent(Percent.of(50), "HALF"); }`;

const signerOf = (seed: number) => signerFromSeed(new Uint8Array(32).fill(seed));

describe("bytes that are not the release's bundle", () => {
  const cases: [what: string, code: string, spoil: (bundle: Uint8Array) => unknown][] = [
    ["no bytes", "SIGNATURE_MALFORMED", () => new Uint8Array()],
    ["a text", "ENGINE_BUNDLE_MISMATCH", () => "bundle"],
    ["a truncated bundle", "SIGNATURE_MALFORMED", (bundle) => bundle.slice(0, -1)],
    ["a foreign module", "SIGNATURE_MISSING", () => Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)],
    ["an unsigned bundle", "SIGNATURE_MISSING", unsigned],
    ["an oversized file", "PROFILE_TOO_LARGE", () => new Uint8Array(MAX_BUNDLE_BYTES + 1)],
    [
      "a bundle of another key",
      "SIGNATURE_UNKNOWN_KEY",
      async (b) => signBundle(unsigned(b), await signerOf(9)),
    ],
  ];

  it.each(cases)("%s is refused with %s", async (_, code, spoil) => {
    const { bundle, root, ...built } = await buildRules({ half: RULE });
    const release = await signTestRelease({ bundle, root, ...built }, []);
    const spoilt = (await spoil(bundle)) as Uint8Array;
    const made = createEngine({ bundle: spoilt, release: release.bytes, root: root.bytes });
    await expect(made).rejects.toMatchObject({ name: "HaggleError", code });
  });

  it("another bundle of the same authors is refused by its digest", async () => {
    const [half, demo] = [await buildRules({ half: RULE }), await buildDemoRules()];
    const release = await signTestRelease(half, []);
    const made = createEngine({ bundle: demo.bundle, release: release.bytes, root: half.root.bytes });
    await expect(made).rejects.toMatchObject({ code: "ENGINE_BUNDLE_MISMATCH", value: demo.digest });
  });

  it("code without fuel is refused even when its authors signed it and the release names it", async () => {
    const compiler = createCompiler({ runtime: await readRuntimeSources() });
    const compiled = await compiler.compile({ files: { "rules/half.rule.ts": RULE } });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
    const bundle = await signBundle(compiled.wasm, await signerOf(7));
    const built = await buildRules({ half: RULE });
    const release = await signTestRelease({ ...built, bundle, digest: await sha256Hex(bundle) }, []);
    const made = createEngine({ bundle, release: release.bytes, root: built.root.bytes });
    await expect(made).rejects.toMatchObject({ code: "PROFILE_UNMETERED" });
  });

  it.each([undefined, null, 7, {}])("a root that is %s is refused with a code", async (root) => {
    const { bundle, release } = await buildRules({ half: RULE });
    const made = createEngine({ bundle, release: release.bytes, root: root as unknown as string });
    await expect(made).rejects.toMatchObject({ name: "HaggleError", code: "DOCUMENT_WRONG_TYPE" });
  });
});

describe("a decision whose cart has changed since", () => {
  it("keeps its amounts and has no digest, and never throws", async () => {
    const engine = await makeEngine(await buildDemoRules());
    const cart = structuredClone(generateCart(3));
    const { total, digest } = priceOf(engine, cart);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    const decision = priceOf(engine, cart);
    (cart.lines as unknown[]).pop();
    expect(decision.total).toBe(total);
    expect(JSON.parse(JSON.stringify(decision))).toMatchObject({ total, digest: null });
  });
});

describe("discounts", () => {
  it("are the same whether those of the decision before were read or not, and also read much later", async () => {
    const engine = await makeEngine(await buildDemoRules());
    const carts = Array.from({ length: 20 }, (_, i) => generateCart(i + 1));
    const all = (decisions: ReturnType<typeof priceOf>[]) => JSON.stringify(decisions);
    const unread = carts.map((cart) => priceOf(engine, cart));
    const [late, soon] = [all(unread), all(carts.map((cart) => priceOf(engine, cart)))];
    const oneByOne = carts.map((cart) => JSON.stringify(priceOf(engine, cart)));
    expect(late).toContain('"discounts":[{');
    expect(soon).toBe(late);
    expect(`[${oneByOne}]`).toBe(late);
  });
});

describe("an assertion in a rule", () => {
  it("stops the rule in what ships, not only in debug builds", async () => {
    const built = await buildRules({
      guarded: `@promo(name="guarded")
export function guarded(ctx: Context): Result {
  assert(ctx.cart.total < 0, "never");
  return Result.order(1_00, "GUARDED");
}`,
    });
    const decision = priceOf(await makeEngine(built), generateCart(1));
    expect(decision.promotions).toMatchObject([
      { id: "guarded", status: "failed", error: "ENGINE_RULE_TRAP" },
    ]);
    expect(decision.discountTotal).toBe(0);
  });
});
