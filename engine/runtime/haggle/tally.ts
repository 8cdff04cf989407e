// What the promotion at hand is doing: who it is, and what its effects have wanted and got so far.

import * as L from "./layout";
import { addWanted } from "./state";
import { setTaking } from "./take";

/** Position among the candidates, PROMOTION_* bits, and whether it is of the catalog phase. */
export let position: i32 = 0;
export let flags: u32 = 0;
export let catalog: bool = false;
/** Money that it wanted and got, and whether it gave something else: a gift, points, cashback. */
export let wantedSum: i64 = 0;
export let grantedSum: i64 = 0;
export let gaveOther: bool = false;
/** Whether an effect that moves money, or adds a gift, got nothing. */
export let gotNothing: bool = false;

export function startTally(at: i32, promotion: usize): void {
  position = at;
  flags = load<u32>(promotion, L.PROMOTION_FLAGS);
  catalog = load<i32>(promotion, L.PROMOTION_PHASE) == L.PHASE_CATALOG;
  setTaking(catalog, (flags & L.PROMOTION_UNITS_ONCE) != 0);
  wantedSum = 0;
  grantedSum = 0;
  gaveOther = false;
  gotNothing = false;
}

/** Closes an offer. `gave`: it gives something that is no money. */
export function finish(offer: usize, wanted: i64, granted: i64, gave: bool = false): void {
  store<i64>(offer, wanted, L.OFFER_WANTED);
  store<i64>(offer, granted, L.OFFER_GRANTED);
  wantedSum = addWanted(wantedSum, wanted);
  grantedSum += granted;
  if (gave) gaveOther = true;
  else if (granted == 0) gotNothing = true;
}

@inline
export function noteOther(): void {
  gaveOther = true;
}
