// A page of a shop: shows a price that follows a server elsewhere, then uses every entry for pages and posts what came of them.

import { createHaggle } from "@haggle/sdk/client";
import { PAGE_ENTRIES } from "./page-entries.ts";
import { useAll } from "./uses.ts";

const read = async (path: string) => new Uint8Array(await (await fetch(`/shop/${path}`)).arrayBuffer());
const text = async (path: string) => new TextDecoder().decode(await read(path));
const url = new URLSearchParams(location.search).get("server") ?? "";
const [root, cart] = [await text("../root.json"), JSON.parse(await text("carts/example.json"))];

const haggle = createHaggle({ url, root });
const price = document.createElement("output");
haggle.on("update", ({ release }) => {
  const decision = haggle.evaluate(cart);
  price.textContent = decision.ok ? `€${(decision.total / 100).toFixed(2)}` : decision.error.code;
  price.title = release;
});
document.body.append(price);

await fetch("/posted/used", { method: "POST", body: await useAll(PAGE_ENTRIES, read, url) });
