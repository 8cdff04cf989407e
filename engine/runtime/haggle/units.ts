// Which units of which lines an effect takes: engine/cli/PRICING.md section 4. The result stands in LINE_CHOSEN of the
// selected lines, and in `times` for bundles.

import { isDiscounted, matchesFilter, nextMatch, onlyCategory } from "./filter";
import * as L from "./layout";
import { unitCap } from "./limits";
import { ADDRESSES, COUNT, isSelected as isListed, selectAll, selectCategory } from "./lines";
import { orderOf } from "./orders";
import { lineAddress } from "./records";
import { chooseBuyGet } from "./rounds";
import { BOUGHT_UNITS, FREE_UNITS, GOT_UNITS, SELECTED } from "./state";

export let selectedCount: i32 = 0;
/** How often a bundle is there. */
export let times: i64 = 1;

@inline
export function selectedAt(position: i32): usize {
  return load<u32>(SELECTED + ((position as usize) << 2));
}

/** Selects the lines of an effect with all their units, then what the effect says of units. */
export function chooseUnits(effect: usize, flags: u32, maxUnits: i32): void {
  const more: usize = load<u32>(effect, L.EFFECT_MORE);
  times = 1;
  if (more == 0 && maxUnits == L.NONE) {
    selectLines(effect, flags);
    return;
  }
  // Lines that are not selected must say so, since units are taken in other orders than that of the selection.
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) store<i32>(line, 0, L.LINE_CHOSEN);
  selectLines(effect, flags);
  if (more != 0) narrow(more, flags, maxUnits);
  if (maxUnits != L.NONE) capUnits(more == 0 ? L.PICK_CHEAPEST : load<i32>(more, L.MORE_PICK), maxUnits);
  compact();
}

function narrow(more: usize, flags: u32, maxUnits: i32): void {
  const pick = load<i32>(more, L.MORE_PICK);
  if (load<i32>(more, L.MORE_SLOT_COUNT) > 0) chooseBundle(more, pick);
  else if (load<i32>(more, L.MORE_BUY_QUANTITY) > 0) {
    chooseBuyGet(more, flags, maxUnits);
    for (let i = 0; i < selectedCount; i++) takeGot(selectedAt(i));
  }
  if (load<i32>(more, L.MORE_GROUPS_OF) > 1) chooseGroups(more, pick);
  if (load<i32>(more, L.MORE_SKIP) > 0 || load<i32>(more, L.MORE_EVERY) > 1) chooseSequence(more, pick);
  const perLine = load<i32>(more, L.MORE_MAX_UNITS_PER_LINE);
  if (perLine != L.NONE) {
    for (let i = 0; i < selectedCount; i++) limitUnits(selectedAt(i), perLine);
  }
  const most = load<i32>(more, L.MORE_MAX_UNITS);
  // Rounds of buy and get have kept to it for each product, sku or line.
  if (most != L.NONE && load<i32>(more, L.MORE_BUY_QUANTITY) == 0) capUnits(pick, most);
}

function selectLines(effect: usize, flags: u32): void {
  selectedCount = 0;
  const selection: usize = load<u32>(effect, L.EFFECT_SELECTION);
  switch (load<i32>(effect, L.EFFECT_SELECTS)) {
    case L.SELECTS_LINE:
      selectLine(selection, flags);
      break;
    case L.SELECTS_LINES:
      selectListed(selection, flags);
      break;
    case L.SELECTS_FILTER: {
      const category = onlyCategory(selection);
      if (category != 0) selectListed(selectCategory(category), flags);
      else {
        for (let line = nextMatch(lineAddress(0), selection); line != 0; line = nextMatch(line + L.LINE_STRIDE, selection)) selectLine(line, flags);
      }
      break;
    }
    default:
      selectListed(selectAll(), flags);
  }
}

