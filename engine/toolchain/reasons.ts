// What rules say to people and look at in carts, read off the syntax: reasons, and the parts of a cart that are used.

import {
  READS_CATEGORIES,
  READS_CUSTOMER_ATTRIBUTES,
  READS_GROUPS,
  READS_LINE_ATTRIBUTES,
  READS_PRODUCT,
  READS_SEGMENTS,
  READS_SKU,
} from "@haggle/abi";
import { type AscNode, type AscSource, asc } from "./asc.ts";
import { diagnosticAt } from "./asc-diagnostics.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { isBinary, isCall, isIdentifier, isPropertyAccess, isString, isTemplate, walk } from "./syntax.ts";

/** Where each maker of a Result takes its reason. `none` has nothing to give a reason for. */
const REASON_ARGUMENT: Record<string, number> = {
  order: 1,
  orderPercent: 1,
  line: 2,
  linePercent: 2,
  linesPercent: 2,
  shipping: 1,
  shippingPercent: 1,
  message: 1,
};

const REASON_HINT = 'say why in a text literal: `Result.order(50_00, "FULL_300_OFF_50")`';

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
  inSegment: READS_SEGMENTS,
  inSegments: READS_SEGMENTS,
  skuGroup: READS_GROUPS | READS_SKU,
  productGroup: READS_GROUPS | READS_PRODUCT,
};

/** Refuses results without a reason that hosts can know before a cart comes. */
export function checkReasons(source: AscSource, found: Diagnostic[]): void {
  for (const statement of source.statements) {
    walk(statement, (node) => {
      if (!isCall(node) || !isPropertyAccess(node.expression)) return;
      const { expression, property } = node.expression;
      if (!isIdentifier(expression) || expression.text !== "Result") return;
      if (!Object.hasOwn(REASON_ARGUMENT, property.text)) return;
      const reason = node.args[REASON_ARGUMENT[property.text]!];
      if (reason === undefined) {
        const message = `Result.${property.text} without a reason`;
        found.push(diagnosticAt(node, "BUILD_MISSING_REASON", message, REASON_HINT));
      } else if (isString(reason) && reason.value.trim() === "") {
        found.push(diagnosticAt(reason, "BUILD_MISSING_REASON", "The reason is empty", REASON_HINT));
      } else if (isTemplate(reason) || (isBinary(reason) && reason.operator === asc.Token.Plus)) {
        const hint = "hosts know every reason before a cart comes; name amounts in the message of the shop";
        found.push(diagnosticAt(reason, "BUILD_NOT_LITERAL", "The reason is made at run time", hint));
      }
    });
  }
}

/** READS_* bits of what a source looks at: more than needed is slower, less would be wrong. */
export function readsOf(source: AscSource): number {
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
