// Selections of lines. The engine makes an index by category once per evaluation, so that a rule which asks for
// a category pays for one load, however many lines there are; other selections are made when asked for.

import { Line } from "./cart";
import { isDiscounted } from "./filter";
import * as L from "./layout";
import { attributeSymbol, findLineAttribute, lineAddress } from "./records";
import { Sym, Tags } from "./symbol";

// A selection: i64 total, i64 quantity, u32 count, u32 address of line addresses; in the index, u32 epoch too.
export const TOTAL: usize = 0;
export const QUANTITY: usize = 8;
export const COUNT: usize = 16;
export const ADDRESSES: usize = 20;
const EPOCH: usize = 24;
const SELECTION: usize = 32;

const ALL: usize = L.SCRATCH;
const EMPTY: usize = ALL + SELECTION;
const INDEX: usize = EMPTY; // by symbol; symbol 0 is the empty selection
const POSTINGS: usize = INDEX + (L.MAX_SYMBOLS as usize + 1) * SELECTION;
/** Where the rest of the scratch area begins. */
export const LINES_END: usize = POSTINGS + L.MAX_LINES * (L.MAX_CATEGORIES + 1) * 4;

// Stamps entries of the running evaluation, so that none has to be cleared. A rebuilt instance starts again at 0.
let epoch: u32 = 0;

/** Sums the cart and makes the selections of all lines and of each category. */
export function indexLines(): void {
  epoch++;
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  let postings = POSTINGS;
  let total: i64 = 0;
  let quantity: i64 = 0;
  store<u32>(ALL, postings as u32, ADDRESSES);
  for (let i = 0; i < count; i++) {
    const line = lineAddress(i);
    const units = load<i32>(line, L.LINE_QUANTITY) as i64;
    const amount = load<i64>(line, L.LINE_UNIT_PRICE) * units;
    store<i64>(line, amount, L.LINE_TOTAL);
    store<u32>(postings, line as u32);
    postings += 4;
    total += amount;
    quantity += units;
    let category: usize = load<u32>(line, L.LINE_CATEGORIES);
    const end = category + ((load<u32>(line, L.LINE_CATEGORY_COUNT) as usize) << 2);
    for (; category < end; category += 4) {
      const entry = INDEX + (load<u32>(category) as usize) * SELECTION;
      if (load<u32>(entry, EPOCH) != epoch) {
        store<u32>(entry, epoch, EPOCH);
        store<i64>(entry, amount, TOTAL);
        store<i64>(entry, units, QUANTITY);
        store<u32>(entry, 1, COUNT);
        store<u32>(entry, 0, ADDRESSES);
      } else {
        store<i64>(entry, load<i64>(entry, TOTAL) + amount, TOTAL);
        store<i64>(entry, load<i64>(entry, QUANTITY) + units, QUANTITY);
        store<u32>(entry, load<u32>(entry, COUNT) + 1, COUNT);
      }
    }
  }
  store<i64>(ALL, total, TOTAL);
  store<i64>(ALL, quantity, QUANTITY);
  store<i32>(ALL, count, COUNT);
  store<i64>(L.CART + L.CART_SUBTOTAL, total);
  store<i64>(L.CART + L.CART_QUANTITY, quantity);
  fillCategories(count, postings);
}

/** Second pass: gives each category a run of addresses and fills it in canonical order. */
function fillCategories(count: i32, postings: usize): void {
  for (let i = 0; i < count; i++) {
    const line = lineAddress(i);
    let category: usize = load<u32>(line, L.LINE_CATEGORIES);
    const end = category + ((load<u32>(line, L.LINE_CATEGORY_COUNT) as usize) << 2);
    for (; category < end; category += 4) {
      const entry = INDEX + (load<u32>(category) as usize) * SELECTION;
      let start: usize = load<u32>(entry, ADDRESSES);
      if (start == 0) {
        start = postings;
        store<u32>(entry, start as u32, ADDRESSES);
        store<u32>(entry, 0, EPOCH + 4); // how many are filled
        postings += (load<u32>(entry, COUNT) as usize) << 2;
      }
      const filled = load<u32>(entry, EPOCH + 4);
      store<u32>(start + ((filled as usize) << 2), line as u32);
      store<u32>(entry, filled + 1, EPOCH + 4);
    }
  }
}

@inline
export function selectAll(): usize {
  return ALL;
}

export function selectCategory(symbol: usize): usize {
  const entry = INDEX + symbol * SELECTION;
  return load<u32>(entry, EPOCH) == epoch ? entry : EMPTY;
}

// What a line is asked in `selectMatching`.
export const MATCH_TAGS = 1;
export const MATCH_SKU = 2;
export const MATCH_PRODUCT = 3;
export const MATCH_ATTRIBUTE = 4;
export const MATCH_EXCEPT = 5;
export const MATCH_UNDISCOUNTED = 6;
export const MATCH_SUBSCRIPTION = 7;

/** Selects lines by anything but one category, into the arena of the running rule. */
export function selectMatching(kind: i32, a: usize, b: usize): usize {
  const count = load<i32>(L.CART + L.CART_LINE_COUNT);
  const selection = __arena(SELECTION + ((count as usize) << 2));
  const addresses = selection + SELECTION;
  let total: i64 = 0;
  let quantity: i64 = 0;
  let found: usize = 0;
  for (let i = 0; i < count; i++) {
    const line = lineAddress(i);
    if (!matches(line, kind, a, b)) continue;
    store<u32>(addresses + (found << 2), line as u32);
    total += load<i64>(line, L.LINE_TOTAL);
    quantity += load<i32>(line, L.LINE_QUANTITY) as i64;
    found++;
  }
  store<i64>(selection, total, TOTAL);
  store<i64>(selection, quantity, QUANTITY);
  store<u32>(selection, found as u32, COUNT);
  store<u32>(selection, addresses as u32, ADDRESSES);
  return selection;
}

function matches(line: usize, kind: i32, a: usize, b: usize): bool {
  switch (kind) {
    case MATCH_TAGS:
      return changetype<Line>(line).inCategories(changetype<Tags>(a));
    case MATCH_SKU:
      return a != 0 && (load<u32>(line, L.LINE_SKU) as usize) == a;
    case MATCH_PRODUCT:
      return a != 0 && (load<u32>(line, L.LINE_PRODUCT) as usize) == a;
    case MATCH_EXCEPT:
      return isSelected(a, line) && !isSelected(b, line);
    case MATCH_UNDISCOUNTED:
      return isSelected(a, line) && !isDiscounted(line);
    case MATCH_SUBSCRIPTION:
      return isSelected(a, line) && changetype<Line>(line).subscription;
    default:
      return attributeSymbol(findLineAttribute(line, a)) == changetype<Sym>(b);
  }
}

/** Whether a line is in a selection, whose addresses ascend because lines were looked at in their order. */
export function isSelected(selection: usize, line: usize): bool {
  let low = 0;
  let high = load<i32>(selection, COUNT);
  const addresses: usize = load<u32>(selection, ADDRESSES);
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((load<u32>(addresses + ((middle as usize) << 2)) as usize) < line) low = middle + 1;
    else high = middle;
  }
  return low < load<i32>(selection, COUNT) && (load<u32>(addresses + ((low as usize) << 2)) as usize) == line;
}
