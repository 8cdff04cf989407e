import { openShop, PIECE, textOf } from "./shop.ts";

const { cart, prices } = await openShop();
const main = document.querySelector("main")!;
const element = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag, id: string) =>
  main.appendChild(Object.assign(document.createElement(tag), { id }));
const [total, price, button] = [element("output", "total"), element("p", "price"), element("button", "add")];
button.onclick = () => cart.setQuantity("line-1", cart.getSnapshot().cart.lines[0]!.quantity + 1);
const offs = [
  cart.subscribe(({ decision }) => {
    total.textContent = textOf(decision);
  }),
  prices.subscribe(() => {
    price.textContent = textOf(prices.priceOf(PIECE));
  }),
];
globalThis.shop.unmount = () => {
  for (const off of offs) off();
  main.replaceChildren();
};
