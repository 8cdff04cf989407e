// What a cart costs and why. The engine's records are decoded when asked for: a storefront that shows a total pays
// for the total.

import {
  type Cart,
  type Code,
  canonicalCart,
  checkDecision,
  checkShares,
  DECISION_CURRENCY,
  DECISION_DISCOUNT_TOTAL,
  DECISION_LINES,
  DECISION_SHIPPING,
  DECISION_SHIPPING_TOTAL,
  DECISION_SUBTOTAL,
  DECISION_TOTAL,
  type Decided,
  type DecisionCounts,
  type HaggleError,
  isShippingKind,
  KIND_MESSAGE,
  NONE,
  OFFER_KIND,
  OFFER_PROMOTION,
  OFFER_REASON,
  OFFER_STRIDE,
  type Outcome,
  type Promotion,
  readDecided,
  readI64,
  readOffers,
  readOutcomes,
  SHARE_AMOUNT,
  SHARE_OFFER,
  SHARE_STRIDE,
  SHARE_TARGET,
  type Symbols,
  unpackCurrency,
} from "@haggle/abi";
import type { Run } from "./sandbox.ts";
import { sha256Text } from "./sha256.ts";
import { tellApart } from "./shares.ts";

/** One promotion's part in one line or shipping entry. Amounts are minor units; `reason` is the rule's code. */
export type Discount = { promotion: string; amount: number; reason: string };

export type DecidedLine = { id: string; discount: number; total: number; discounts: Discount[] };

/** What became of one promotion: `wanted` before and `granted` after what was left to take off. */
export type PromotionOutcome = Outcome & { id: string };

export type CouponOutcome = { code: string; status: "applied" | "notApplied" | "known" | "unknown" };
export type Claim = { promotion: string; budget: string; amount: number };
/** `amount` is what is missing to the next step, in minor units. */
export type Message = { promotion: string; reason: string; amount: number };

/** The JSON face of a decision. */
export type DecisionJson = {
  currency: string;
  /** Goods before discounts. */
  subtotal: number;
  /** Discounts on goods and shipping. */
  discountTotal: number;
  /** Shipping after discounts. */
  shippingTotal: number;
  total: number;
  lines: DecidedLine[];
  shipping: DecidedLine[];
  promotions: PromotionOutcome[];
  coupons: CouponOutcome[];
  claims: Claim[];
  messages: Message[];
  fuelUsed: number;
  release: string;
  bundle: string;
  /** Null when the cart object was changed before this was read. */
  digest: string | null;
};

export type Decision = PricedDecision | RefusedDecision;

/** What all decisions of one engine share. */
export type DecisionContext = {
  release: string;
  bundle: string;
  promotions: readonly Promotion[];
  symbols: Symbols;
};

/** No price: the cart is wrong or the engine cannot vouch for one. Carries no amounts, so none can be charged. */
export class RefusedDecision {
  readonly ok = false;
  readonly error: HaggleError;

  constructor(error: HaggleError) {
    this.error = error;
  }

  toJSON(): { error: { code: Code; message: string; at?: string | number } } {
    const { code, message, at } = this.error;
    return { error: { code, message, ...(at !== undefined && { at }) } };
  }
}

/** A priced cart. Every field is computed when first read, then kept. */
export class PricedDecision {
  readonly ok = true;
  readonly fuelUsed: number;
  readonly #context: DecisionContext;
  readonly #run: Run;
  readonly #cart: Cart;
  readonly #counts: DecisionCounts;
  readonly #coupons: readonly string[];
  readonly #shippingIds: readonly string[];
  #records: DecidedRecords | undefined;
  #lines: DecidedLine[] | undefined;
  #outcomes: Outcome[] | undefined;
  #digest: string | null | undefined;

