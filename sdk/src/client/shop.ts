import { type Cart, HaggleError } from "@haggle/abi";
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

/** What a header was refused for that is worth another try without it. */
const PASSING = ["SERVER_BAD_TOKEN", "SERVER_PIN_REVOKED"];

/** The server's prices: of a cart as it stands, and those that the shop stands by. */
export function createShop({ url, headers, session, onEvaluate }: Options) {
  /** Of the last quote: the next one has the same release, as long as that quote lives. */
  let pin: string | undefined;

  async function ask(path: string, body: unknown, signal: AbortSignal | undefined): Promise<object> {
    const given = () => ({
      ...(session.signed && { "x-haggle-unit": session.signed.token }),
      ...(pin !== undefined && { "x-haggle-pin": pin }),
      ...headers,
    });
    const first = given();
    try {
      return await askServer(path, body, { url, headers: first, signal });
    } catch (cause) {
      if (!(cause instanceof HaggleError) || !PASSING.includes(cause.code)) throw cause;
      // A pin ends with its quote, a token with the database that knew it.
      if (pin === undefined) await session.ask(true);
      pin = undefined;
      const second = given();
      if (JSON.stringify(first) === JSON.stringify(second)) throw cause;
      return askServer(path, body, { url, headers: second, signal });
    }
  }

  return {
    /** Never rejects but for the signal: what fails is a refused decision. */
    async evaluate(cart: Cart, signal: AbortSignal | undefined): Promise<AnyDecision> {
      const from = stopwatch();
      let decision: AnyDecision;
      try {
        decision = { ok: true, ...((await ask("/v1/evaluations", cart, signal)) as DecisionJson) };
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
      const answer = await ask(
        "/v1/quotes",
        { ...toAsked(cart), ...more, ...(compare && { compare }) },
        signal,
      );
      const quoted = answer as Answer;
      pin = quoted.pin;
      return { ...quoted, preview, isSame: digest !== null && quoted.decision.digest === digest };
    },

    /** Somebody else shops. */
    forget(): void {
      pin = undefined;
    },
  };
}
