import type { CartSnapshot } from "@haggle/sdk/cart";
import { get, setText } from "./dom.ts";
import { type Money, shorten, spellNumber } from "./format.ts";
import { texts } from "./i18n/locale.ts";
import type { ServerPrice } from "./server-price.ts";

/** What both sides must agree on. A refusal counts by its code. */
export type Answer = {
  total: number | undefined;
  digest: string;
  fuel: number | undefined;
  /** By which both have to price before they can differ. A refusal names none. */
  release: string | undefined;
};

export type Parity = "pending" | "equal" | "refused" | "differs" | "otherRelease" | "offline" | "served";

const NOTHING = "–";

export function toAnswer(decision: CartSnapshot["decision"]): Answer {
  if (!decision.ok)
    return { total: undefined, digest: decision.error.code, fuel: undefined, release: undefined };
  // The cart is not changed after pricing, so there always is a digest; none would be equal to no answer.
  return {
    total: decision.total,
    digest: decision.digest ?? "",
    fuel: decision.fuelUsed,
    release: decision.release,
  };
}

export function toServerAnswer(price: ServerPrice): Answer {
  if (!price.ok) return { total: undefined, digest: price.error.code, fuel: undefined, release: undefined };
  const { total, digest, fuelUsed, release } = price.decision;
  return { total, digest: digest ?? "", fuel: fuelUsed, release };
}

export function showLocal(answer: Answer, micros: number, money: Money): void {
  showAnswer("local-total", "local-digest", "fuel", answer, money);
  setText(get("micros"), micros < 10 ? `${micros.toFixed(1)} µs` : `${Math.round(micros)} µs`);
}

export function showServer(answer: Answer, millis: number, money: Money): void {
  showAnswer("server-total", "server-digest", "server-fuel", answer, money);
  setText(get("round-trip"), `${millis.toFixed(millis < 10 ? 1 : 0)} ms`);
}

/** Without an answer the server's column is empty: the figures in it were those of another cart. */
export function showNoServer(): void {
  showNothing(["server-total", "server-digest", "server-fuel", "round-trip"], "server-digest");
}

export function showNoLocal(): void {
  showNothing(["local-total", "local-digest", "fuel", "micros"], "local-digest");
}

function showNothing(ids: readonly string[], digest: string): void {
  for (const id of ids) setText(get(id), NOTHING);
  const code = get(digest);
  code.removeAttribute("title");
  delete code.dataset.digest;
}

export function showParity(state: Parity): void {
  const element = get("parity");
  element.dataset.state = state;
  setText(element, texts().proof[state]);
}

/** Two refusals of one kind agree, but there is no price in them that could be equal. */
export function compare(left: Answer, right: Answer): Parity {
  const same = left.digest === right.digest && left.total === right.total && left.fuel === right.fuel;
  const isOther = left.release !== right.release && left.release !== undefined && right.release !== undefined;
  // One side has taken up a new release before the other: nobody has worked out anything wrong.
  if (isOther) return "otherRelease";
  if (!same) return "differs";
  return left.total === undefined ? "refused" : "equal";
}

function showAnswer(total: string, digest: string, fuel: string, answer: Answer, money: Money): void {
  setText(get(total), answer.total === undefined ? texts().proof.noPrice : money(answer.total));
  const code = get(digest);
  code.title = answer.digest;
  code.dataset.digest = answer.digest;
  setText(code, answer.total === undefined ? answer.digest : shorten(answer.digest));
  setText(get(fuel), answer.fuel === undefined ? NOTHING : spellNumber(answer.fuel));
}
