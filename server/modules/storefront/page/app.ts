import type { Code, HaggleError } from "@haggle/abi";
import type { Decision } from "@haggle/sdk";
import { type Client, type ClientState, createHaggle } from "@haggle/sdk/client";
import { errorText, explainError } from "@haggle/sdk/error-texts";
import type { Catalogue } from "../schema.ts";
import { type Basket, createBasket, toCart } from "./cart.ts";
import { createCartView, type Priced } from "./cart-view.ts";
import { drawCatalogue } from "./catalogue-view.ts";
import { createCheckout } from "./checkout.ts";
import { get, make, setText } from "./dom.ts";
import { moneyFormat, shorten } from "./format.ts";
import {
  compare,
  showLocal,
  showNoLocal,
  showNoServer,
  showParity,
  showServer,
  toAnswer,
  toServerAnswer,
} from "./proof-view.ts";
import { askServer, type ServerPrice } from "./server-price.ts";

// One way round: the basket changes, the engine prices it, the page shows it, and the server is asked for the same.
// Where the engine may not run, the server's answer is what is shown.

/** One pricing is shorter than a browser's clock can tell apart, so the shown time is the median of a few. */
const TIMED_RUNS = 15;
/** Typing is priced at once here; the server is asked when the hand rests. */
const ASK_AFTER_MS = 120;
const NOTICE_MS = 6_000;
const RETRY_MS = 1_000;
/** The host's fault and not the release's: a policy without 'wasm-unsafe-eval', a browser without Ed25519. */
const CANNOT_RUN: readonly Code[] = ["ENGINE_WASM_BLOCKED", "SIGNATURE_UNSUPPORTED"];

async function run(): Promise<void> {
  const catalogue = (await fetchOk("/v1/catalogue").then((response) => response.json())) as Catalogue;
  const money = moneyFormat(catalogue.currency, catalogue.locale);
  const basket = createBasket(catalogue);
  const view = createCartView(catalogue, money, update);
  let client: Client | undefined;
  let runsHere = true;
  let asking = new AbortController();
  let askTimer: ReturnType<typeof setTimeout> | undefined;

  function update(): void {
    view.showRows(basket);
    const { prices } = client ?? {};
    products.showPrices(prices);
    const cart = toCart(basket, catalogue, prices, Date.now());
    if (client?.engine !== undefined) priceHere(client, cart);
    else if (!runsHere) priceByServer(cart);
  }

  function priceHere(client: Client, cart: object): void {
    const { decision, micros } = timed(client, cart);
    if (decision.ok) show(decision);
    else show(undefined, decision.error);
    const local = toAnswer(decision);
    showLocal(local, micros, money);
    ask(cart, (price) => showParity(price ? compare(local, toServerAnswer(price)) : "offline"));
  }

  /** The slow way, for a browser that may not run the rules: what was shown stays until the server has answered. */
  function priceByServer(cart: object): void {
    ask(cart, (price) => {
      show(price?.ok ? price.decision : undefined, price?.ok === false ? price.error : undefined);
      showParity(price ? "served" : "offline");
    });
  }

  function show(decision: Priced | undefined, error?: Pick<HaggleError, "code" | "message">): void {
    view.showPrices(basket, decision);
    checkout?.offer(decision?.total);
    const refusal = get("refusal");
    refusal.hidden = error === undefined;
    refusal.title = error ? spellDetails(error) : "";
    setText(refusal, error ? errorText(error.code) : "");
  }

  /** Asks the server when the hand rests. `answered` gets its price, or undefined when there is none. */
  function ask(cart: object, answered: (price: ServerPrice | undefined) => void): void {
    asking.abort();
    asking = new AbortController();
    clearTimeout(askTimer);
    showParity("pending");
    const { signal } = asking;
    askTimer = setTimeout(() => {
      askServer(cart, signal).then(
        ({ price, millis }) => {
          showServer(toServerAnswer(price), millis, money);
          answered(price);
        },
        () => {
          if (signal.aborted) return;
          showNoServer();
          answered(undefined);
        },
      );
    }, ASK_AFTER_MS);
  }

  function emptied(): void {
    get<HTMLInputElement>("coupon").value = "";
    update();
  }

  const products = drawCatalogue(catalogue, money, (sku) => {
    basket.quantities.set(sku, String((Number.parseInt(basket.quantities.get(sku) ?? "0", 10) || 0) + 1));
    update();
  });
  drawOptions(catalogue, basket, update);
  hideLinkAtCart();
  const canBuy = catalogue.means.length > 0;
  const checkout = canBuy ? createCheckout(catalogue, money, { basket, emptied }) : undefined;
  update();

  let shown: string | undefined;
  client = createHaggle({
    url: "",
    // The page believes the root of its own origin; a shop with its own build pins one in it.
    root: await fetchOk("/v1/root").then((response) => response.text()),
    // The demo runs on a laptop too; a production server serves no development root.
    development: true,
    onRelease: (state) => {
      showRelease(state);
      // A channel document that only lives on is no news.
      if (shown !== undefined && shown !== state.release) {
        showNotice(`Release ${shorten(state.release)} is live. Your cart is priced by it.`);
      }
      shown = state.release;
      queueMicrotask(update);
    },
    onError: (error) => {
      if (client?.engine !== undefined || !CANNOT_RUN.includes(error.code)) {
        showError(error);
        return;
      }
      runsHere = false;
      showFallback(error);
      update();
    },
  });
}

