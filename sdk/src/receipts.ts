// What a shop stood by, for whoever wants to see it later: no server is asked.

import {
  type Cart,
  canonicalCart,
  decodeBase64,
  encodeUtf8,
  MAX_ENVELOPE_BYTES,
  type Policy,
  parseReceipt,
  type Receipt,
  refuse,
} from "@haggle/abi";
import { sha256Hex } from "./crypto.ts";
import type { DecisionJson } from "./decision-json.ts";
import {
  checkDevelopment,
  isTrustedRoot,
  type Times,
  type TrustedRoot,
  verifyDocument,
  verifyRoot,
} from "./verify.ts";

export type { Receipt } from "@haggle/abi";

export type ReceiptOptions = Times & {
  /** The root whose receipt key counts: the one of that time, kept beside the receipt or pinned in the program. */
  root: Uint8Array | string | TrustedRoot;
  /** Accepts the root of one machine's development key. Leave it out wherever money is. */
  development?: boolean;
  /** The quote that it is shown with, as `POST /v1/quotes` answers it. */
  quote?: { id: string; release?: string; expires?: number };
  /** The cart that it is shown with, as far as a browser may know it: without costs and floors. */
  cart?: Cart;
  /** How the release's policy takes a cart's lines. Default `canonical`, like that of policies. */
  lines?: Policy["lines"];
  /**
   * The decision that it is shown with. One that an engine has just made of the cart proves the amounts; of one that
   * somebody sent, its word for its own digest is compared and no amount.
   */
  decision?: Pick<DecisionJson, "currency" | "release" | "digest">;
};

/**
 * Verifies a quote's receipt by the root's receipt role: base64url as the server answers it, or the bytes or text of the
 * envelope. With `now` (epoch ms) it must not have expired; without, an old one still proves what was offered. What is
 * given beside it must belong to it. That a receipt is used once is for its issuer to see to.
 *
 * A cart is compared by what decides its price: its id, the ids of its lines, its time and unknown fields are not.
 *
 * @throws HaggleError DOCUMENT_*, SIGNATURE_BAD_KEY, SIGNATURE_UNSUPPORTED; RECEIPT_OTHER_QUOTE, RECEIPT_OTHER_CART,
 * RECEIPT_OTHER_DECISION for what does not belong to it
 *
 * @example
 * const engine = await createEngine({ bundle, release, root }); // of the release that the receipt names
 * const decision = engine.evaluate(cart);
 * if (!decision.ok) throw decision.error;
 * const { receipt } = await verifyReceipt(text, { root, cart, decision });
 * print(`${receipt.quote} was ${decision.total} ${receipt.currency} until ${new Date(receipt.expires)}`);
 */
export async function verifyReceipt(
  input: Uint8Array | string,
  { now, development, quote, cart, lines, decision, ...options }: ReceiptOptions,
): Promise<{ receipt: Receipt; sha256: string }> {
  const envelope = readText(input);
  const trusted = isTrustedRoot(options.root) ? options.root : await verifyRoot(options.root, { now });
  checkDevelopment(trusted, development);
  const { document, sha256 } = await verifyDocument(envelope, "receipt", parseReceipt, trusted, now);
  if (quote !== undefined) checkQuote(document, Object(quote));
  if (cart !== undefined) await checkCart(document, cart, lines);
  if (decision !== undefined) checkDecision(document, Object(decision));
  return { receipt: document, sha256 };
}

/** An envelope is JSON, so that a text which does not begin like that is base64url. */
function readText(input: Uint8Array | string): Uint8Array | string {
  if (typeof input !== "string" || /^\s*\{/.test(input)) return input;
  // Before anything of its size is allocated: three bytes are four letters.
  if (input.length > Math.ceil(MAX_ENVELOPE_BYTES / 3) * 4) {
    throw refuse("DOCUMENT_TOO_LARGE", "receipt", input.length);
  }
  // The letters of the other alphabet would be a second spelling.
  if (/[+/=]/.test(input)) throw refuse("DOCUMENT_BAD_BASE64", "receipt", input);
  const standard = input.replaceAll("-", "+").replaceAll("_", "/");
  return decodeBase64(standard.padEnd(Math.ceil(standard.length / 4) * 4, "="), "receipt");
}

function checkQuote({ quote, release, expires }: Receipt, shown: NonNullable<ReceiptOptions["quote"]>): void {
  if (shown.id !== quote) throw refuse("RECEIPT_OTHER_QUOTE", "receipt.quote", shown.id);
  if ((shown.release ?? release) !== release) {
    throw refuse("RECEIPT_OTHER_QUOTE", "receipt.release", shown.release);
  }
  if ((shown.expires ?? expires) !== expires) {
    throw refuse("RECEIPT_OTHER_QUOTE", "receipt.expires", shown.expires);
  }
}

async function checkCart(receipt: Receipt, cart: Cart, lines: Policy["lines"] | undefined): Promise<void> {
  let digest: string | undefined;
  try {
    // Lines that are merged have one quantity: one below zero would not be seen in it.
    if (cart.lines.every(({ quantity }) => Number.isSafeInteger(quantity) && quantity > 0)) {
      digest = await sha256Hex(encodeUtf8(canonicalCart(cart, lines)));
    }
  } catch (cause) {
    // Whoever shows a receipt may show anything with it: what has no canonical text is no cart.
    throw refuse("RECEIPT_OTHER_CART", "receipt.cart", undefined, cause);
  }
  if (digest !== receipt.cart) throw refuse("RECEIPT_OTHER_CART", "receipt.cart", digest);
}

function checkDecision(receipt: Receipt, shown: NonNullable<ReceiptOptions["decision"]>): void {
  for (const [field, said] of [
    ["release", shown.release],
    ["currency", shown.currency],
    ["decision", shown.digest],
  ] as const) {
    if (said !== receipt[field]) throw refuse("RECEIPT_OTHER_DECISION", `receipt.${field}`, said);
  }
}
