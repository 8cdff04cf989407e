// What the records of a decision say beside prices, with names instead of numbers.

import {
  type Offer,
  readAdded,
  readClaims,
  TARGET_CASHBACK,
  TARGET_MESSAGE,
  TARGET_POINTS,
} from "@haggle/abi";
import type { AddedLine, Claim, Grant, Message } from "./decision-json.ts";

export type Names = {
  /** The id of a promotion, by its position among the candidates. */
  id(candidate: number): string;
  /** The string of a symbol. */
  text(symbol: number): string;
};

export function nameAdded(words: Int32Array, offers: readonly Offer[], { id, text }: Names): AddedLine[] {
  return readAdded(words).map(({ offer, sku, product, quantity, unitPrice, discount }) => ({
    sku: text(sku),
    productId: text(product),
    quantity,
    unitPrice,
    discount,
    promotion: id(offers[offer]!.promotion),
  }));
}

export function nameClaims(words: Int32Array, { id, text }: Names): Claim[] {
  return readClaims(words).map(({ promotion, allowance, amount }) => ({
    promotion: id(promotion),
    allowance: text(allowance),
    amount,
  }));
}

export function nameGrants(offers: readonly Offer[], { id, text }: Names): Grant[] {
  return offers
    .filter(({ target }) => target === TARGET_POINTS || target === TARGET_CASHBACK)
    .map(({ promotion, target, reason, granted }) => ({
      promotion: id(promotion),
      kind: target === TARGET_POINTS ? "points" : "cashback",
      amount: granted,
      reason: text(reason),
    }));
}

export function nameMessages(offers: readonly Offer[], { id, text }: Names): Message[] {
  return offers
    .filter(({ target }) => target === TARGET_MESSAGE)
    .map(({ promotion, reason, wanted }) => ({
      promotion: id(promotion),
      reason: reason === 0 ? "unlock" : text(reason),
      amount: wanted,
    }));
}
