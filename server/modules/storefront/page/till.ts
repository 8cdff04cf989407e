import type { ErrorBody } from "../../../platform/errors.ts";
import type { CartBody, OrderShown, QuoteShown, ReturnShown } from "../till-schema.ts";

// The demo's till, as the page asks it.

export type Answer<T> =
  | { ok: true; body: T }
  /** `isUnsure`: the server failed, and nobody knows how far it came. */
  | { ok: false; isUnsure: boolean; error: ErrorBody["error"] };

/** Longer than the till waits for a bank that does not answer. */
const ANSWER_MS = 20_000;

/** A request that got no answer is sent again under the key that it had, so that it happens once. */
const keys = new Map<string, string>();

export const quoteCart = (cart: CartBody) => ask<QuoteShown>("/demo/quotes", cart);
export const placeOrder = (quote: string) => ask<OrderShown>("/demo/orders", { quote });
export const getOrder = (id: string) => ask<OrderShown>(`/demo/orders/${id}`);
export const payOrder = (id: string, token: string) => ask<OrderShown>(`/demo/orders/${id}/pay`, { token });
export const shipOrder = (id: string) => ask<OrderShown>(`/demo/orders/${id}/ship`, undefined, "POST");

export const previewReturn = (id: string, line: string) =>
  ask<ReturnShown>(`/demo/orders/${id}/returns/preview`, { lines: [{ line, units: 1 }] });

/** `refund`: what was shown before. */
export const sendBack = (id: string, line: string, refund: number) =>
  ask<ReturnShown>(`/demo/orders/${id}/returns`, { lines: [{ line, units: 1 }], refund });

/** Rejects when there is no answer, or none that can be read. */
async function ask<T>(
  path: string,
  sent?: object,
  method = sent === undefined ? "GET" : "POST",
): Promise<Answer<T>> {
  const body = sent === undefined ? undefined : JSON.stringify(sent);
  const what = `${method} ${path} ${body}`;
  const key = keys.get(what) ?? drawKey();
  keys.set(what, key);
  const response = await fetch(path, {
    method,
    headers: {
      ...(method === "POST" && { "idempotency-key": key }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const answer = (await response.json()) as T | ErrorBody;
  const isUnsure = response.status >= 500;
  if (!isUnsure) keys.delete(what);
  if (response.ok) return { ok: true, body: answer as T };
  return { ok: false, isUnsure, error: (answer as ErrorBody).error };
}

/** Also where a page without TLS has no `randomUUID`. */
function drawKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(36)).join("-");
}
