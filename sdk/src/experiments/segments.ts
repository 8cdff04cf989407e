import type { Cart } from "@haggle/abi";
import type { Assignment } from "./assignment.ts";

// How a variant reaches a price: as a segment of the customer, which conditions of promotions look at.

const PREFIX = "experiment:";

/** @example variantSegment("summer-threshold", "b") // "experiment:summer-threshold=b" */
export function variantSegment(experiment: string, variant: string): string {
  return `${PREFIX}${experiment}=${variant}`;
}

/** The experiment and the variant of such a segment; undefined for any other. */
export function parseVariantSegment(segment: string): { experiment: string; variant: string } | undefined {
  const [, experiment, variant] = /^experiment:([^=]+)=(.+)$/s.exec(segment) ?? [];
  return experiment === undefined || variant === undefined ? undefined : { experiment, variant };
}

/** A segment that only whoever prices may give: in a cart from outside it is a claim. */
export function isVariantSegment(segment: string): boolean {
  return segment.startsWith(PREFIX);
}

/**
 * The cart with the segments of these variants, and of no others. A cart without a customer gets a guest, who prices as
 * no customer does: no tier, no orders, not logged in.
 */
export function withVariants(
  cart: Cart,
  assignments: readonly Pick<Assignment, "experiment" | "variant">[],
): Cart {
  const { customer } = cart;
  const stated = customer?.segments ?? [];
  // Of a cart that nobody has checked: what is no text is for the engine to refuse.
  const others = stated.filter((segment) => typeof segment !== "string" || !isVariantSegment(segment));
  if (assignments.length === 0 && others.length === stated.length) return cart;
  const segments = [
    ...others,
    ...assignments.map(({ experiment, variant }) => variantSegment(experiment, variant)),
  ];
  return { ...cart, customer: { ...(customer ?? GUEST), segments } };
}

const GUEST = { id: "guest", loggedIn: false, orders: 0, attributes: {} } as const;
