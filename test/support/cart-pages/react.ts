import { hydrateRoot } from "react-dom/client";
import { shopElement } from "./react-shop.ts";
import { openShop } from "./shop.ts";

const shop = await openShop();
const root = hydrateRoot(document.querySelector("main")!, shopElement(shop), {
  onRecoverableError: (error) => shop.errors.push(String(error)),
  onUncaughtError: (error) => shop.errors.push(String(error)),
});
shop.unmount = () => root.unmount();
