import type { Answer } from "./proof-view.ts";

/** A server that has not answered by then does not answer. */
const ANSWER_MS = 10_000;

/** Asks the server for its price of a cart. Rejects when there is no answer, or none that can be read. */
export async function askServer(
  cart: object,
  signal: AbortSignal,
): Promise<{ answer: Answer; millis: number }> {
  const began = performance.now();
  const response = await fetch("/v1/evaluations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(cart),
    signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
  });
  const body = (await response.json()) as ServerAnswer;
  const millis = performance.now() - began;
  if ("error" in body) {
    if (response.status !== REFUSED) throw new Error(body.error.code);
    return { answer: { total: undefined, digest: body.error.code, fuel: undefined }, millis };
  }
  return { answer: { total: body.total, digest: body.digest, fuel: body.fuelUsed }, millis };
}

/** The cart's own fault, and so an answer that both sides must give alike. */
const REFUSED = 422;

type ServerAnswer = { total: number; digest: string; fuelUsed: number } | { error: { code: string } };
