// The engine leaves fields that it does not know unread. Whoever tries a cart by hand wants to hear of them.

import { findUnknownFields, HaggleError } from "@haggle/abi";

/**
 * Refuses a cart with a field that would be left unread, as the server does. `at` is where the cart stands.
 *
 * @throws HaggleError CART_UNKNOWN_FIELD with the path of the first such field
 */
export function checkCartFields(cart: unknown, at = ""): void {
  const [unknown] = findUnknownFields(cart);
  if (unknown === undefined) return;
  throw new HaggleError("CART_UNKNOWN_FIELD", "A cart has no such field", {
    at: at === "" ? unknown : `${at}.${unknown}`,
  });
}
