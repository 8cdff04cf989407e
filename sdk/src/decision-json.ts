// The JSON face of a decision. Amounts are integers in minor units.

import type { Code, NamedShare, PromotionStatus } from "@haggle/abi";

/**
 * One promotion's part in one line or shipping entry; `reason` is the rule's code. `units` says how many units of the
 * line carry it; it is absent for shipping, and where equal lines of the cart were priced as one.
 */
export type Discount = NamedShare;

/**
 * `total` is what is left after the discounts; `tax` is there when the policy computes one. Where pricing rules made
 * another unit price of the cart's, `listPrice` is the cart's and `unitPrice` is theirs.
 */
export type DecidedLineJson = {
  id: string;
  listPrice?: number;
  unitPrice?: number;
  discount: number;
  total: number;
  tax?: number;
  discounts: Discount[];
};

/**
 * What became of one candidate: `wanted` before and `granted` after what was left to take off. `error` says why a
 * `failed` one stopped, `condition` which of its conditions a `notEligible` one did not meet (none: its rule said no),
 * `lostTo` which promotion a `lost` or `stopped` one gave way to.
 */
export type PromotionOutcome = {
  id: string;
  status: PromotionStatus;
  wanted: number;
  granted: number;
  error?: Code;
  condition?: number;
  lostTo?: string;
};

/**
 * `promotions` are those tied to the code, with what became of them. A `known` code is one that something of the
 * release compares with, though no candidate is tied to it.
 */
export type CouponOutcome = {
  code: string;
  status: "applied" | "notApplied" | "known" | "unknown";
  promotions: { id: string; status: PromotionStatus }[];
};

/** What a promotion draws from one of the cart's allowances: uses, minor units or units of goods. */
export type Claim = { promotion: string; allowance: string; amount: number };

/**
 * What a promotion has to say; `amount` is what is missing to the next step. The reason is "unlock" when the engine
 * says it: the promotion would apply if only a threshold were reached.
 */
export type Message = { promotion: string; reason: string; amount: number };

/** Points, or money that is given back later: nothing that is taken off this order. */
export type Grant = { promotion: string; kind: "points" | "cashback"; amount: number; reason: string };

/** Goods that a promotion puts into the order. */
export type AddedLine = {
  sku: string;
  productId: string;
  quantity: number;
  unitPrice: number;
  discount: number;
  promotion: string;
};

export type DecisionJson = {
  currency: string;
  /** Goods before discounts, at the unit prices that pricing rules made. */
  subtotal: number;
  /** Discounts on goods and shipping. */
  discountTotal: number;
  /** Shipping after discounts. */
  shippingTotal: number;
  /** When the policy computes tax: the tax, and what is to be paid without and with it before cash rounding. */
  taxTotal?: number | undefined;
  totalNet?: number | undefined;
  totalGross?: number | undefined;
  /** When the policy rounds to coins: what that added to the total, or took. */
  cashRounding?: number | undefined;
  total: number;
  lines: DecidedLineJson[];
  shipping: DecidedLineJson[];
  added: AddedLine[];
  /** The candidates, in the order in which they ran. */
  promotions: PromotionOutcome[];
  coupons: CouponOutcome[];
  claims: Claim[];
  grants: Grant[];
  messages: Message[];
  /** A `best` group was too large to search exactly. */
  greedy: boolean;
  /** The margin floor held something back. */
  marginHeld: boolean;
  fuelUsed: number;
  policy: string;
  release: string;
  bundle: string;
  /** Null when the cart object was changed before this was read. */
  digest: string | null;
};
