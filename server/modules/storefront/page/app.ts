import type { Cart, Code, HaggleError } from "@haggle/sdk";
import { type ClientState, createHaggle, type Haggle } from "@haggle/sdk/client";
import type { Catalogue } from "../schema.ts";
import { createAsking } from "./asking.ts";
import { createBench } from "./bench-view.ts";
import { createBasket, toCart } from "./cart.ts";
import { createCartView, type Priced } from "./cart-view.ts";
import { drawCatalogue } from "./catalogue-view.ts";
import { createCheckout } from "./checkout.ts";
import { get } from "./dom.ts";
import { explainFailure, type Failure, spellDetails } from "./explained.ts";
import { moneyFormat, shorten } from "./format.ts";
import { onLocale, texts, translatePage } from "./i18n/locale.ts";
import { drawLanguages } from "./language-view.ts";
import { createLive, type Live } from "./live.ts";
import { fetchKept } from "./network.ts";
import { keepPage } from "./offline.ts";
import { drawOptions } from "./options-view.ts";
import {
  compare,
  type Parity,
  showLocal,
  showNoLocal,
  showNoServer,
  showParity,
  showServer,
  toAnswer,
  toServerAnswer,
} from "./proof-view.ts";
import { createQuote } from "./quote-view.ts";
import { createReceiptView } from "./receipt-view.ts";
import { type Standing, showNotice, showRefusal, showStanding } from "./release-view.ts";
import type { ServerPrice } from "./server-price.ts";
import { createExperiments } from "./shopper.ts";
import { createSides } from "./side-view.ts";
import { hideLinkAtCart } from "./to-cart.ts";

// One way round: the basket changes, the engine prices it, the page shows it, and the server is asked for the same.
// Where the engine may not run, the server's answer is what is shown.

/** One pricing is shorter than a browser's clock can tell apart, so the shown time is the median of a few. */
const TIMED_RUNS = 15;
/** The host's fault and not the release's: a policy without 'wasm-unsafe-eval', a browser without Ed25519. */
const CANNOT_RUN: readonly Code[] = ["ENGINE_WASM_BLOCKED", "SIGNATURE_UNSUPPORTED"];
/** Nobody has refused anything: there is no answer. */
const NO_ANSWER: readonly Code[] = ["CLIENT_NETWORK", "CLIENT_STATUS"];

