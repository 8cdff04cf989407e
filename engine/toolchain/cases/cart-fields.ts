// The engine leaves fields that it does not know unread. Whoever tries a cart by hand wants to hear of them.

import { findUnknownFields, HaggleError } from "@haggle/abi";
import { nearestTo } from "../did-you-mean.ts";
import { CART_FIELDS } from "./cases-schema.ts";

/**
 * Refuses a cart with a field that would be left unread, as the server does. `at` is where the cart stands.
 *
 * @throws HaggleError CART_UNKNOWN_FIELD with the path of the first such field
 */
export function checkCartFields(cart: unknown, at = ""): void {
  const [unknown] = findUnknownFields(cart);
  if (unknown === undefined) return;
  const meant = fieldMeant(unknown);
  throw new HaggleError("CART_UNKNOWN_FIELD", `A cart has no such field${meant}`, {
    at: at === "" ? unknown : `${at}.${unknown}`,
  });
}

/** `lines[0].unitprice` is a field of a line. */
function fieldMeant(path: string): string {
  const [, owner = "cart", field = ""] =
    /^(?:(lines|shipping|customer)(?:\[\d+\])?\.)?(.*)$/s.exec(path) ?? [];
  const nearest = nearestTo(field, CART_FIELDS[owner as keyof typeof CART_FIELDS]);
  return nearest === undefined ? "" : `; did you mean "${nearest}"?`;
}
