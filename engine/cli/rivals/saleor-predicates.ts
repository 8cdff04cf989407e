// Saleor's predicates: which goods a catalogue rule is for, and which orders an order rule.

import type { Condition, Filter } from "@haggle/abi";
import { type Currency, minorUnits } from "./amounts.ts";
import { allOf, anyOf, type Clause, type ListField } from "./goods-filter.ts";
import { asObject, id, list, NotCarried, type Read, record } from "./reading.ts";

const GOODS: Readonly<Record<string, ListField>> = {
  productPredicate: "products",
  variantPredicate: "skus",
  categoryPredicate: "categories",
  collectionPredicate: "categories",
};

/** One list of goods, or lists joined by one AND or one OR: a filter has no filters inside. */
export const catalogueFilter: Read<Filter> = (value, at) => {
  const [key, inner] = onlyField(value, at);
  if (key !== "AND" && key !== "OR") return allOf([goods(value, at)])!;
  const clauses = list(goods)(inner, `${at}.${key}`);
  if (clauses.length === 0) throw new NotCarried("an empty predicate", `${at}.${key}`);
  return (key === "AND" ? allOf(clauses) : anyOf(clauses))!;
};

const goods: Read<Clause> = (value, where) => {
  const [key, inner] = onlyField(value, where);
  const field = Object.hasOwn(GOODS, key) ? GOODS[key] : undefined;
  if (field === undefined)
    throw new NotCarried(`there is no mechanism for the predicate "${key}"`, `${where}.${key}`);
  const at = `${where}.${key}`;
  if (asObject(inner, at).ids === undefined)
    throw new NotCarried("goods that are told by what they are like", at);
  const values = record((fields) => fields.need("ids", list(id)))(inner, at);
  return { field, mode: "any", values, at };
};

/** Conditions hold together; one of several has no place in a promotion. */
export function orderConditions(currency: Currency): Read<Condition[]> {
  return (value, at) => {
    const [key, inner] = onlyField(value, at);
    if (key === "AND") return list(orderConditions(currency))(inner, `${at}.AND`).flat();
    if (key === "discountedObjectPredicate") return objectConditions(currency)(inner, `${at}.${key}`);
    throw new NotCarried(`there is no mechanism for the predicate "${key}"`, `${at}.${key}`);
  };
}

function objectConditions(currency: Currency): Read<Condition[]> {
  return (value, at) => {
    const [key, inner] = onlyField(value, at);
    if (key === "AND") return list(objectConditions(currency))(inner, `${at}.AND`).flat();
    if (key === "baseSubtotalPrice") return bounds(currency)(inner, `${at}.${key}`);
    // With the price of shipping, which is not asked for when promotions are computed here.
    throw new NotCarried(`there is no mechanism for the predicate "${key}"`, `${at}.${key}`);
  };
}

function bounds(currency: Currency): Read<Condition[]> {
  const amount = minorUnits(currency);
  const test = (operator: "atLeast" | "atMost" | "equal", value: number | undefined): Condition[] =>
    value === undefined ? [] : [{ kind: "goodsTotal", operator, value, base: "current" }];
  return record((fields) => [
    ...test("equal", fields.take("eq", amount)),
    ...(fields.take(
      "range",
      record((range) => [
        ...test("atLeast", range.take("gte", amount)),
        ...test("atMost", range.take("lte", amount)),
      ]),
    ) ?? []),
  ]);
}

/** Saleor's own rule: one operator at each level. */
function onlyField(value: unknown, at: string): [key: string, inner: unknown] {
  const fields = Object.entries(asObject(value, at)).filter(([, inner]) => inner !== null);
  if (fields.length !== 1) throw new NotCarried("a predicate of several parts without AND or OR", at);
  return fields[0]!;
}
