import { HaggleError } from "@haggle/abi";
import type { Cart, CartCustomer } from "@haggle/sdk";
import { isVariantSegment } from "@haggle/sdk/experiments";

/** Of a cart that nobody has checked yet. */
type Unchecked = { [Field in keyof Cart]?: unknown };
type UncheckedCustomer = { [Field in keyof CartCustomer]?: unknown };

/**
 * Whoever could say in which variant he is would choose his price.
 *
 * @throws HaggleError CART_RESERVED_SEGMENT
 */
export function checkClaims(cart: unknown): void {
  const segments = segmentsOf(cart);
  const index = segments.findIndex((segment) => typeof segment === "string" && isVariantSegment(segment));
  if (index === -1) return;
  throw new HaggleError("CART_RESERVED_SEGMENT", "A variant is given, never claimed", {
    at: `customer.segments[${index}]`,
    value: segments[index],
  });
}

function segmentsOf(cart: unknown): readonly unknown[] {
  const { segments } = ((cart as Unchecked | null | undefined)?.customer ?? {}) as UncheckedCustomer;
  return Array.isArray(segments) ? segments : [];
}
