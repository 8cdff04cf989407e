import type { Cart } from "@haggle/sdk";
import { type CartSnapshot, createCart } from "@haggle/sdk/cart";
import type { Haggle } from "@haggle/sdk/client";

export type Live = { price(cart: Cart): CartSnapshot; close(): void };

/** The SDK's live cart, which is told what has changed in the basket and nothing else: a changed line is encoded alone. */
export function createLive(haggle: Haggle, first: Cart): Live {
  const live = createCart(haggle, first);
  let last = first;

  function tell(next: Cart): void {
    const before = new Map(last.lines.map((line) => [line.id, line]));
    for (const line of next.lines) {
      if (!isSame(before.get(line.id), line)) live.setLine(line);
      before.delete(line.id);
    }
    for (const id of before.keys()) live.removeLine(id);
    const { shipping, coupons, customer } = next;
    const isOther = !isSame([last.shipping, last.coupons, last.customer], [shipping, coupons, customer]);
    if (isOther) live.set({ shipping, coupons, customer });
    last = next;
  }

  return {
    /** At the time of now, also where nothing else has changed. */
    price(cart) {
      live.update(() => {
        tell(cart);
        live.refresh();
      });
      return live.getSnapshot();
    },
    close: live.close,
  };
}

/** They are made alike each time. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