/** Selects units of a sku for a gift that is in the cart already, the cheapest first. Returns how many there are. */
export function choosePresent(sku: u32, flags: u32, most: i32): i64 {
  selectedCount = 0;
  let line = lineAddress(0);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, line += L.LINE_STRIDE) {
    store<i32>(line, 0, L.LINE_CHOSEN);
    if (load<u32>(line, L.LINE_SKU) == sku) selectLine(line, flags);
  }
  capUnits(L.PICK_CHEAPEST, most);
  const cap = unitCap();
  if (cap != L.NONE) capUnits(L.PICK_CHEAPEST, cap);
  compact();
  let units: i64 = 0;
  for (let i = 0; i < selectedCount; i++) units += load<i32>(selectedAt(i), L.LINE_CHOSEN) as i64;
  return units;
}

function selectListed(selection: usize, flags: u32): void {
  let address: usize = load<u32>(selection, ADDRESSES);
  const end = address + ((load<u32>(selection, COUNT) as usize) << 2);
  for (; address < end; address += 4) selectLine(load<u32>(address), flags);
}

function selectLine(line: usize, flags: u32): void {
  if ((flags & L.PROMOTION_UNDISCOUNTED) != 0 && isDiscounted(line)) return;
  const units = unitsOf(line, flags);
  if (units <= 0) return;
  store<i32>(line, units, L.LINE_CHOSEN);
  store<u32>(SELECTED + ((selectedCount as usize) << 2), line as u32);
  selectedCount++;
}

/** Units that are still there for a promotion with these flags. */
@inline
export function unitsOf(line: usize, flags: u32): i32 {
  const units = load<i32>(line, L.LINE_QUANTITY);
  return (flags & L.PROMOTION_UNITS_ONCE) != 0 ? units - load<i32>(line, L.LINE_USED) : units;
}

/** Leaves out the lines that have no chosen unit any more. */
function compact(): void {
  let kept = 0;
  for (let i = 0; i < selectedCount; i++) {
    const line = selectedAt(i);
    if (load<i32>(line, L.LINE_CHOSEN) == 0) continue;
    store<u32>(SELECTED + ((kept as usize) << 2), line as u32);
    kept++;
  }
  selectedCount = kept;
}

@inline
function takeGot(line: usize): void {
  store<i32>(line, load<i32>(GOT_UNITS + ((load<u32>(line, L.LINE_INDEX) as usize) << 2)), L.LINE_CHOSEN);
}

@inline
function limitUnits(line: usize, most: i32): void {
  if (load<i32>(line, L.LINE_CHOSEN) > most) store<i32>(line, most, L.LINE_CHOSEN);
}

/** Keeps the first `most` units in the order of a pick. */
function capUnits(pick: i32, most: i32): void {
  let address = orderOf(pick);
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, address += 4) {
    const line: usize = load<u32>(address);
    if (!isSelected(line)) continue;
    limitUnits(line, most);
    most -= load<i32>(line, L.LINE_CHOSEN);
  }
}

/** LINE_CHOSEN of a line that was not selected may be left over from another effect. */
@inline
function isSelected(line: usize): bool {
  return load<i32>(line, L.LINE_CHOSEN) > 0;
}

/** What a line is counted with: its product, its sku, itself; the same for all when nothing is told apart. */
@inline
export function keyOf(line: usize, per: i32): i32 {
  if (per == L.PER_GROUP_PRODUCT) return load<i32>(line, L.LINE_PRODUCT_GROUP);
  if (per == L.PER_GROUP_SKU) return load<i32>(line, L.LINE_SKU_GROUP);
  return per == L.PER_GROUP_LINE ? load<i32>(line, L.LINE_INDEX) + 1 : 1;
}

/** Keys run from 1 to the number of lines at most. */
@inline
export function keyCount(per: i32): i32 {
  return per == L.PER_GROUP_ALL ? 1 : load<i32>(L.CART + L.CART_LINE_COUNT);
}

/** Only full groups of units, in the order of the pick. */
function chooseGroups(more: usize, pick: i32): void {
  const size = load<i32>(more, L.MORE_GROUPS_OF);
  const per = load<i32>(more, L.MORE_PER);
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  for (let key = 1, keys = keyCount(per); key <= keys; key++) {
    let units: i64 = 0;
    for (let i = 0; i < selectedCount; i++) {
      const line = selectedAt(i);
      if (keyOf(line, per) == key) units += load<i32>(line, L.LINE_CHOSEN) as i64;
    }
    let open = units - (units % (size as i64));
    if (units == open) continue;
    let address = orderOf(pick);
    for (let i = 0; i < lines; i++, address += 4) {
      const line: usize = load<u32>(address);
      if (!isSelected(line) || keyOf(line, per) != key) continue;
      const chosen = min(load<i32>(line, L.LINE_CHOSEN) as i64, open);
      store<i32>(line, chosen as i32, L.LINE_CHOSEN);
      open -= chosen;
    }
  }
}

