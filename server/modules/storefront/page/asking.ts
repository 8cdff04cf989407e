import { askServer, type ServerPrice } from "./server-price.ts";

/** Typing is priced at once here; the server is asked when the hand rests. */
const ASK_AFTER_MS = 120;
/** A server that is there again, or has caught up, is heard without a keystroke. */
const AGAIN_AFTER_MS = 4_000;

/** What the server makes of the cart of now. Undefined: it does not answer, and is asked again. */
export type Asked = { price: ServerPrice; millis: number } | undefined;

/** Asks for the newest cart alone: what was asked before is let go of. An answer that is not final is asked for again. */
export function createAsking() {
  let asking = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (cart: object, answered: (asked: Asked) => { isFinal: boolean }): void => {
    asking.abort();
    asking = new AbortController();
    clearTimeout(timer);
    const { signal } = asking;
    const attempt = (): void => {
      const take = (asked: Asked): void => {
        if (signal.aborted) return;
        if (!answered(asked).isFinal) timer = setTimeout(attempt, AGAIN_AFTER_MS);
      };
      askServer(cart, signal).then(take, () => take(undefined));
    };
    timer = setTimeout(attempt, ASK_AFTER_MS);
  };
}
