import { HaggleProvider, useCart, useDecision, usePrice, useUnlocks } from "@haggle/sdk/react";
import { createElement, type ReactNode, StrictMode, useLayoutEffect, useState, useTransition } from "react";
import { type PageShop, PIECE, textOf } from "./shop.ts";

/** The page, in a page and rendered at a server. */
export function shopElement({
  cart,
  prices,
  commits,
}: Pick<PageShop, "cart" | "prices" | "commits">): ReactNode {
  const page = [createElement(Checkout, { key: 1 }), createElement(Product, { key: 2 })];
  const shop = createElement(Slow, { key: 3, commits });
  return createElement(StrictMode, null, createElement(HaggleProvider, { cart, prices }, ...page, shop));
}

function Checkout(): ReactNode {
  const { decision, cart } = useDecision();
  const { setQuantity } = useCart();
  const add = () => setQuantity("line-1", cart.lines[0]!.quantity + 1);
  const [unlock] = useUnlocks();
  return [
    createElement("output", { key: 1, id: "total" }, textOf(decision)),
    createElement("button", { key: 2, id: "add", type: "button", onClick: add }, "add"),
    createElement("p", { key: 3, id: "unlock" }, unlock && `${unlock.promotion} ${unlock.missing}`),
  ];
}

/** Its object is another one at each rendering. */
function Product(): ReactNode {
  return createElement("p", { id: "price" }, textOf(usePrice({ ...PIECE })));
}

/** Ten components that take their time, in a rendering that others may interrupt. */
function Slow({ commits }: { commits: string[][] }): ReactNode {
  const [round, setRound] = useState(0);
  const [, startTransition] = useTransition();
  const go = () => startTransition(() => setRound((before) => before + 1));
  const parts = Array.from({ length: 10 }, (_, key) => createElement(SlowPart, { key, round }));
  useLayoutEffect(() => {
    commits.push(
      [...document.querySelectorAll(".slow")].map(({ textContent }) => textContent!.split(" ")[0]!),
    );
  });
  return [createElement("button", { key: "go", id: "go", type: "button", onClick: go }, "go"), ...parts];
}

function SlowPart({ round }: { round: number }): ReactNode {
  const { decision } = useDecision();
  const until = round === 0 ? 0 : performance.now() + 10;
  while (performance.now() < until);
  return createElement("p", { className: "slow" }, `${textOf(decision)} ${round}`);
}
