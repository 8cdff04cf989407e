import { HaggleError, refuse } from "@haggle/abi";
import type { LedgerEntry, OrderRow } from "../orders/service.ts";
import type { Quotes } from "../quotes/service.ts";
import { discountsOf, restOf, worthOf } from "./clawback.ts";
import { lastUnits, paidForRest, type Rest } from "./settle.ts";
import { addDiscounts, type DiscountShare, shareOf, shippingDiscounts } from "./share.ts";

export type RestDependencies = { quotes: Pick<Quotes, "getAsThen"> };

/** What a promotion took off what stays, and would have taken off it alone. */
export type Change = { promotion: string; given: number; alone: number };

type Order = Pick<OrderRow, "lines"> & { ledger: readonly LedgerEntry[] };

/** The cart of then with what priced it, or why nobody can price it any more. */
export type Then = Awaited<ReturnType<Quotes["getAsThen"]>> | HaggleError;

/** Why a cart of then cannot be priced any more: it is gone, or what it was priced by. */
const IS_GONE =
  /^(QUOTE_UNKNOWN|SERVER_NO_RELEASE|SERVER_UNKNOWN_(RELEASE|CHANNEL)|ENGINE_RELEASE_OFF|DOCUMENT_\w+)$/;

/** Before a transaction: who has a connection does not wait for another one, as others may do the same. */
export async function findThen({ quotes }: RestDependencies, quote: string): Promise<Then> {
  try {
    return await quotes.getAsThen(quote);
  } catch (cause) {
    if (cause instanceof HaggleError && IS_GONE.test(cause.code)) return notPriced(cause.code);
    throw cause;
  }
}

/**
 * What stays, without what came back, by the release and by all that held when it was quoted.
 *
 * @throws HaggleError RETURN_NOT_PRICED with the reason
 */
export function priceRest(
  order: Order,
  kept: ReadonlyMap<string, number>,
  then: Then,
): { rest: Rest; changes: Change[] } {
  if (then instanceof HaggleError) throw then;
  const { engine, cart } = then;
  const ids = new Set(cart.lines.map(({ id }) => id));
  const lines = order.lines.filter(({ id }) => ids.has(id));
  const paid = paidForRest(order.ledger, lines, kept);
  const rest = restOf(cart, kept);
  // Only what promotions put in stays.
  if (rest === undefined) return { rest: { paid, worth: 0 }, changes: [] };
  const decision = engine.evaluate(rest);
  if (!decision.ok) throw notPriced(decision.error.code);
  const given = addDiscounts([
    ...lines.map(({ id, quantity }) => shareOf(order.ledger, lastUnits(id, quantity, kept)).discounts),
    shippingDiscounts(order.ledger),
  ]);
  return { rest: { paid, worth: worthOf(decision) }, changes: listChanges(given, discountsOf(decision)) };
}

function listChanges(given: readonly DiscountShare[], alone: ReadonlyMap<string, number>): Change[] {
  const before = new Map(given.map(({ promotion, amount }) => [promotion, amount]));
  return [...new Set([...before.keys(), ...alone.keys()])].flatMap((promotion) => {
    const change = { promotion, given: before.get(promotion) ?? 0, alone: alone.get(promotion) ?? 0 };
    return change.given === change.alone ? [] : [change];
  });
}

function notPriced(because: string): HaggleError {
  return refuse("RETURN_NOT_PRICED", "clawback", because);
}
