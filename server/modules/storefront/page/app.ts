import type { HaggleError } from "@haggle/abi";
import type { Decision } from "@haggle/sdk";
import { type Client, type ClientState, connect } from "@haggle/sdk/client";
import { errorText, explainError } from "@haggle/sdk/error-texts";
import type { Catalogue } from "../schema.ts";
import { type Basket, createBasket, toCart } from "./cart.ts";
import { createCartView } from "./cart-view.ts";
import { drawCatalogue } from "./catalogue-view.ts";
import { get, make, setText } from "./dom.ts";
import { moneyFormat, shorten } from "./format.ts";
import {
  type Answer,
  compare,
  showLocal,
  showNoServer,
  showParity,
  showServer,
  toAnswer,
} from "./proof-view.ts";
import { askServer } from "./server-price.ts";

// One way round: the basket changes, the engine prices it, the page shows it, and the server is asked for the same.

/** One pricing is shorter than a browser's clock can tell apart, so the shown time is the median of a few. */
const TIMED_RUNS = 15;
/** Typing is priced at once here; the server is asked when the hand rests. */
const ASK_AFTER_MS = 120;
const NOTICE_MS = 6_000;
const RETRY_MS = 1_000;

async function run(): Promise<void> {
  const catalogue = (await fetchOk("/v1/catalogue").then((response) => response.json())) as Catalogue;
  const money = moneyFormat(catalogue.currency, catalogue.locale);
  const basket = createBasket(catalogue);
  const view = createCartView(catalogue, money, update);
  let client: Client | undefined;
  let asking = new AbortController();
  let askTimer: ReturnType<typeof setTimeout> | undefined;

  function update(): void {
    view.showRows(basket);
    if (client?.engine === undefined) return;
    const cart = toCart(basket, catalogue, Date.now());
    const { decision, micros } = timed(client, cart);
    view.showPrices(basket, decision.ok ? decision : undefined);
    const refusal = get("refusal");
    refusal.hidden = decision.ok;
    refusal.title = decision.ok ? "" : spellDetails(decision.error);
    setText(refusal, decision.ok ? "" : errorText(decision.error.code));
    const answer = toAnswer(decision);
    showLocal(answer, micros, money);
    ask(cart, answer);
  }

  function ask(cart: object, local: Answer): void {
    asking.abort();
    asking = new AbortController();
    clearTimeout(askTimer);
    showParity("pending");
    const { signal } = asking;
    askTimer = setTimeout(() => {
      askServer(cart, signal).then(
        ({ answer, millis }) => {
          showServer(answer, millis, money);
          showParity(compare(local, answer));
        },
        () => {
          if (signal.aborted) return;
          showNoServer();
          showParity("offline");
        },
      );
    }, ASK_AFTER_MS);
  }

  drawCatalogue(catalogue, money, (sku) => {
    basket.quantities.set(sku, String((Number.parseInt(basket.quantities.get(sku) ?? "0", 10) || 0) + 1));
    update();
  });
  drawOptions(catalogue, basket, update);
  hideLinkAtCart();
  update();

  let first = true;
  client = connect({
    url: "",
    // The page believes the root of its own origin; a shop with its own build pins one in it.
    root: await fetchOk("/v1/root").then((response) => response.text()),
    // The demo runs on a laptop too; a production server serves no development root.
    development: true,
    onRelease: (state) => {
      showRelease(state);
      if (!first) showNotice(`Release ${shorten(state.release)} is live. Your cart is priced by it.`);
      first = false;
      queueMicrotask(update);
    },
    onError: showError,
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

/** On a phone a bar leads to the cart; beside the cart it would only be in the way. */
function hideLinkAtCart(): void {
  const link = document.querySelector<HTMLElement>(".to-cart")!;
  new IntersectionObserver(([cart]) => link.classList.toggle("away", cart?.isIntersecting)).observe(
    get("cart"),
  );
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