function timed(client: Client, cart: object): { decision: Decision; micros: number } {
  const times: number[] = [];
  let decision = client.evaluate(cart);
  for (let run = 0; run < TIMED_RUNS; run += 1) {
    const began = performance.now();
    decision = client.evaluate(cart);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { decision, micros: times[TIMED_RUNS >> 1]! * 1_000 };
}

function drawOptions(catalogue: Catalogue, basket: Basket, changed: () => void): void {
  const choice = (
    name: string,
    value: string,
    label: string,
    chosen: boolean,
    choose: () => void,
  ): HTMLElement => {
    const input = make("input", { type: "radio", name, value, "data-testid": `${name}-${value}` });
    input.checked = chosen;
    input.addEventListener("change", () => {
      choose();
      changed();
    });
    return make("label", {}, input, label);
  };
  get("shipping").replaceChildren(
    ...catalogue.shipping.map(({ id, name }) =>
      choice("shipping", id, name, id === basket.shipping, () => {
        basket.shipping = id;
      }),
    ),
  );
  get("segment").replaceChildren(
    ...[undefined, ...catalogue.segments].map((segment) =>
      choice("segment", segment ?? "guest", segment ?? "guest", segment === basket.segment, () => {
        basket.segment = segment;
      }),
    ),
  );
  const coupon = get<HTMLInputElement>("coupon");
  coupon.placeholder = catalogue.coupons.length > 0 ? `Try ${catalogue.coupons.join(" or ")}` : "";
  coupon.addEventListener("input", () => {
    basket.coupon = coupon.value;
    changed();
  });
  get("options").addEventListener("submit", (event) => event.preventDefault());
}

/** On a phone a bar leads to the cart; beside the cart, or an order, it would only be in the way. */
function hideLinkAtCart(): void {
  const link = document.querySelector<HTMLElement>(".to-cart")!;
  const seen = new Set<Element>();
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
    }
    link.classList.toggle("away", seen.size > 0);
  });
  observer.observe(get("cart"));
  observer.observe(get("order"));
}

function showRelease({ release, version }: ClientState): void {
  const code = get("release");
  code.title = release;
  code.dataset.release = release;
  setText(code, shorten(release));
  setText(get("version"), `v${version}`);
  setText(get("verified"), "Signature verified");
  get("verified").title = "";
  code.parentElement!.dataset.state = "verified";
}

/** A refused update leaves the release in use where it is, and so its name. */
function showError(error: HaggleError): void {
  if (get("release").textContent !== "") {
    showNotice(`An update was not taken. ${errorText(error.code)}.`, spellDetails(error));
    return;
  }
  setText(get("verified"), `No release. ${errorText(error.code)}.`);
  get("verified").title = spellDetails(error);
  get("release").parentElement!.dataset.state = "refused";
}

/** Nothing is wrong with the release, but this browser cannot check or run it. */
function showFallback(error: HaggleError): void {
  setText(get("verified"), "Priced by the server");
  get("verified").title = spellDetails(error);
  get("release").parentElement!.dataset.state = "served";
  const fallback = get("fallback");
  fallback.hidden = false;
  fallback.title = spellDetails(error);
  setText(
    fallback,
    `The rules cannot run in this page, so the server prices your cart. ${errorText(error.code)}.`,
  );
  showNoLocal();
}

/** For who wants to know more than the sentence: code, place and value. */
function spellDetails(error: Pick<HaggleError, "code" | "message">): string {
  return `${error.code}: ${explainError(error)}`;
}

let noticeTimer: ReturnType<typeof setTimeout> | undefined;

function showNotice(text: string, details = ""): void {
  const notice = get("notice");
  notice.title = details;
  notice.hidden = false;
  setText(notice, text);
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    notice.hidden = true;
  }, NOTICE_MS);
}

/** Asks until the server answers well: while it starts it has no root to give. */
async function fetchOk(path: string): Promise<Response> {
  for (;;) {
    const response = await fetch(path).catch(() => undefined);
    if (response?.ok) return response;
    setText(get("verified"), "Waiting for the server");
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

await run();
