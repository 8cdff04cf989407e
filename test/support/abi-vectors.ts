// The golden vectors of the wire format, read from test/vectors/abi: a new case is a new file.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  ABI_VERSION,
  type BundleMetadata,
  type Cart,
  type DecisionCounts,
  type DecisionRecords,
  type DecisionTotals,
  type DecodedTable,
  type LineMode,
  type ParametersSchema,
  type Policy,
  type Promotion,
  READS_CATEGORIES,
  READS_CUSTOMER_ATTRIBUTES,
  READS_GROUPS,
  READS_LINE_ATTRIBUTES,
  READS_PRODUCT,
  READS_SEGMENTS,
  READS_SKU,
  type SeenCart,
} from "@haggle/abi";

/** Of a release that looks at everything. */
export const ALL_READS =
  READS_CATEGORIES |
  READS_SKU |
  READS_PRODUCT |
  READS_LINE_ATTRIBUTES |
  READS_SEGMENTS |
  READS_CUSTOMER_ATTRIBUTES |
  READS_GROUPS;

export type CartVector = {
  about: string;
  cart: Cart;
  /** Symbol k is `symbols[k - 1]`. */
  symbols: string[];
  /** READS_* bits. */
  reads: number;
  /** Canonical when left out. */
  lines?: LineMode;
  /** Hex, from address CART on. */
  bytes: string;
  sees: SeenCart;
};

export type TableVector = {
  about: string;
  rules: { name: string; parameters: ParametersSchema }[];
  promotions: Promotion[];
  policy: Policy;
  symbols: string[];
  reads: number;
  /** Hex, from address TABLE on. */
  bytes: string;
  /** All symbols after encoding. */
  interned: string[];
  sees: DecodedTable;
};

export type DecisionVector = {
  about: string;
  counts: DecisionCounts;
  totals: DecisionTotals;
  records: DecisionRecords;
  /** Hex, from address DECISION on. */
  bytes: string;
};

export const VECTORS = join(import.meta.dirname, "../vectors/abi");

/** Name and content of each vector in a folder of test/vectors/abi. */
export function readVectors<T>(folder: "carts" | "tables" | "decisions"): [name: string, vector: T][] {
  return readdirSync(join(VECTORS, folder))
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => [
      basename(name, ".json"),
      JSON.parse(readFileSync(join(VECTORS, folder, name), "utf8")) as T,
    ]);
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The metadata of a bundle that has a table vector's rules. */
export function metadataOf({
  rules,
  symbols,
  reads,
}: Pick<TableVector, "rules" | "symbols" | "reads">): BundleMetadata {
  return {
    abi: ABI_VERSION,
    compiler: "none",
    rules: rules.map(({ name, parameters }) => {
      return { name, kind: "promotion", file: "", function: name, priority: 0, parameters };
    }),
    symbols,
    reads,
  };
}
