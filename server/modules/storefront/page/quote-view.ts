import type { Cart } from "@haggle/sdk";
import { HaggleError } from "@haggle/sdk";
import type { Haggle, Quoted } from "@haggle/sdk/client";
import type { Catalogue } from "../schema.ts";
import type { Basket } from "./cart.ts";
import { get } from "./dom.ts";
import { explainFailure } from "./explained.ts";
import { texts } from "./i18n/locale.ts";
import type { ReceiptView } from "./receipt-view.ts";
import { alone, say } from "./said.ts";

const NOTE = "quote-note";

type Parts = {
  basket: Basket;
  receipt: ReceiptView;
  /** Of the basket as it is now. */
  cart: () => Cart;
  haggle: () => Pick<Haggle, "quote">;
};

/** The button that asks for a quote which can be shown to others. */
export function createQuote({ region }: Catalogue, { basket, receipt, cart, haggle }: Parts) {
  async function quote(): Promise<void> {
    const asked = cart();
    if (asked.lines.length === 0) {
      say(NOTE, texts().till.nothing);
      return;
    }
    say(NOTE, texts().receipt.asking);
    try {
      const quoted = await haggle().quote(asked, { region, shippingMethod: basket.shipping });
      await receipt.open(quoted.receipt, quoted.quote.total, () => spell(quoted.comparison, asked));
      say(NOTE, texts().receipt.none);
      receipt.focus();
    } catch (cause) {
      if (!(cause instanceof HaggleError)) throw cause;
      const why = cause.code === "CLIENT_NETWORK" ? texts().till.silent : `${explainFailure(cause)}.`;
      say(NOTE, why, "refused");
    }
  }

  const redraw = (): void => say(NOTE, texts().receipt.none);
  get("quote").addEventListener("click", alone(get("quote"), quote));
  redraw();
  return { redraw };
}

function spell(comparison: Quoted["comparison"], { customer }: Cart): string {
  const { match, drift, notComparable, cause, both } = texts().receipt;
  if (comparison === undefined) return "";
  if (comparison.verdict === "match") return match;
  // Who somebody is, a page may preview and not ask a quote for: for the server it is another cart.
  const causesOf = (name: string): string => (name === "cart" && customer !== undefined ? "customer" : name);
  const causes = both(comparison.causes.map((name) => cause(causesOf(name))));
  return comparison.verdict === "drift" ? drift(causes) : notComparable(causes);
}