async function run(): Promise<void> {
  const standing: Standing = { state: undefined, refusal: undefined, fallback: undefined, isLost: false };
  const isSilent = () => {
    standing.isLost = true;
    showStanding(standing);
  };
  translatePage();
  drawLanguages();
  showStanding(standing);
  const catalogue = (await (await fetchKept("/v1/catalogue", isSilent)).json()) as Catalogue;
  const money = moneyFormat(catalogue.currency);
  const basket = createBasket(catalogue);
  const ask = createAsking();
  const canBuy = catalogue.means.length > 0;
  let root = "";
  let haggle: Haggle | undefined;
  let live: Live | undefined;
  let total: number | undefined;

  const view = createCartView(catalogue, money, update);
  const products = drawCatalogue(catalogue, money, add);
  const options = drawOptions(catalogue, basket, update);
  const bench = createBench(money, { switched });
  const receipt = createReceiptView(() => root, money);
  const quote = createQuote(catalogue, { basket, receipt, cart: readCart, haggle: () => haggle! });
  const sides = createSides(canBuy, moved);
  const checkout = canBuy ? createCheckout(catalogue, money, { basket, receipt, emptied }) : undefined;
  onLocale(redraw);
  hideLinkAtCart();
  update();

  function readCart(): Cart {
    return toCart(basket, catalogue, haggle?.prices, Date.now());
  }

  function update(): void {
    view.showRows(basket);
    products.showPrices(haggle?.prices);
    const cart = readCart();
    if (haggle?.engine !== undefined) priceHere(haggle, cart);
    else if (standing.fallback !== undefined) priceByServer(cart);
  }

  function priceHere(haggle: Haggle, cart: Cart): void {
    live ??= createLive(haggle, cart);
    const { cart: priced, decision } = live.price(cart);
    if (decision.ok) show(decision);
    else show(undefined, decision.error);
    const local = toAnswer(decision);
    showLocal(local, timeMicros(haggle, priced), money);
    askServer(priced, (price) => (price ? compare(local, toServerAnswer(price)) : "offline"));
  }

  /** The slow way, for a browser that may not run the rules: what was shown stays until the server has answered. */
  function priceByServer(cart: Cart): void {
    askServer(cart, (price) => {
      show(price?.ok ? price.decision : undefined, price?.ok === false ? price.error : undefined);
      return price ? "served" : "offline";
    });
  }

  function askServer(cart: Cart, answered: (price: ServerPrice | undefined) => Parity): void {
    showParity("pending");
    ask(cart, (asked) => {
      heard(asked !== undefined);
      if (asked === undefined) showNoServer();
      else showServer(toServerAnswer(asked.price), asked.millis, money);
      const parity = answered(asked?.price);
      showParity(parity);
      return { isFinal: parity !== "offline" && parity !== "otherRelease" };
    });
  }

  function show(decision: Priced | undefined, failure?: Failure): void {
    total = decision?.total;
    view.showPrices(basket, decision, haggle?.engine?.promotions);
    checkout?.offer(total);
    showRefusal(failure);
  }

  function heard(isThere: boolean): void {
    standing.isLost = !isThere;
    showAll();
  }

  function showAll(): void {
    showStanding(standing);
    bench.show(standing);
  }

  function add(sku: string): void {
    const quantity = Number.parseInt(basket.quantities.get(sku) ?? "0", 10) || 0;
    basket.quantities.set(sku, String(quantity + 1));
    update();
  }

  function emptied(): void {
    get<HTMLInputElement>("coupon").value = "";
    update();
  }

  /** The network is cut, or whole again. */
  function switched(): void {
    heard(true);
    update();
    void haggle?.refresh().catch(() => undefined);
  }

  function redraw(): void {
    for (const part of [products, view, options, quote, receipt, sides]) part.redraw();
    showAll();
    update();
  }

  function takeUpdate(state: ClientState): void {
    const before = standing.state?.release;
    standing.state = state;
    standing.refusal = undefined;
    // Only a server confirms.
    if (!state.restored) standing.isLost = false;
    const totalBefore = total;
    update();
    sides.show(haggle?.channel, state.release);
    // A channel document that only lives on is no news.
    if (before !== state.release) {
      const totals =
        totalBefore === undefined || total === undefined ? undefined : { before: totalBefore, after: total };
      bench.swapped(before === undefined ? undefined : totals);
      if (before !== undefined) showNotice(texts().release.swapped(shorten(state.release)));
    } else bench.repriced(totalBefore, total);
    showAll();
  }

  function takeError(error: HaggleError): void {
    const hasEngine = haggle?.engine !== undefined;
    if (NO_ANSWER.includes(error.code)) {
      heard(false);
      return;
    }
    if (hasEngine) {
      // What is in use stays, and so does its name.
      showNotice(texts().release.notTaken(explainFailure(error)), spellDetails(error));
      return;
    }
    if (CANNOT_RUN.includes(error.code)) {
      standing.fallback = error;
      showNoLocal();
      update();
    } else standing.refusal = error;
    showAll();
  }

  // The page believes the root of its own origin; a shop with its own build pins one in it.
  root = await (await fetchKept("/v1/root", isSilent)).text();
  follow();

  function follow(): void {
    haggle = createHaggle({
      url: "",
      root,
      // The demo runs on a laptop too; a production server serves no development root.
      development: true,
      experiments: createExperiments(),
    });
    haggle.on("update", takeUpdate);
    haggle.on("error", takeError);
    haggle.on("stale", showAll);
  }

  /** Another shopper, so another client: nothing that one was told is the other's. */
  async function moved(): Promise<void> {
    live?.close();
    live = undefined;
    haggle?.close();
    follow();
    await haggle?.refresh().catch(() => undefined);
  }
}

function timeMicros(haggle: Haggle, cart: Cart): number {
  const times: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run += 1) {
    const began = performance.now();
    haggle.evaluate(cart);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return times[TIMED_RUNS >> 1]! * 1_000;
}

await run();
void keepPage();
