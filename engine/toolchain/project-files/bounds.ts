// The bounds of a project, within which strategies may set unit prices: `bounds.yaml`.

import { findFaults, MAX_BOUNDS, type PriceBound, parseBounds, type Schema } from "@haggle/abi";
import type { Diagnostic } from "../diagnostics.ts";
import { faultOf, ifSound } from "./faults.ts";
import { findingOf } from "./finding.ts";
import { list, NAME, PERCENT, record } from "./schema-parts.ts";
import type { DataSource } from "./source.ts";

const amount: Schema = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const bound = record(
  {
    sku: { ...NAME, description: "One sku, or all that begin with what stands before a * at its end" },
    minUnitPrice: { ...amount, description: "The least that a strategy may ask for, in minor units" },
    maxUnitPrice: { ...amount, description: "The most, in minor units" },
    // How far a price may be from every one of the hour before.
    maxChangePerHour: PERCENT,
  },
  ["sku", "minUnitPrice", "maxUnitPrice"],
);

/** The published JSON schema of a bounds file. */
export function boundsSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Bounds",
    description: "Within which strategies may set unit prices; the first that has a sku counts",
    ...list(bound, MAX_BOUNDS),
  };
}

/** Undefined where the file is not sound: `checkBounds` tells why. */
export function readBounds(source: DataSource): PriceBound[] | undefined {
  return source.faults.length > 0 ? undefined : ifSound(() => parseBounds(source.value, source.file));
}

/** Everything that is wrong with them. */
export function checkBounds(source: DataSource): Diagnostic[] {
  if (source.faults.length > 0) return source.faults;
  const schema = boundsSchema();
  const found = findFaults(source.value, schema, schema).map((fault) => findingOf(fault, { rules: [] }));
  if (found.length > 0) return found.map(({ path, ...finding }) => source.faultAt(path, finding));
  // What no schema can say: the least above the most, one sku twice.
  return faultOf(source, [], "bounds", () => parseBounds(source.value, "bounds"), 0);
}
