// Which lines a filter of the promotion table means.

import { attributeSymbol, findLineAttribute, holds, lineAddress } from "./records";
import * as L from "./layout";

/** Whether a list of `count` symbols meets tags: any of them, every one, or none. */
export function meets(list: usize, count: i32, tags: usize, mode: i32): bool {
  const wanted = load<i32>(tags, L.TAGS_COUNT);
  if (wanted == L.TAGS_ANY) return mode != L.MODE_NONE;
  let symbol = tags + L.TAGS_SYMBOLS;
  const end = symbol + ((wanted as usize) << 2);
  for (; symbol < end; symbol += 4) {
    const held = holds(list, count, load<u32>(symbol));
    if (held && mode != L.MODE_EVERY) return mode == L.MODE_ANY;
    if (!held && mode == L.MODE_EVERY) return false;
  }
  return mode != L.MODE_ANY;
}

/** The same for a single symbol; an unknown one is none of any tags. */
export function isAmong(symbol: u32, tags: usize, mode: i32): bool {
  store<u32>(ONE, symbol);
  return meets(ONE, symbol == 0 ? 0 : 1, tags, mode);
}

const ONE: usize = L.CONTROL + L.CONTROL_BYTES - 8; // a list of one symbol

/** Whether the line is among what the filter means; address 0 means all goods. */
export function matchesFilter(line: usize, filter: usize): bool {
  if (filter == 0) return true;
  const every = load<i32>(filter, L.FILTER_MATCH) == L.MODE_EVERY;
  let clause = filter + L.FILTER_CLAUSES;
  const end = clause + (load<u32>(filter, L.FILTER_COUNT) as usize) * L.CLAUSE_STRIDE;
  for (; clause < end; clause += L.CLAUSE_STRIDE) {
    if (matchesClause(line, clause) != every) return !every;
  }
  return every;
}

function matchesClause(line: usize, clause: usize): bool {
  const mode = load<i32>(clause, L.CLAUSE_MODE);
  const tags: usize = load<u32>(clause, L.CLAUSE_TAGS);
  switch (load<i32>(clause, L.CLAUSE_FIELD)) {
    case L.FIELD_CATEGORY:
      return meets(load<u32>(line, L.LINE_CATEGORIES), load<i32>(line, L.LINE_CATEGORY_COUNT), tags, mode);
    case L.FIELD_PRODUCT:
      return isAmong(load<u32>(line, L.LINE_PRODUCT), tags, mode);
    case L.FIELD_SKU:
      return isAmong(load<u32>(line, L.LINE_SKU), tags, mode);
    case L.FIELD_ATTRIBUTE:
      return isAmong(changetype<usize>(attributeSymbol(findLineAttribute(line, load<u32>(clause, L.CLAUSE_KEY)))) as u32, tags, mode);
    case L.FIELD_NUMBER: {
      const entry = findLineAttribute(line, load<u32>(clause, L.CLAUSE_KEY));
      if (entry == 0 || load<u32>(entry, L.ATTRIBUTE_KIND) == L.ATTRIBUTE_SYMBOL) return false;
      return isWithin(load<i64>(entry, L.ATTRIBUTE_VALUE), clause);
    }
    case L.FIELD_UNIT_PRICE:
      return isWithin(load<i64>(line, L.LINE_UNIT_PRICE), clause);
    case L.FIELD_QUANTITY:
      return isWithin(load<i32>(line, L.LINE_QUANTITY) as i64, clause);
    case L.FIELD_SUBSCRIPTION:
      return isWithin((load<u32>(line, L.LINE_FLAGS) & L.LINE_SUBSCRIPTION) != 0 ? 1 : 0, clause);
    default:
      return !isDiscounted(line);
  }
}

/** Something was taken off the line, in the catalog phase or behind it. */
@inline
export function isDiscounted(line: usize): bool {
  return (load<i64>(line, L.LINE_DISCOUNT) | load<i64>(line, L.LINE_CATALOG)) != 0;
}

@inline
function isWithin(value: i64, clause: usize): bool {
  return value >= load<i64>(clause, L.CLAUSE_MIN) && value <= load<i64>(clause, L.CLAUSE_MAX);
}

/** The only category that a filter asks for, when it asks for nothing else: such lines stand in an index. */
export function onlyCategory(filter: usize): u32 {
  if (load<u32>(filter, L.FILTER_COUNT) != 1) return 0;
  const clause = filter + L.FILTER_CLAUSES;
  if (load<i32>(clause, L.CLAUSE_FIELD) != L.FIELD_CATEGORY || load<i32>(clause, L.CLAUSE_MODE) != L.MODE_ANY) return 0;
  const tags: usize = load<u32>(clause, L.CLAUSE_TAGS);
  return load<i32>(tags, L.TAGS_COUNT) == 1 ? load<u32>(tags, L.TAGS_SYMBOLS) : 0;
}

/** The first line of the cart from `line` on that the filter means, 0 when there is none. */
export function nextMatch(line: usize, filter: usize): usize {
  const end = lineAddress(load<i32>(L.CART + L.CART_LINE_COUNT));
  for (; line < end; line += L.LINE_STRIDE) {
    if (matchesFilter(line, filter)) return line;
  }
  return 0;
}