  /** Throws ENGINE_DECISION_INVALID when the header does not fit the cart and the release. */
  constructor(context: DecisionContext, run: Run, cart: Cart) {
    this.#context = context;
    this.#run = run;
    this.#cart = cart;
    this.#coupons = cart.coupons.length === 0 ? NO_TEXTS : cart.coupons.slice();
    this.#shippingIds = cart.shipping.length === 0 ? NO_TEXTS : cart.shipping.map((entry) => entry.id);
    this.#counts = {
      lines: run.encoded.records,
      shipping: cart.shipping.length,
      promotions: context.promotions.length,
    };
    checkDecision(run.decision, this.#counts);
    this.fuelUsed = run.fuelUsed;
  }

  get currency(): string {
    return unpackCurrency(this.#run.decision[DECISION_CURRENCY >> 2]!);
  }

  get subtotal(): number {
    return readI64(this.#run.decision, DECISION_SUBTOTAL);
  }

  get discountTotal(): number {
    return readI64(this.#run.decision, DECISION_DISCOUNT_TOTAL);
  }

  get shippingTotal(): number {
    return readI64(this.#run.decision, DECISION_SHIPPING_TOTAL);
  }

  get total(): number {
    return readI64(this.#run.decision, DECISION_TOTAL);
  }

  get release(): string {
    return this.#context.release;
  }

  get bundle(): string {
    return this.#context.bundle;
  }

  /** The engine's own records, little endian: equal bytes in every host for equal carts. */
  get bytes(): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.#run.decision;
    return new Uint8Array(buffer, byteOffset, byteLength).slice();
  }

  /** In the order of the cart that was given. */
  get lines(): DecidedLine[] {
    this.#lines ??= this.#nameLines();
    return this.#lines;
  }

  get shipping(): DecidedLine[] {
    return this.#decided.shipping;
  }

  /** Every promotion of the release, in the order in which they ran. */
  get promotions(): PromotionOutcome[] {
    return this.#context.promotions.map(({ id }, i) => ({ id, ...this.#decidedPromotions[i]! }));
  }

  get coupons(): CouponOutcome[] {
    const { promotions, symbols } = this.#context;
    return this.#coupons.map((code) => {
      const tied = this.#decidedPromotions.filter((_, i) => promotions[i]!.coupon === code);
      if (tied.length > 0)
        return { code, status: tied.some(({ granted }) => granted > 0) ? "applied" : "notApplied" };
      return { code, status: symbols.find(code) === 0 ? "unknown" : "known" };
    });
  }

  /** What was granted from each budget. */
  get claims(): Claim[] {
    return this.#context.promotions.flatMap(({ id, budget }, i) => {
      const amount = this.#decidedPromotions[i]!.granted;
      return budget === undefined || amount === 0 ? [] : [{ promotion: id, budget, amount }];
    });
  }

  get messages(): Message[] {
    const { promotions, symbols } = this.#context;
    return readOffers(this.#run.decision, this.#counts)
      .filter(({ kind }) => kind === KIND_MESSAGE)
      .map(({ promotion, reason, wanted }) => ({
        promotion: promotions[promotion]!.id,
        reason: symbols.text(reason),
        amount: wanted,
      }));
  }

  /**
   * SHA-256 over release, canonical cart (without ids of cart and lines, without `now`) and all amounts: equal
   * for equal prices of equal carts, wherever they were computed. The release holds policy and bundle.
   * Read it before changing the cart object: it is computed then, and null once the cart no longer fits the decision.
   */
  get digest(): string | null {
    this.#digest ??= this.#computeDigest();
    return this.#digest;
  }

  toJSON(): DecisionJson {
    return Object.fromEntries(JSON_FIELDS.map((field) => [field, this[field]])) as DecisionJson;
  }

  get #decidedPromotions(): Outcome[] {
    this.#outcomes ??= readOutcomes(this.#run.decision, this.#counts);
    return this.#outcomes;
  }

