import { HaggleError } from "@haggle/abi";
import { createRateCounter } from "../../platform/rate-counter.ts";

const MINUTE_MS = 60_000;
/** Of codes that are no good, for each address: whoever types one off a card is right sooner. */
const WRONG_PER_MINUTE = 20;
/** An attacker of many addresses pushes out the oldest, and no memory grows. */
const MAX_ADDRESSES = 10_000;

/** Thrown with when he may try again. */
export class TooManyAttempts extends HaggleError {
  readonly resetsInS: number;

  constructor(resetsInS: number) {
    super("SERVER_TOO_MANY_REQUESTS", "Too many codes that are none; see retry-after", {
      value: WRONG_PER_MINUTE,
    });
    this.resetsInS = resetsInS;
  }

  /** By its field, as every room has a class of its own. */
  static override [Symbol.hasInstance](value: unknown): value is TooManyAttempts {
    return value instanceof Error && "resetsInS" in value;
  }
}

/**
 * Counts codes that browsers enter and that are no good, so that nobody tries them out. The same one again is none more: a cart is quoted
 * at each change of it. Each process counts for itself.
 */
export function createAttempts() {
  const wrong = createRateCounter({ windowMs: MINUTE_MS, capacity: MAX_ADDRESSES });
  const seen = createRateCounter({ windowMs: MINUTE_MS, capacity: MAX_ADDRESSES * WRONG_PER_MINUTE });
  return {
    /**
     * Counted before it is known which are good, since many may be under way at once.
     *
     * @returns what says which of them were good
     * @throws TooManyAttempts
     */
    begin(address: string, ids: readonly string[]): (good: readonly string[]) => void {
      const fresh = ids.filter((id) => seen.look(`${address} ${id}`).count === 0);
      const { count, resetsInS } = wrong.add(address, fresh.length);
      if (fresh.length > 0 && count > WRONG_PER_MINUTE) throw new TooManyAttempts(resetsInS);
      // What was not answered was not seen.
      for (const id of fresh) seen.add(`${address} ${id}`);
      return (good) => void wrong.add(address, -fresh.filter((id) => good.includes(id)).length);
    },
  };
}
