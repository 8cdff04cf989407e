import type { Cart, CartCustomer } from "@haggle/abi";
import type { AssignmentContext } from "./assignment.ts";

/** Of a cart that nobody has checked yet. */
type Unchecked = { [Field in keyof Cart]?: unknown };
type UncheckedCustomer = { [Field in keyof CartCustomer]?: unknown };

/**
 * Who takes part in experiments with a cart, and what their conditions may look at: the same in a browser and on the server,
 * so that both give one variant. Undefined for a cart that the engine refuses anyway, which is then refused as it came.
 * `attributes`: what is known beside the cart, whose own words count first.
 */
export function findEntrant(
  cart: unknown,
  units: AssignmentContext["units"],
  attributes: AssignmentContext["attributes"] = {},
): AssignmentContext | undefined {
  if (typeof cart !== "object" || cart === null) return undefined;
  const { id, currency, market, channel, paymentMethod, customer: buyer } = cart as Unchecked;
  if (typeof id !== "string") return undefined;
  const common = { currency, market, channel, paymentMethod };
  const who = { ...units, cart: id };
  if (buyer === undefined) return { units: who, attributes: { ...attributes, ...common } };
  if (typeof buyer !== "object" || buyer === null) return undefined;
  const { tier, loggedIn, orders, segments, attributes: stated } = buyer as UncheckedCustomer;
  if (!Array.isArray(segments)) return undefined;
  const own = typeof stated === "object" ? stated : {};
  return {
    units: who,
    attributes: { ...attributes, ...own, ...common, tier, loggedIn, orders, segments },
  };
}
