// json-logic-js: one expression per rule computes what it wants off the order or off each line; the settlement is the
// hand-written one, because expressions cannot say it.

import type { Cart } from "@haggle/sdk";
// @ts-expect-error: the package has no types
import untypedJsonLogic from "json-logic-js";
import { type HandDecision, settle, subtotalOf } from "../hand.ts";
import type { BenchRule } from "../rules.ts";
import { readShares, type Subject } from "../subject.ts";
import { effectsOfWanted } from "./wanted.ts";

type Logic = object | number;

const jsonLogic: { apply(logic: Logic, data: object): number | number[] } = untypedJsonLogic;

export function jsonLogicJs(rules: readonly BenchRule[]): Subject {
  const promotions = rules.map((rule) => ({ id: rule.name, reason: rule.reason, logic: logicOf(rule) }));

  function decide(cart: Cart): HandDecision {
    const subtotal = subtotalOf(cart);
    const data = {
      ...{ lines: cart.lines, subtotal },
      ...{ segments: cart.customer?.segments ?? [], coupons: cart.coupons },
    };
    return settle(cart, subtotal, promotions, ({ logic }) =>
      effectsOfWanted(cart, jsonLogic.apply(logic, data)),
    );
  }

  return { name: "json-logic-js", run: (cart) => readShares(decide(cart)), decide };
}

function logicOf(rule: BenchRule): Logic {
  const guards = [
    ...(rule.segment === undefined ? [] : [has(rule.segment, "segments")]),
    ...(rule.coupon === undefined ? [] : [has(rule.coupon, "coupons")]),
    ...(rule.kind === "bundle" ? [someLine(rule.first), someLine(rule.second)] : []),
  ];
  const wanted = wantedOf(rule);
  return guards.length === 0 ? wanted : { if: [{ and: guards }, wanted, 0] };
}

function wantedOf(rule: BenchRule): Logic {
  const subtotal = { var: "subtotal" };
  const lineTotal = { "*": [{ var: "unitPrice" }, { var: "quantity" }] };
  switch (rule.kind) {
    case "category":
      return eachLine(inCategory(rule.category, percentOf(lineTotal, rule.percent)));
    case "threshold":
      return { if: [{ ">=": [subtotal, rule.from] }, rule.off, 0] };
    case "buy":
      return eachLine(
        inCategory(rule.category, {
          "*": [{ var: "unitPrice" }, quotient({ var: "quantity" }, rule.buy + rule.free), rule.free],
        }),
      );
    case "tiered":
      return {
        if: [
          ...[{ ">=": [subtotal, rule.high] }, percentOf(subtotal, rule.highPercent)],
          ...[{ ">=": [subtotal, rule.low] }, percentOf(subtotal, rule.lowPercent), 0],
        ],
      };
    case "bundle": {
      const part = percentOf(lineTotal, rule.percent);
      return eachLine({ "+": [inCategory(rule.first, part), inCategory(rule.second, part)] });
    }
  }
}

function has(text: string, list: string): object {
  return { in: [text, { var: list }] };
}

function someLine(category: string): object {
  return { some: [{ var: "lines" }, has(category, "categories")] };
}

function eachLine(amount: object): Logic {
  return { map: [{ var: "lines" }, amount] };
}

function inCategory(category: string, amount: object): object {
  return { if: [has(category, "categories"), amount, 0] };
}

/** Rounded half up; there is no rounding but by remainders. */
function percentOf(amount: object, percent: number): object {
  return quotient({ "+": [{ "*": [amount, percent] }, 50] }, 100);
}

function quotient(value: object, divisor: number): object {
  return { "/": [{ "-": [value, { "%": [value, divisor] }] }, divisor] };
}
