import { createEngine } from "@haggle/sdk";
import { afterEach, describe, expect, it, vi } from "vitest";
import { buildRules } from "../support/release.ts";

// What the SDK says of a host that lets it down.

const CART = { id: "c", currency: "EUR", now: 0, lines: [], shipping: [], coupons: [] };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a host without memory", () => {
  it("gets no engine, and is told why", async () => {
    const { bundle, release, root } = await buildRules();
    const cause = exhaustMemory();
    await expect(createEngine({ bundle, release: release.bytes, root: root.bytes })).rejects.toMatchObject({
      code: "ENGINE_INSTANTIATE",
      cause,
    });
  });

  it("has its decisions refused when an instance must be renewed, until there is memory again", async () => {
    const { bundle, release, root } = await buildRules();
    const engine = await createEngine({ bundle, release: release.bytes, root: root.bytes });
    exhaustMemory();
    let decision = engine.evaluate(CART);
    for (let calls = 1; decision.ok && calls < MOST_CALLS; calls++) decision = engine.evaluate(CART);
    expect(decision).toMatchObject({ ok: false, error: { code: "ENGINE_INSTANTIATE" } });

    vi.restoreAllMocks();
    expect(engine.evaluate(CART)).toMatchObject({ ok: true, total: 0 });
  });
});

/** More than an instance is used for. */
const MOST_CALLS = 200_000;

function exhaustMemory(): RangeError {
  const cause = new RangeError(
    "WebAssembly.Instance(): Out of memory: Cannot allocate Wasm memory for new instance",
  );
  class NoMemory {
    readonly exports = {};

    constructor() {
      throw cause;
    }
  }
  vi.spyOn(WebAssembly, "Instance").mockImplementation(NoMemory);
  return cause;
}
