import {
  ABI_VERSION,
  type BundleMetadata,
  compileTable,
  createSymbols,
  DEFAULT_POLICY,
  decodeTable,
  READS_CATEGORIES,
  READS_PRODUCT,
  READS_SKU,
  type RuleMetadata,
} from "@haggle/abi";
import { describe, expect, it } from "vitest";

const rule = (name: string, fields: Partial<RuleMetadata> = {}): RuleMetadata => ({
  name,
  kind: "promotion",
  file: "",
  function: name,
  priority: 0,
  parameters: { type: "object", additionalProperties: false, properties: {} },
  ...fields,
});
const BUNDLE: BundleMetadata = {
  abi: ABI_VERSION,
  compiler: "none",
  rules: [rule("one", { reads: READS_CATEGORIES }), rule("two", { reads: READS_SKU }), rule("all")],
  symbols: [],
  reads: READS_CATEGORIES | READS_SKU | READS_PRODUCT,
};

/** What carts are read for by a table of these rules. */
function readsOf(...rules: string[]): number {
  const promotions = rules.map((name) => ({ id: name, rule: name, priority: 0 }));
  const { bytes, symbols } = compileTable(promotions, DEFAULT_POLICY, BUNDLE);
  return decodeTable(bytes, BUNDLE, createSymbols(symbols)).reads;
}

describe("what is read of a cart", () => {
  it("is what the rules of its promotions look at, not what others of the bundle do", () => {
    expect(readsOf("two")).toBe(READS_SKU);
    expect(readsOf("one", "two")).toBe(READS_CATEGORIES | READS_SKU);
    expect(readsOf("two", "all")).toBe(BUNDLE.reads);
    expect(readsOf()).toBe(0);
  });
});
