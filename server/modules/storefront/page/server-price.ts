import type { Code, DecisionJson } from "@haggle/sdk";

/** A server that has not answered by then does not answer. */
const ANSWER_MS = 10_000;

/** What the server makes of a cart: a decision with the SDK's own fields, or the cart's own fault. */
export type ServerPrice =
  | { ok: true; decision: DecisionJson }
  | { ok: false; error: { code: Code; message: string } };

/** Asks the server for its price of a cart. Rejects when there is no answer, or none that can be read. */
export async function askServer(
  cart: object,
  signal: AbortSignal,
): Promise<{ price: ServerPrice; millis: number }> {
  const began = performance.now();
  const response = await fetch("/v1/evaluations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(cart),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  });
  const body = (await response.json()) as DecisionJson | { error: { code: Code; message: string } };
  const millis = performance.now() - began;
  if (!("error" in body)) return { price: { ok: true, decision: body }, millis };
  if (response.status !== REFUSED) throw new Error(body.error.code);
  return { price: { ok: false, error: body.error }, millis };
}

/** The cart's own fault, and so an answer that both sides must give alike. */
const REFUSED = 422;
