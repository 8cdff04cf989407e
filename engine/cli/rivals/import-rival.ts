// The promotions of another product as promotions, a policy, codes and counters, and a list of what is not in them.

import { findMinorDigits, type Policy, parsePolicy, parsePromotions } from "@haggle/abi";
import { usageError } from "../terminal.ts";
import { type Currency, statedCurrencies } from "./amounts.ts";
import type { Drafts, Imported, Missing, Source } from "./drafts.ts";
import { importMedusa } from "./medusa.ts";
import { importSaleor } from "./saleor.ts";
import { importShopify } from "./shopify.ts";
import { importVendure } from "./vendure.ts";

const RIVALS: Readonly<Record<string, (value: unknown, source: Source) => Drafts>> = {
  medusa: importMedusa,
  saleor: importSaleor,
  shopify: importShopify,
  vendure: importVendure,
};

export const RIVAL_NAMES: readonly string[] = Object.keys(RIVALS);

/**
 * Imports an export of `rival`, parsed JSON. One that has promotions in several currencies needs to be told which.
 *
 * @throws HaggleError CLI_BAD_EXPORT for what is not such an export, CLI_USAGE without a currency where one is needed
 */
export function importRival(
  rival: string,
  value: unknown,
  options: {
    policies: Readonly<Record<string, Policy>>;
    currency?: string | undefined;
    prices?: Policy["tax"]["prices"] | undefined;
  },
): Imported {
  const currency = chooseCurrency(value, options.currency);
  const { drafts, policy, missing } = RIVALS[rival]!(value, { currency, policies: options.policies });
  const inOrder = drafts.flatMap(({ promotions }) => promotions);
  const { prices } = options;
  return {
    // Once more, all of them together: a file may list a promotion twice.
    promotions: parsePromotions(
      inOrder.map((promotion, index) => ({ ...promotion, priority: inOrder.length - index })),
      "promotions",
    ),
    policy: parsePolicy(
      prices === undefined ? policy : { ...policy, tax: { ...policy.tax, prices } },
      "policy",
    ),
    coupons: drafts.flatMap(({ coupons = [] }) => coupons),
    allowances: unique(drafts.flatMap(({ counters = [] }) => counters)),
    notCarriedOver: [
      ...missing,
      ...drafts.flatMap(({ notes = [] }) => notes.map(({ at, reason }) => ({ at, reason, kept: true }))),
      ...generalNotes(currency, prices),
    ],
  };
}

function chooseCurrency(value: unknown, asked: string | undefined): Currency {
  const stated = [...statedCurrencies(value)].sort();
  const chosen = asked?.toUpperCase() ?? stated[0];
  if (asked === undefined && stated.length > 1)
    throw usageError("The file has several currencies; --currency says which to import", stated.join(", "));
  if (chosen !== undefined && findMinorDigits(chosen) === undefined)
    throw usageError("No currency of ISO 4217", chosen);
  return chosen;
}

/** What no export of promotions says, or no promotion of the engine. */
function generalNotes(currency: Currency, prices: Policy["tax"]["prices"] | undefined): Missing[] {
  const notes: string[] = [];
  if (currency !== undefined)
    notes.push(`promotions have no currency of their own: this release is for carts in ${currency}`);
  if (prices === undefined)
    notes.push("the export does not say how prices hold tax: --prices does; the policy says untaxed");
  return notes.map((reason) => ({ at: "", reason, kept: true }));
}

/** Promotions of one campaign draw on one budget. */
function unique(counters: Imported["allowances"]): Imported["allowances"] {
  return [...new Map(counters.map((each) => [each.allowance, each])).values()];
}
