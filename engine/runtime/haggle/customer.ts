// What a rule sees of whoever buys.

import * as L from "./layout";
import { findCustomerNumber, findCustomerSymbol, holds } from "./records";
import { Sym, Tags } from "./symbol";

@unmanaged
export class Customer {
  @inline
  get loggedIn(): bool {
    return (load<u32>(L.CART + L.CART_FLAGS) & L.CART_LOGGED_IN) != 0;
  }

  /** Orders completed so far; 0 for a guest. */
  @inline
  get orders(): i32 {
    return load<i32>(L.CART + L.CART_ORDERS);
  }

  @inline
  get tier(): Sym {
    return changetype<Sym>(load<u32>(L.CART + L.CART_TIER) as usize);
  }

  inSegment(segment: Sym): bool {
    return holds(load<u32>(L.CART + L.CART_SEGMENTS), load<i32>(L.CART + L.CART_SEGMENT_COUNT), changetype<usize>(segment));
  }

  inSegments(segments: Tags): bool {
    if (segments.isAny) return true;
    for (let i = 0, n = segments.length; i < n; i++) {
      if (this.inSegment(segments.at(i))) return true;
    }
    return false;
  }

  /** A text attribute; unknown when it is missing or no text. */
  attribute(key: Sym): Sym {
    return findCustomerSymbol(changetype<usize>(key));
  }

  attributeNumber(key: Sym, otherwise: i64): i64 {
    return findCustomerNumber(changetype<usize>(key), otherwise);
  }

  /** An integer attribute that counts something; 0 when it is missing. */
  counter(key: Sym): i64 {
    return this.attributeNumber(key, 0);
  }
}
