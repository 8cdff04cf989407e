import type { Catalogue } from "../schema.ts";
import type { CartBody } from "../till-schema.ts";
import { type Basket, toLines } from "./cart.ts";
import { get, setText } from "./dom.ts";
import type { Money } from "./format.ts";
import { texts } from "./i18n/locale.ts";
import { createOrderView } from "./order-view.ts";
import type { ReceiptView } from "./receipt-view.ts";
import { alone, say, tried, unlessRefused } from "./said.ts";
import { placeOrder, quoteCart } from "./till.ts";

const NOTE = "checkout-note";

/** The button below the price, where the page has a till. `emptied`: what was in the basket is an order now. */
export function createCheckout(
  catalogue: Catalogue,
  money: Money,
  { basket, receipt, emptied }: { basket: Basket; receipt: ReceiptView; emptied: () => void },
) {
  const button = get("buy");
  const order = createOrderView(catalogue, money);
  let shownTotal: number | undefined;
  /** What the shop asks for this cart; kept while nobody knows whether it was bought. */
  let asked: { cart: string; quote: string; total: number } | undefined;

  async function buy(): Promise<void> {
    const cart = toCartBody(basket);
    if (cart.lines.length === 0) {
      say(NOTE, texts().till.nothing);
      return;
    }
    const text = JSON.stringify(cart);
    if (asked?.cart !== text) {
      say(NOTE, texts().till.asking);
      const quote = await tried(NOTE, quoteCart(cart));
      if (quote === undefined) return;
      asked = { cart: text, ...quote };
      await receipt.open(quote.receipt, quote.total);
      if (quote.total !== shownTotal) {
        setText(button, texts().till.buyFor(money(quote.total)));
        say(NOTE, texts().till.asks(money(quote.total)));
        return;
      }
    }
    say(NOTE, texts().till.placing);
    const answer = await placeOrder(asked.quote).catch(() => undefined);
    const placed = unlessRefused(NOTE, answer);
    if (answer !== undefined && (answer.ok || !answer.isUnsure)) asked = undefined;
    if (placed === undefined) return;
    say(NOTE, "");
    basket.quantities.clear();
    basket.coupon = "";
    emptied();
    order.open(placed);
  }

  get("checkout").hidden = false;
  button.addEventListener("click", alone(get("checkout"), buy));
  void order.reopen();

  return {
    /** What the page makes of the basket, undefined where that is no price. */
    offer(total: number | undefined): void {
      shownTotal = total;
      if (asked === undefined || asked.cart !== JSON.stringify(toCartBody(basket)))
        setText(button, texts().till.buy);
    },
  };
}

function toCartBody(basket: Basket): CartBody {
  const { shipping, segment, coupon } = basket;
  return {
    lines: toLines(basket),
    shippingMethod: shipping,
    ...(segment === "vip" && { segment }),
    ...(coupon.trim() !== "" && { coupon: coupon.trim() }),
  };
}
