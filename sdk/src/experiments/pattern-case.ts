import type { UnitSet } from "./pattern-parse.ts";

const UNITS = 0x10000;

/** ECMAScript's Canonicalize without the flag `u`: upper case, unless that is several units, or ASCII of what is not. */
export function foldUnit(unit: number): number {
  const upper = String.fromCharCode(unit).toUpperCase();
  if (upper.length !== 1) return unit;
  const folded = upper.charCodeAt(0);
  return unit >= 128 && folded < 128 ? unit : folded;
}

/** The units that equal a member of the set when case is left aside. Asks the set when it is asked: sets are made by the thousand. */
export function foldedSet(isMember: UnitSet): UnitSet {
  return (unit) => isMember(unit) || (unitsByFold().get(foldUnit(unit))?.some(isMember) ?? false);
}

let byFold: ReadonlyMap<number, readonly number[]> | undefined;

/** Units by what they fold to, as far as that is another unit or several do. */
function unitsByFold(): ReadonlyMap<number, readonly number[]> {
  if (byFold !== undefined) return byFold;
  const found = new Map<number, number[]>();
  for (let unit = 0; unit < UNITS; unit++) {
    const folded = foldUnit(unit);
    if (folded !== unit) found.set(folded, [...(found.get(folded) ?? [folded]), unit]);
  }
  byFold = found;
  return found;
}
