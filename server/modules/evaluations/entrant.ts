import { HaggleError } from "@haggle/abi";
import type { Cart, CartCustomer } from "@haggle/sdk";
import { type AssignmentContext, isVariantSegment } from "@haggle/sdk/experiments";
import type { Shopper } from "../rollout/service.ts";

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

/**
 * Who takes part in experiments, and what their conditions may look at. Undefined for a cart that the engine refuses anyway,
 * which is then refused as it came.
 */
export function findEntrant(cart: unknown, { customer, session }: Shopper): AssignmentContext | undefined {
  if (typeof cart !== "object" || cart === null) return undefined;
  const { id, currency, market, channel, paymentMethod, customer: buyer } = cart as Unchecked;
  if (typeof id !== "string") return undefined;
  const common = { currency, market, channel, paymentMethod };
  if (buyer === undefined) return { units: { customer, session, cart: id }, attributes: common };
  if (typeof buyer !== "object" || buyer === null) return undefined;
  const { tier, loggedIn, orders, segments, attributes } = buyer as UncheckedCustomer;
  if (!Array.isArray(segments)) return undefined;
  const own = typeof attributes === "object" ? attributes : {};
  return {
    units: { customer, session, cart: id },
    attributes: { ...own, ...common, tier, loggedIn, orders, segments },
  };
}

function segmentsOf(cart: unknown): readonly unknown[] {
  const { segments } = ((cart as Unchecked | null | undefined)?.customer ?? {}) as UncheckedCustomer;
  return Array.isArray(segments) ? segments : [];
}