/** Leaves out the first ones, then takes the first of every so many: units or lines. */
function chooseSequence(more: usize, pick: i32): void {
  const overLines = load<i32>(more, L.MORE_OVER) == L.OVER_LINES;
  const skip = load<i32>(more, L.MORE_SKIP) as i64;
  const every = load<i32>(more, L.MORE_EVERY) as i64;
  let address = orderOf(pick);
  let position: i64 = 0;
  for (let i = 0, n = load<i32>(L.CART + L.CART_LINE_COUNT); i < n; i++, address += 4) {
    const line: usize = load<u32>(address);
    if (!isSelected(line)) continue;
    const chosen = load<i32>(line, L.LINE_CHOSEN);
    const step: i64 = overLines ? 1 : (chosen as i64);
    const taken = takenUpTo(position + step, skip, every) - takenUpTo(position, skip, every);
    position += step;
    store<i32>(line, overLines ? (taken > 0 ? chosen : 0) : (taken as i32), L.LINE_CHOSEN);
  }
}

/** How many of the first `position` stay. */
@inline
function takenUpTo(position: i64, skip: i64, every: i64): i64 {
  return position <= skip ? 0 : (position - skip - 1) / every + 1;
}

/** As many whole bundles as there are goods for. Fewer bundles leave more goods to every slot, so bisection finds the most. */
function chooseBundle(more: usize, pick: i32): void {
  let low: i64 = 0;
  let high: i64 = load<i64>(L.CART + L.CART_QUANTITY);
  const most = load<i32>(more, L.MORE_MAX_TIMES);
  if (most != L.NONE && (most as i64) < high) high = most as i64;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fillSlots(more, pick, middle)) low = middle;
    else high = middle - 1;
  }
  fillSlots(more, pick, low);
  times = low;
  for (let i = 0; i < selectedCount; i++) takeGot(selectedAt(i));
}

/** Sets the units of `count` bundles aside, slot by slot; false when there are not enough. */
function fillSlots(more: usize, pick: i32, count: i64): bool {
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  let line = lineAddress(0);
  for (let i = 0; i < lines; i++, line += L.LINE_STRIDE) {
    store<i32>(FREE_UNITS + ((i as usize) << 2), load<i32>(line, L.LINE_CHOSEN));
    store<i32>(GOT_UNITS + ((i as usize) << 2), 0);
    store<i32>(BOUGHT_UNITS + ((i as usize) << 2), 0);
  }
  const listed = (load<u32>(more, L.MORE_FLAGS) & L.MORE_SLOT_SELECTIONS) != 0;
  let slot: usize = load<u32>(more, L.MORE_SLOTS);
  const end = slot + (load<u32>(more, L.MORE_SLOT_COUNT) as usize) * L.SLOT_STRIDE;
  for (; slot < end; slot += L.SLOT_STRIDE) {
    const filter: usize = load<u32>(slot, L.SLOT_FILTER);
    let need = count * (load<i32>(slot, L.SLOT_QUANTITY) as i64);
    let address = orderOf(pick);
    for (let i = 0; i < lines && need > 0; i++, address += 4) {
      const candidate: usize = load<u32>(address);
      const at = (load<u32>(candidate, L.LINE_INDEX) as usize) << 2;
      const free = load<i32>(FREE_UNITS + at);
      if (free == 0 || !(listed ? isListed(filter, candidate) : matchesFilter(candidate, filter))) continue;
      const taken = min(free as i64, need);
      store<i32>(FREE_UNITS + at, free - (taken as i32));
      store<i32>(GOT_UNITS + at, load<i32>(GOT_UNITS + at) + (taken as i32));
      need -= taken;
    }
    if (need > 0) return false;
  }
  return true;
}
