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
  type DecisionRecords,
  decodeDecision,
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
  refuse,
  SHARE_AMOUNT,
  SHARE_OFFER,
  SHARE_STRIDE,
  SHARE_TARGET,
  type Symbols,
  unpackCurrency,
} from "@haggle/abi";
import type { Run } from "./sandbox.ts";
import { sha256Text } from "./sha256.ts";
import { sharesByMember } from "./shares.ts";

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
  digest: string;
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
    return { error: { code, message, ...(at === undefined ? {} : { at }) } };
  }
}

/** A priced cart. Every field is computed when first read, then kept. */
export class PricedDecision {
  readonly ok = true;
  readonly fuelUsed: number;
  readonly #context: DecisionContext;
  readonly #run: Run;
  readonly #cart: Cart;
  readonly #coupons: readonly string[];
  readonly #shippingIds: readonly string[];
  #records: DecisionRecords | undefined;
  #decided: { lines: DecidedLine[]; shipping: DecidedLine[] } | undefined;
  #digest: string | undefined;

  constructor(context: DecisionContext, run: Run, cart: Cart) {
    this.#context = context;
    this.#run = run;
    this.#cart = cart;
    this.#coupons = cart.coupons.length === 0 ? NO_TEXTS : cart.coupons.slice();
    this.#shippingIds = cart.shipping.length === 0 ? NO_TEXTS : cart.shipping.map((entry) => entry.id);
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
    this.#decided ??= this.#decide();
    return this.#decided.lines;
  }

  get shipping(): DecidedLine[] {
    this.#decided ??= this.#decide();
    return this.#decided.shipping;
  }

  /** Every promotion of the release, in the order in which they ran. */
  get promotions(): PromotionOutcome[] {
    const { outcomes } = this.#decoded;
    return this.#context.promotions.map(({ id }, i) => ({ id, ...outcomes[i]! }));
  }

  get coupons(): CouponOutcome[] {
    const { outcomes } = this.#decoded;
    const { promotions, symbols } = this.#context;
    return this.#coupons.map((code) => {
      const tied = outcomes.filter((_, i) => promotions[i]!.coupon === code);
      if (tied.length > 0)
        return { code, status: tied.some(({ granted }) => granted > 0) ? "applied" : "notApplied" };
      return { code, status: symbols.find(code) === 0 ? "unknown" : "known" };
    });
  }

  /** What was granted from each budget. */
  get claims(): Claim[] {
    const { outcomes } = this.#decoded;
    return this.#context.promotions.flatMap(({ id, budget }, i) => {
      const amount = outcomes[i]!.granted;
      return budget === undefined || amount === 0 ? [] : [{ promotion: id, budget, amount }];
    });
  }

  get messages(): Message[] {
    const { offers } = this.#decoded;
    return offers.flatMap((offer, i) => {
      if (offer.kind !== KIND_MESSAGE) return [];
      const { promotion, reason } = this.#discountOf(i, 0);
      return [{ promotion, reason, amount: offer.wanted }];
    });
  }

  /**
   * SHA-256 over release, canonical cart (without ids of cart and lines, without `now`) and all amounts: equal
   * for equal prices of equal carts, wherever they were computed. The release holds policy and bundle.
   * Read it before changing the cart object; of one that no longer fits, it throws ENGINE_CART_CHANGED.
   */
  get digest(): string {
    this.#digest ??= this.#computeDigest();
    return this.#digest;
  }

  toJSON(): DecisionJson {
    const { currency, subtotal, discountTotal, shippingTotal, total, lines, shipping, promotions } = this;
    const { coupons, claims, messages, fuelUsed, release, bundle, digest } = this;
    return {
      ...{ currency, subtotal, discountTotal, shippingTotal, total, lines, shipping, promotions },
      ...{ coupons, claims, messages, fuelUsed, release, bundle, digest },
    };
  }

  get #decoded(): DecisionRecords {
    this.#records ??= decodeDecision(this.#run.decision, this.#counts);
    return this.#records;
  }

  get #counts(): DecisionCounts {
    const { records } = this.#run.encoded;
    const { promotions } = this.#context;
    return { lines: records, shipping: this.#shippingIds.length, promotions: promotions.length };
  }

  /** In one pass over the shares, straight to the objects that the caller gets: this is what storefronts wait for. */
  #decide(): { lines: DecidedLine[]; shipping: DecidedLine[] } {
    const { decision, encoded } = this.#run;
    const { promotions, symbols } = this.#context;
    const counts = this.#counts;
    checkDecision(decision, counts);
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
      decided.discounts.push({ promotion, amount, reason });
    }
    for (let i = 0; i < shipping.length; i++) shipping[i]!.id = this.#shippingIds[i]!;
    if (encoded.ends !== undefined) return { lines: this.#tellApart(), shipping };
    const ordered = new Array<DecidedLine>(lines.length);
    for (let record = 0; record < lines.length; record++) {
      const position = encoded.order[record]!;
      const line = lines[record]!;
      line.id = encoded.ids[position]!;
      ordered[position] = line;
    }
    return { lines: ordered, shipping };
  }

  /** The lines of a cart in which some were priced as one. */
  #tellApart(): DecidedLine[] {
    const { encoded } = this.#run;
    const { lines, lineShares } = this.#decoded;
    const decided = new Array<DecidedLine>(encoded.ids.length);
    for (let record = 0; record < encoded.records; record++) {
      const { discount, total } = lines[record]!;
      for (const member of sharesByMember(encoded, record, discount + total, lineShares[record]!)) {
        decided[member.position] = {
          id: encoded.ids[member.position]!,
          discount: member.discount,
          total: member.gross - member.discount,
          discounts: member.shares.map((share) => this.#discountOf(share.offer, share.amount)),
        };
      }
    }
    return decided;
  }

  #discountOf(offer: number, amount: number): Discount {
    const { promotion, reason } = this.#decoded.offers[offer]!;
    const { promotions, symbols } = this.#context;
    return { promotion: promotions[promotion]!.id, amount, reason: symbols.text(reason) };
  }

  #computeDigest(): string {
    const { encoded } = this.#run;
    const cart = this.#cart;
    const isSame =
      cart.lines.length === encoded.ids.length &&
      cart.lines.every((line, i) => line.id === encoded.ids[i]) &&
      cart.lines.reduce((sum, line) => sum + line.unitPrice * line.quantity, 0) === this.subtotal;
    if (!isSame) {
      throw refuse("ENGINE_CART_CHANGED", "cart");
    }
    const { lines, shipping, lineShares, shippingShares, outcomes } = this.#decoded;
    return sha256Text(
      JSON.stringify([
        "haggle decision 0",
        this.release,
        canonicalCart(cart),
        [this.subtotal, this.discountTotal, this.shippingTotal, this.total],
        [lines, shipping].map((list) => list.map(({ discount, total }) => [discount, total])),
        [lineShares, shippingShares].map((list) =>
          list.map((shares) => shares.map(({ offer, amount }) => [offer, amount])),
        ),
        outcomes.map(({ wanted, granted }) => [wanted, granted]),
      ]),
    );
  }
}

const NO_TEXTS: readonly string[] = [];

function withDiscounts({ discount, total }: Decided): DecidedLine {
  return { id: "", discount, total, discounts: [] };
}
