// What rules look at in carts, read off the syntax: the rest of a cart is not encoded.

import {
  READS_CATEGORIES,
  READS_CUSTOMER_ATTRIBUTES,
  READS_GROUPS,
  READS_LINE_ATTRIBUTES,
  READS_PRODUCT,
  READS_SEGMENTS,
  READS_SKU,
} from "@haggle/abi";
import type { AscNode, AscSource } from "./asc.ts";
import { isExport, isImport, isPropertyAccess, walk } from "./syntax.ts";

const MEMBER_READS: Record<string, number> = {
  inCategory: READS_CATEGORIES,
  inCategories: READS_CATEGORIES,
  hasCategory: READS_CATEGORIES,
  sku: READS_SKU,
  ofSku: READS_SKU,
  product: READS_PRODUCT,
  ofProduct: READS_PRODUCT,
  // Lines and customers name these alike, and the syntax does not tell them apart.
  withAttribute: READS_LINE_ATTRIBUTES | READS_CUSTOMER_ATTRIBUTES,
  hasAttribute: READS_LINE_ATTRIBUTES | READS_CUSTOMER_ATTRIBUTES,
  attribute: READS_LINE_ATTRIBUTES | READS_CUSTOMER_ATTRIBUTES,
  attributeNumber: READS_LINE_ATTRIBUTES | READS_CUSTOMER_ATTRIBUTES,
  counter: READS_CUSTOMER_ATTRIBUTES,
  inSegment: READS_SEGMENTS,
  inSegments: READS_SEGMENTS,
  skuGroup: READS_GROUPS | READS_SKU,
  productGroup: READS_GROUPS | READS_PRODUCT,
  perSku: READS_GROUPS | READS_SKU,
  perProduct: READS_GROUPS | READS_PRODUCT,
  // A gift that is in the cart already is known by its sku.
  discountPresent: READS_SKU,
};

/** Several rules may import one source. */
const known = new WeakMap<AscSource, number>();

/** READS_* bits of what a source looks at: more than needed is slower, less would be wrong. */
export function readsOf(source: AscSource): number {
  const reads = known.get(source) ?? findReads(source);
  known.set(source, reads);
  return reads;
}

function findReads(source: AscSource): number {
  let reads = 0;
  for (const statement of source.statements) {
    walk(statement, (node: AscNode) => {
      if (!isPropertyAccess(node)) return;
      const member = node.property.text;
      if (Object.hasOwn(MEMBER_READS, member)) reads |= MEMBER_READS[member]!;
    });
  }
  return reads;
}

/** The bits of a source and of all that it imports: what a rule in it may look at. */
export function readsOfImported(source: AscSource, sources: readonly AscSource[]): number {
  const reached = new Set([source]);
  // Grows while it is walked.
  for (const each of reached) {
    for (const statement of each.statements) {
      const path = isImport(statement) || isExport(statement) ? statement.internalPath : null;
      const found = sources.find(
        ({ internalPath }) => internalPath === path || internalPath === `${path}/index`,
      );
      if (found !== undefined) reached.add(found);
    }
  }
  return [...reached].reduce((reads, each) => reads | readsOf(each), 0);
}
