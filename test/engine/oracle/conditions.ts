import type { Condition, Filter, Operator, Promotion } from "@haggle/abi";
import { sum } from "./exact.ts";
import { matches, passes, textsOf } from "./matches.ts";
import { type Entry, initialOf, type Line, leftOf, type State } from "./state.ts";
import { grossOf, netOf } from "./tax.ts";

// Section 3: what must hold for a promotion to apply.

type Base = "initial" | "current";

/** The place of the first condition that fails; those on base `after` are asked behind the promotion's effects. */
export function findFailed(promotion: Promotion, state: State, when: "before" | "after"): number | undefined {
  const { conditions = [] } = promotion;
  const failed = conditions.findIndex((condition) => {
    const isAfter = "base" in condition && condition.base === "after";
    return isAfter === (when === "after") && !holds(condition, state);
  });
  return failed < 0 ? undefined : failed;
}

/** Undefined is a question without an answer, which fails whichever way it is asked. */
function holds(condition: Condition, state: State): boolean {
  const answer = ask(condition, state);
  return answer !== undefined && answer !== (condition.not ?? false);
}

function ask(condition: Condition, state: State): boolean | undefined {
  const { cart } = state;
  const { customer } = cart;
  switch (condition.kind) {
    case "goodsTotal":
      return compareTo(condition, sum(selected(condition, state).map(moneyOf(condition, state))));
    case "orderTotal":
      return compareTo(condition, sum([...state.lines, ...state.shipping].map(moneyOf(condition, state))));
    case "shippingTotal":
      return compareTo(condition, sum(state.shipping.map(moneyOf(condition, state))));
    case "cheapest":
    case "dearest": {
      const prices = selected(condition, state)
        .map(({ price, ratePpm }) => taxed(price, ratePpm, condition, state))
        .sort((a, b) => Number(a - b));
      const price = condition.kind === "cheapest" ? prices[0] : prices.at(-1);
      return price === undefined ? undefined : compareTo(condition, price);
    }
    case "quantity":
      return compareTo(condition, sum(selected(condition, state).map(({ quantity }) => BigInt(quantity))));
    case "lines":
      return compareTo(condition, BigInt(selected(condition, state).length));
    case "lineQuantity":
      return compareTo(
        condition,
        BigInt(Math.max(0, ...selected(condition, state).map(({ quantity }) => quantity))),
      );
    case "segments":
      return matches(condition.match, customer?.segments ?? []);
    case "tier":
      return matches(condition.match, textsOf(customer?.tier));
    case "channel":
    case "market":
    case "paymentMethod":
      return matches(condition.match, textsOf(cart[condition.kind]));
    case "shippingMethod":
      return matches(
        condition.match,
        state.shipping.map(({ method }) => method),
      );
    case "coupons":
      return matches(condition.match, cart.coupons);
    case "loggedIn":
      return customer?.loggedIn === true;
    case "orders":
      return compareTo(condition, BigInt(customer?.orders ?? 0));
    case "counter": {
      const value = customer?.attributes[condition.key];
      return compareTo(condition, typeof value === "number" ? BigInt(value) : 0n);
    }
    case "customer":
      return matches(condition.match, textsOf(customer?.attributes[condition.key]));
    case "timeOfDay": {
      const minutes = localMinutes(state);
      if (minutes === undefined) return undefined;
      const [now, from, until] = [
        minutes % DAY_MINUTES,
        toMinutes(condition.from),
        toMinutes(condition.until),
      ];
      return until <= from ? now >= from || now < until : now >= from && now < until;
    }
    case "weekday": {
      const minutes = localMinutes(state);
      if (minutes === undefined) return undefined;
      // The epoch began on a Thursday, which is day 4.
      const day = ((Math.floor(minutes / DAY_MINUTES) + 3) % 7) + 1;
      return condition.days.includes(day);
    }
    case "period":
      return cart.now >= (condition.from ?? -Infinity) && cart.now < (condition.until ?? Infinity);
    default:
      return condition satisfies never;
  }
}

function selected({ filter }: { filter?: Filter }, state: State): Line[] {
  return state.lines.filter((line) => passes(filter, line));
}

type Money = { base?: Base | "after"; tax?: "gross" | "net" };

/** What a line or a shipping entry comes to on the condition's base, with or without tax. */
function moneyOf(condition: Money, state: State): (part: Line | Entry) => bigint {
  const base = state.isCatalog ? "current" : (condition.base ?? state.policy.thresholdBase);
  return (part) => {
    const initial = "quantity" in part ? initialOf(part) : part.price;
    return taxed(base === "initial" ? initial : initial - part.taken, part.ratePpm, condition, state);
  };
}

function taxed(amount: bigint, ratePpm: bigint, { tax }: Money, { policy }: State): bigint {
  if (tax === "gross") return grossOf(amount, ratePpm, policy);
  if (tax === "net") return netOf(amount, ratePpm, policy);
  return amount;
}

function compareTo({ operator = "atLeast", value }: { operator?: Operator; value: number }, found: bigint) {
  const asked = BigInt(value);
  return {
    atLeast: found >= asked,
    atMost: found <= asked,
    equal: found === asked,
    moreThan: found > asked,
    lessThan: found < asked,
  }[operator];
}

const DAY_MINUTES = 24 * 60;
const MINUTE_MS = 60_000;

/** Minutes since the epoch on the clocks of the cart's time zone. Before the first transition nothing is known. */
function localMinutes({ cart, policy }: State): number | undefined {
  const transitions = policy.timeZones?.[cart.timeZone ?? ""];
  const last = transitions?.findLast(({ from }) => from <= cart.now);
  return last && Math.floor(cart.now / MINUTE_MS) + last.offset;
}

function toMinutes(time: string): number {
  const [hours, minutes] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}

/** The goods total that tiers ask for, on the policy's threshold base. */
export function goodsTotalOf(state: State): bigint {
  return sum(state.lines.map(moneyOf({}, state)));
}

/** What is left of some lines. */
export function leftTotalOf(lines: readonly Line[]): bigint {
  return sum(lines.map(leftOf));
}
