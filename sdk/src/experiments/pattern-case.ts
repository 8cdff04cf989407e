import type { UnitSet } from "./pattern-parse.ts";

const UNITS = 0x10000;

/** ECMAScript's Canonicalize without the flag `u`: upper case, unless that is several units, or ASCII of what is not. */
export function foldUnit(unit: number): number {
  const upper = String.fromCharCode(unit).toUpperCase();
  if (upper.length !== 1) return unit;
  const folded = upper.charCodeAt(0);
  return unit >= 128 && folded < 128 ? unit : folded;
}

/** The units that equal a member of the set when case is left aside. */
export function foldedSet(isMember: UnitSet): UnitSet {
  const folded = new Uint8Array(UNITS);
  for (let unit = 0; unit < UNITS; unit++) if (isMember(unit)) folded[foldUnit(unit)] = 1;
  return (unit) => folded[foldUnit(unit)] === 1;
}