  get #decided(): DecidedRecords {
    this.#records ??= this.#decide();
    return this.#records;
  }

  /** In one pass over the shares, straight to the objects that the caller gets: this is what storefronts wait for. */
  #decide(): DecidedRecords {
    const { decision } = this.#run;
    const { promotions, symbols } = this.#context;
    const counts = this.#counts;
    const lines = readDecided(decision, DECISION_LINES, counts.lines).map(withDiscounts);
    const shipping = readDecided(decision, DECISION_SHIPPING, counts.shipping).map(withDiscounts);
    const { start, end, offers } = checkShares(decision, counts);
    let last = NONE;
    let isShipping = false;
    let promotion = "";
    let reason = "";
    for (let at = start; at < end; at += SHARE_STRIDE >> 2) {
      const offer = decision[at + (SHARE_OFFER >> 2)]!;
      if (offer !== last) {
        // The shares of one offer lie side by side.
        const offerAt = offers + offer * (OFFER_STRIDE >> 2);
        isShipping = isShippingKind(decision[offerAt + (OFFER_KIND >> 2)]!);
        promotion = promotions[decision[offerAt + (OFFER_PROMOTION >> 2)]!]!.id;
        reason = symbols.text(decision[offerAt + (OFFER_REASON >> 2)]!);
        last = offer;
      }
      const amount = readI64(decision, (at << 2) + SHARE_AMOUNT);
      const decided = (isShipping ? shipping : lines)[decision[at + (SHARE_TARGET >> 2)]!]!;
      const discount = { promotion, amount, reason };
      // Engines have several kinds of arrays, and an empty one is of another kind than one of objects: pushing to it
      // threw away optimized code again and again.
      if (decided.discounts.length === 0) decided.discounts = [discount];
      else decided.discounts.push(discount);
    }
    for (let i = 0; i < shipping.length; i++) shipping[i]!.id = this.#shippingIds[i]!;
    return { lines, shipping };
  }

  #nameLines(): DecidedLine[] {
    const { encoded } = this.#run;
    const { lines } = this.#decided;
    if (encoded.ends !== undefined) return tellApart(encoded, lines);
    const ordered = lines.slice();
    for (let record = 0; record < lines.length; record++) {
      const position = encoded.order[record]!;
      const line = lines[record]!;
      line.id = encoded.ids[position]!;
      ordered[position] = line;
    }
    return ordered;
  }

  #computeDigest(): string | null {
    const { encoded } = this.#run;
    const cart = this.#cart;
    const isSame =
      cart.lines.length === encoded.ids.length &&
      cart.lines.every((line, i) => line.id === encoded.ids[i]) &&
      cart.lines.reduce((sum, line) => sum + line.unitPrice * line.quantity, 0) === this.subtotal;
    if (!isSame) return null;
    const { decision } = this.#run;
    const { lines, shipping } = this.#decided;
    const { start, end } = checkShares(decision, this.#counts);
    return sha256Text(
      JSON.stringify([
        "haggle decision 0",
        this.release,
        canonicalCart(cart),
        [this.subtotal, this.discountTotal, this.shippingTotal, this.total],
        [...lines, ...shipping].map(({ discount, total }) => [discount, total]),
        // Which offer takes how much off which record, as it stands in memory: short, and the same everywhere.
        [...decision.subarray(start, end)],
        this.#decidedPromotions.map(({ wanted, granted }) => [wanted, granted]),
      ]),
    );
  }
}

/** What was decided for each record of lines, and for each shipping entry. Records have no id. */
type DecidedRecords = { lines: DecidedLine[]; shipping: DecidedLine[] };

const JSON_FIELDS = [
  "currency",
  "subtotal",
  "discountTotal",
  "shippingTotal",
  "total",
  "lines",
  "shipping",
  "promotions",
  "coupons",
  "claims",
  "messages",
  "fuelUsed",
  "release",
  "bundle",
  "digest",
] as const satisfies (keyof DecisionJson)[];

const NO_TEXTS: readonly string[] = [];

function withDiscounts({ discount, total }: Decided): DecidedLine {
  return { id: "", discount, total, discounts: [] };
}
