import { type Cart, HaggleError, refuse } from "@haggle/abi";
import type { Decision } from "../decision.ts";
import type { DecisionJson } from "../decision-json.ts";
import { type OnEvaluate, stopwatch, tellEvaluation } from "../observe.ts";
import { RefusedDecision } from "../refused-decision.ts";
import type { Live } from "../trust/live.ts";
import { askServer, toAsked } from "./ask-server.ts";
import type { AnyDecision, Quoted, QuoteOptions } from "./haggle.ts";
import type { Session } from "./session.ts";

type Options = {
  url: string;
  headers: Readonly<Record<string, string>> | undefined;
  session: Session;
  onEvaluate: OnEvaluate | undefined;
};

type Answer = Omit<Quoted, "preview" | "isSame">;

/** What somebody at a checkout waits for, however many tries there are in it. */
const TIMEOUT_MS = 10_000;
const UNIT = "x-haggle-unit";

/** The server's prices: of a cart as it stands, and those that the shop stands by. */
export function createShop({ url, headers = {}, session, onEvaluate }: Options) {
  /** Of the last quote: the next one has the same release, as long as that quote lives. */
  let pin: string | undefined;
  /** Counts shoppers: what is answered to one of before is not for the next. */
  let shopper = 0;

  /** @throws HaggleError those of `askServer`; the signal's reason */
  async function ask(path: string, body: unknown, signal: AbortSignal | undefined): Promise<object> {
    const asker = shopper;
    // In small letters: a header that is there in two spellings is sent as one with two values.
    const given = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const late = AbortSignal.timeout(TIMEOUT_MS);
    const ending = signal ? AbortSignal.any([signal, late]) : late;
    // A pin ends with its quote, a token with the database that knew it: each is worth another try without it.
    let kept = pin;
    let token = given.has(UNIT) ? undefined : session.signed?.token;
    let isRenewed = false;
    for (;;) {
      const sent = {
        ...(token !== undefined && { [UNIT]: token }),
        ...(kept !== undefined && { "x-haggle-pin": kept }),
        ...Object.fromEntries(given),
      };
      try {
        return await askServer(path, body, { url, headers: sent, ending });
      } catch (cause) {
        if (signal?.aborted) throw signal.reason;
        if (!(cause instanceof HaggleError)) throw cause;
        if (kept !== undefined && isOfPin(cause)) {
          if (asker === shopper && pin === kept) pin = undefined;
          kept = undefined;
        } else if (cause.code === "SERVER_BAD_TOKEN" && token !== undefined && !isRenewed) {
          isRenewed = true;
          await Promise.race([session.renew(token), ended(ending)]);
          if (signal?.aborted) throw signal.reason;
          if (session.signed?.token === token) throw cause;
          token = session.signed?.token;
        } else throw cause;
      }
    }
  }

  return {
    /** Never rejects but for the signal: what fails is a refused decision. */
    async evaluate(cart: Cart, signal: AbortSignal | undefined): Promise<AnyDecision> {
      const from = stopwatch();
      let decision: AnyDecision;
      try {
        const answer = (await ask("/v1/evaluations", cart, signal)) as DecisionJson;
        // What answers instead of a server, such as a proxy, may have JSON of its own.
        if (!Number.isSafeInteger(answer.total)) throw refuse("CLIENT_STATUS", `${url}/v1/evaluations`);
        decision = { ok: true, ...answer };
      } catch (cause) {
        if (!(cause instanceof HaggleError) || signal?.aborted) throw cause;
        decision = new RefusedDecision(cause);
      }
      tellEvaluation(onEvaluate, { source: "server", durationMs: stopwatch() - from, cart }, decision);
      return decision;
    },

    /** @throws HaggleError CLIENT_NETWORK, CLIENT_STATUS, what the server refuses; the signal's reason */
    async quote(
      cart: Cart,
      preview: Decision,
      prices: Live["prices"],
      { signal, ...more }: QuoteOptions,
    ): Promise<Quoted> {
      const digest = preview.ok ? preview.digest : null;
      const compare = preview.ok &&
        digest !== null && { digest, release: preview.release, prices: prices?.version ?? 0 };
      const asker = shopper;
      const asked = { ...toAsked(cart), ...more, ...(compare && { compare }) };
      const quoted = (await ask("/v1/quotes", asked, signal)) as Answer;
      if (!Number.isSafeInteger(quoted.quote?.total)) throw refuse("CLIENT_STATUS", `${url}/v1/quotes`);
      if (asker === shopper) pin = quoted.pin;
      return { ...quoted, preview, isSame: digest !== null && quoted.decision?.digest === digest };
    },

    /** Somebody else shops. */
    forget(): void {
      pin = undefined;
      shopper += 1;
    },
  };
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Both kinds of tokens are bad by the same code; `at` says which. */
function isOfPin({ code, at }: HaggleError): boolean {
  return code === "SERVER_PIN_REVOKED" || (code === "SERVER_BAD_TOKEN" && at === "pin");
}
