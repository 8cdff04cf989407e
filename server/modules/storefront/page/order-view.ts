import type { Catalogue } from "../schema.ts";
import type { OrderShown } from "../till-schema.ts";
import { get, make, setText } from "./dom.ts";
import { type Money, spellTime } from "./format.ts";
import { onLocale, texts } from "./i18n/locale.ts";
import { drawLedger } from "./ledger-view.ts";
import { alone, say, tried } from "./said.ts";
import { getOrder, payOrder, previewReturn, sendBack, shipOrder } from "./till.ts";

const NOTE = "order-note";
/** So often the page looks whether the bank has answered, or the money is back. */
const LOOK_EVERY_MS = 500;
/** Nobody sits before it for more than a minute. */
const LOOKS = 120;

/** The card of one order, from its placing until something of it comes back. */
export function createOrderView({ products, means }: Catalogue, money: Money) {
  const bySku = new Map(products.map((product) => [product.sku, product]));
  const card = get("order");
  const select = get<HTMLSelectElement>("means");
  let shown: OrderShown | undefined;
  /** How often somebody began to look: who began last goes on. */
  let watches = 0;

  function draw(next: OrderShown): void {
    const before = shown;
    shown = next;
    const { id, state } = next.order;
    card.hidden = false;
    setText(get("order-id"), id);
    get("order-state").dataset.state = state;
    setText(get("order-state"), texts().order.state(state));
    get("payment").hidden = state !== "awaiting_payment";
    get("ship").hidden = state !== "paid" && state !== "fulfilling";
    for (const [id, amount] of amountsOf(next)) setText(get(id), money(amount));
    // Whoever has just asked what a unit would bring is not disturbed by money that comes.
    if (before !== undefined && isSame(before, next)) return;
    drawRest(next);
  }

  function drawRest(next: OrderShown): void {
    get("history").replaceChildren(...next.history.map(drawStep));
    const nameOf = (sku: string): string => {
      const product = bySku.get(sku);
      return product === undefined ? sku : texts().product(product).name;
    };
    get("ledger").replaceChildren(...drawLedger(next, { money, nameOf, drawBack }));
  }

  function drawMeans(): void {
    const { value } = select;
    select.replaceChildren(
      ...means.map(({ token, name }) => make("option", { value: token }, texts().means(token, name))),
    );
    if (value !== "") select.value = value;
  }

  /** A line's way back: what one unit comes to is shown, and then it is done. */
  function drawBack(line: string, name: string): HTMLElement {
    const place = make("div", { class: "return", "data-testid": "return" });
    const ask = makeButton(texts().order.sendOne, name, async () => {
      const preview = await tried(NOTE, previewReturn(shown!.order.id, line));
      if (preview !== undefined) confirm(preview.refund);
    });
    const confirm = (refund: number): void => {
      const yes = makeButton(texts().order.sendIt, name, () => bringBack(line, refund));
      const no = makeButton(texts().order.keepIt, name, async () => {
        place.replaceChildren(ask);
        say(NOTE, "");
        ask.focus();
      });
      const told = texts().order.refund(money(refund));
      place.replaceChildren(make("p", { "data-testid": "refund" }, told), yes, no);
      say(NOTE, texts().order.told(name, told));
      yes.focus();
    };
    place.append(ask);
    return place;
  }

  async function bringBack(line: string, refund: number): Promise<void> {
    const made = await tried(NOTE, sendBack(shown!.order.id, line, refund));
    if (made === undefined) return;
    await look();
    say(NOTE, texts().order.isBack(money(made.refund)));
    card.focus();
    void watch(({ order, returns }) => order.refunded >= sumOf(returns));
  }

  async function pay(): Promise<void> {
    say(NOTE, texts().order.askingBank);
    // A bank may tell the shop before it answers: whoever comes first is shown.
    const looking = watch(({ order }) => order.state !== "awaiting_payment");
    const answered = tried(NOTE, payOrder(shown!.order.id, select.value));
    const first = await Promise.race([answered, looking.then(() => shown)]);
    if (first === undefined) {
      watches += 1;
      return;
    }
    draw(first);
    if (first.order.state === "awaiting_payment") {
      say(NOTE, texts().order.lateBank);
      await looking;
    }
    if (shown?.order.state !== "paid") return;
    say(NOTE, texts().order.isPaid);
    get("ship").focus();
  }

  async function ship(): Promise<void> {
    const shipped = await tried(NOTE, shipOrder(shown!.order.id));
    if (shipped === undefined) return;
    draw(shipped);
    say(NOTE, texts().order.isSent);
    card.focus();
  }

  /** Until it is as it should be. */
  async function watch(isDone: (order: OrderShown) => boolean): Promise<void> {
    const own = ++watches;
    for (let looks = 0; looks < LOOKS && shown !== undefined && !isDone(shown); looks += 1) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      if (own !== watches) return;
      await look();
    }
  }

  /** What cannot be had now is asked for again. */
  async function look(): Promise<void> {
    const answer = await getOrder(shown!.order.id).catch(() => undefined);
    if (answer?.ok) draw(answer.body);
  }

  function makeButton(text: string, name: string, work: () => Promise<void>): HTMLButtonElement {
    const label = texts().order.ofGoods(text, name);
    const attributes = { type: "button", class: "do quiet", "aria-label": label };
    const element = make("button", attributes, text);
    element.addEventListener("click", alone(card, work));
    return element;
  }

  drawMeans();
  onLocale(() => {
    drawMeans();
    say(NOTE, "");
    if (shown === undefined) return;
    setText(get("order-state"), texts().order.state(shown.order.state));
    for (const [id, amount] of amountsOf(shown)) setText(get(id), money(amount));
    drawRest(shown);
  });
  const paying = alone(card, pay);
  get("payment").addEventListener("submit", (event) => {
    event.preventDefault();
    paying();
  });
  get("ship").addEventListener("click", alone(card, ship));

  return {
    /** One that was just placed. Its id is in the address, for whoever loads the page again. */
    open(order: OrderShown): void {
      watches += 1;
      history.replaceState(null, "", `#${order.order.id}`);
      say(NOTE, "");
      draw(order);
      card.focus();
      card.scrollIntoView({ block: "nearest" });
    },
    /** The one of the address, where it is this visitor's. */
    async reopen(): Promise<void> {
      const [id] = ORDER.exec(location.hash) ?? [];
      const answer = id === undefined ? undefined : await getOrder(id).catch(() => undefined);
      if (!answer?.ok) return;
      draw(answer.body);
      // His bank may still be about to answer.
      await watch(({ order }) => order.state !== "awaiting_payment");
    },
  };
}

function drawStep({ to, cause, at }: OrderShown["history"][number]): HTMLElement {
  const { order } = texts();
  const told = order.cause(cause.replace(ID, ""));
  return make("li", {}, make("span", {}, order.state(to)), make("span", {}, told, " · ", spellTime(at)));
}

function amountsOf({ order: { total, captured, refunded } }: OrderShown): [id: string, minor: number][] {
  return [
    ["order-total", total],
    ["order-captured", captured],
    ["order-refunded", refunded],
  ];
}

const ORDER = /order_[\w-]{24}$/;
/** Behind what it is of; for people at a counter, and not for this page. */
const ID = / [a-z]+_[\w-]{24}$/;

/** But for money. */
function isSame(a: OrderShown, b: OrderShown): boolean {
  const told = ({ order: { id, state }, returns }: OrderShown) => JSON.stringify([id, state, returns]);
  return told(a) === told(b);
}

function sumOf(returns: OrderShown["returns"]): number {
  return returns.reduce((sum, { refund }) => sum + refund, 0);
}
