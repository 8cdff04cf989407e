import { createApp, h, onScopeDispose, type ShallowRef, shallowRef } from "vue";
import { openShop, PIECE, textOf } from "./shop.ts";

const { cart, prices } = await openShop();

/** A store as a shallow ref: what it holds is frozen and comes as a whole. */
function useStore<T>(subscribe: (listener: () => void) => () => void, read: () => T): ShallowRef<T> {
  const ref = shallowRef(read());
  onScopeDispose(
    subscribe(() => {
      ref.value = read();
    }),
  );
  return ref;
}

const app = createApp({
  setup() {
    const snapshot = useStore(cart.subscribe, cart.getSnapshot);
    const price = useStore(prices.subscribe, () => prices.priceOf(PIECE));
    return () => [
      h("output", { id: "total" }, textOf(snapshot.value.decision)),
      h("p", { id: "price" }, textOf(price.value)),
      h("button", { id: "add", onClick: () => add(snapshot.value.cart.lines[0]!.quantity) }, "add"),
    ];
  },
});
const add = (quantity: number) => cart.setQuantity("line-1", quantity + 1);
app.mount("main");
globalThis.shop.unmount = () => app.unmount();
