// Where the records of a cart lie, and what is found in the lists that they point at.

import * as L from "./layout";
import { Sym } from "./symbol";

@inline
export function lineAddress(index: i32): usize {
  return (load<u32>(L.CART + L.CART_LINES) as usize) + (index as usize) * L.LINE_STRIDE;
}

@inline
export function shippingAddress(index: i32): usize {
  return (load<u32>(L.CART + L.CART_SHIPPING) as usize) + (index as usize) * L.SHIPPING_STRIDE;
}

/** Whether a list of symbols holds one; the unknown symbol is in no list. */
export function holds(list: usize, count: i32, symbol: usize): bool {
  if (symbol == 0) return false;
  const end = list + ((count as usize) << 2);
  for (; list < end; list += 4) {
    if (load<u32>(list) as usize == symbol) return true;
  }
  return false;
}

function findAttribute(entry: usize, count: i32, key: usize): usize {
  if (key == 0) return 0;
  for (let i = 0; i < count; i++) {
    if (load<u32>(entry, L.ATTRIBUTE_KEY) as usize == key) return entry;
    entry += L.ATTRIBUTE_STRIDE;
  }
  return 0;
}

export function findLineAttribute(line: usize, key: usize): usize {
  return findAttribute(load<u32>(line, L.LINE_ATTRIBUTES), load<i32>(line, L.LINE_ATTRIBUTE_COUNT), key);
}

function findCustomerAttribute(key: usize): usize {
  return findAttribute(load<u32>(L.CART + L.CART_ATTRIBUTES), load<i32>(L.CART + L.CART_ATTRIBUTE_COUNT), key);
}

export function attributeSymbol(entry: usize): Sym {
  const text = entry != 0 && load<u32>(entry, L.ATTRIBUTE_KIND) == L.ATTRIBUTE_SYMBOL;
  return changetype<Sym>(text ? load<u32>(entry, L.ATTRIBUTE_VALUE) as usize : 0);
}

export function attributeInteger(entry: usize, otherwise: i64): i64 {
  if (entry == 0 || load<u32>(entry, L.ATTRIBUTE_KIND) == L.ATTRIBUTE_SYMBOL) return otherwise;
  return load<i64>(entry, L.ATTRIBUTE_VALUE);
}

/** A text attribute of the customer; unknown when it is missing or no text. */
export function findCustomerSymbol(key: usize): Sym {
  return attributeSymbol(findCustomerAttribute(key));
}

/** An integer or boolean attribute of the customer; `otherwise` when it is missing or a text. */
export function findCustomerNumber(key: usize, otherwise: i64): i64 {
  return attributeInteger(findCustomerAttribute(key), otherwise);
}
