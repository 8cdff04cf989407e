import { refuse } from "@haggle/abi";
import { isVariantSegment } from "@haggle/sdk/experiments";
import { checkAttributes } from "../../platform/opaque.ts";
import { CUSTOMER_FIELDS } from "./schema.ts";

/**
 * A customer has the fields that are known here and no others. What another one held is not told again.
 *
 * @throws HaggleError SERVER_PERSONAL_FIELD
 */
export function checkFields(customer: unknown): void {
  if (typeof customer !== "object" || customer === null) return;
  for (const field of Object.keys(customer)) {
    if (!CUSTOMER_FIELDS.includes(field)) throw refuse("SERVER_PERSONAL_FIELD", field);
  }
  checkAttributes((customer as { attributes?: unknown }).attributes, "attributes");
}

/**
 * In which variant of an experiment somebody is, the experiment says.
 *
 * @throws HaggleError CART_RESERVED_SEGMENT
 */
export function checkSegments(segments: readonly string[] = []): void {
  const index = segments.findIndex(isVariantSegment);
  if (index >= 0) throw refuse("CART_RESERVED_SEGMENT", `segments[${index}]`, segments[index]);
}
