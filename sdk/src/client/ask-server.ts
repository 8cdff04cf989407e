import { type Cart, type Code, HaggleError, refuse } from "@haggle/abi";

/** What somebody at a checkout waits for. */
const TIMEOUT_MS = 10_000;

export type Desk = {
  url: string;
  headers: Readonly<Record<string, string>>;
  signal: AbortSignal | undefined;
};

/**
 * Posts to the server, and gives its answer.
 *
 * @throws HaggleError CLIENT_NETWORK, CLIENT_STATUS, the code of a refusal; the signal's reason
 */
export async function askServer(
  path: string,
  body: unknown,
  { url, headers, signal }: Desk,
): Promise<object> {
  const at = `${url}${path}`;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(at, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const answer: unknown = await response.json().catch((cause) => {
      if (cause instanceof SyntaxError) return undefined;
      throw cause;
    });
    if (response.ok && typeof answer === "object" && answer !== null) return answer;
    throw refusalOf(answer) ?? refuse("CLIENT_STATUS", at, response.status);
  } catch (cause) {
    if (cause instanceof HaggleError) throw cause;
    if (signal?.aborted) throw signal.reason;
    throw refuse("CLIENT_NETWORK", at, undefined, cause);
  }
}

/** What a quote asks for: everything of a cart but what something costs, and who buys, which a page cannot say. */
export function toAsked({ id, currency, channel, market, timeZone, paymentMethod, lines, coupons }: Cart) {
  return {
    // Carts whose ids a server would not take have none there; it is for experiments over carts alone.
    ...(OPAQUE.test(id) && { id }),
    ...{ currency, channel, market, timeZone, paymentMethod, coupons },
    lines: lines.map(({ id, sku, quantity, subscription }) => ({ id, sku, quantity, subscription })),
  };
}

const OPAQUE = /^[A-Za-z0-9][\w.:~-]{0,99}$/;

function refusalOf(answer: unknown): HaggleError | undefined {
  const { code, at, value } = Object(Object(answer).error);
  return typeof code === "string" ? refuse(code as Code, at, value) : undefined;
}
