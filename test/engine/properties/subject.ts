import type { Cart, Policy, Promotion } from "@haggle/abi";
import type { Decision, Engine } from "@haggle/sdk";
import { type BuiltRules, buildRules, makeEngine } from "../../support/rules.ts";
import { type OracleDecision, price } from "../oracle/price.ts";

// The engine as a shop has it - compiled, signed, verified - and the oracle, told in one form.

/** Promotions are data here; a bundle has a rule nevertheless. */
const IDLE = `@promo(name="idle")
export function idle(ctx: Context): Result {
  return Result.none();
}
`;

let built: Promise<BuiltRules> | undefined;

export async function engineOf(
  promotions: readonly Promotion[],
  policy: Policy,
  server: boolean,
): Promise<Engine> {
  built ??= buildRules({ idle: IDLE });
  return makeEngine(await built, { promotions, policy, server });
}

/** What both say about a cart. Amounts are numbers, so that a difference is easy to read. */
export type Told = ReturnType<typeof tellOracle>;

export function tellEngine(decision: Decision): Told {
  if (!decision.ok) throw new Error(JSON.stringify(decision));
  return {
    subtotal: decision.subtotal,
    discountTotal: decision.discountTotal,
    shippingTotal: decision.shippingTotal,
    taxTotal: decision.taxTotal ?? 0,
    total: decision.total,
    cashRounding: decision.cashRounding ?? 0,
    lines: decision.lines.map(toDecided),
    shipping: decision.shipping.map(toDecided),
    promotions: decision.promotions.map(({ id, status, wanted, granted, condition, lostTo }) => ({
      id,
      status,
      wanted,
      granted,
      condition,
      lostTo,
    })),
    claims: decision.claims,
    added: decision.added.map(({ promotion, sku, productId, quantity, unitPrice, discount }) => ({
      promotion,
      sku,
      productId,
      quantity,
      unitPrice,
      discount,
    })),
    grants: decision.grants.map(({ promotion, kind, amount }) => ({ promotion, kind, amount })),
    greedy: decision.greedy,
    marginHeld: decision.marginHeld,
  };
}

export function askOracle(
  cart: Cart,
  promotions: readonly Promotion[],
  policy: Policy,
  server: boolean,
): Told {
  return tellOracle(price(cart, promotions, policy, { server }));
}

function tellOracle(decision: OracleDecision) {
  return {
    subtotal: Number(decision.subtotal),
    discountTotal: Number(decision.discountTotal),
    shippingTotal: Number(decision.shippingTotal),
    taxTotal: Number(decision.taxTotal),
    total: Number(decision.total),
    cashRounding: Number(decision.cashRounding),
    lines: decision.lines.map(toDecided),
    shipping: decision.shipping.map(toDecided),
    promotions: decision.promotions.map(({ id, status, wanted, granted, condition, to }) => ({
      id,
      status,
      wanted: Number(wanted),
      granted: Number(granted),
      condition,
      lostTo: to,
    })),
    claims: decision.claims.map(({ amount, ...claim }) => ({ ...claim, amount: Number(amount) })),
    added: decision.added.map(({ unitPrice, discount, ...added }) => ({
      ...added,
      unitPrice: Number(unitPrice),
      discount: Number(discount),
    })),
    grants: decision.grants.map(({ amount, ...grant }) => ({ ...grant, amount: Number(amount) })),
    greedy: decision.greedy,
    marginHeld: decision.marginHeld,
  };
}

type Decided<Amount> = { id: string; discount: Amount; total: Amount; tax?: Amount };

function toDecided({ id, discount, total, tax = 0 }: Decided<number | bigint>) {
  return { id, discount: Number(discount), total: Number(total), tax: Number(tax) };
}
