import { type Cart, type Code, HaggleError, refuse } from "@haggle/abi";

export type Desk = {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** When it is over, whoever ends it. */
  ending: AbortSignal;
};

/**
 * Posts to the server, and gives its answer.
 *
 * @throws HaggleError CLIENT_NETWORK, CLIENT_STATUS, the code of a refusal
 */
export async function askServer(
  path: string,
  body: unknown,
  { url, headers, ending }: Desk,
): Promise<object> {
  const at = `${url}${path}`;
  try {
    const response = await fetch(at, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: ending,
    });
    const answer: unknown = await response.json().catch((cause) => {
      if (cause instanceof SyntaxError) return undefined;
      throw cause;
    });
    if (response.ok && typeof answer === "object" && answer !== null) return answer;
    throw refusalOf(answer) ?? refuse("CLIENT_STATUS", at, response.status);
  } catch (cause) {
    if (cause instanceof HaggleError) throw cause;
    throw refuse("CLIENT_NETWORK", at, undefined, cause);
  }
}

/**
 * What a quote asks for: everything of a cart but what goods cost and who buys, which a page cannot say. Of attributes the server
 * takes what it believes.
 *
 * @throws HaggleError CART_WRONG_TYPE for what has no such parts
 */
export function toAsked(cart: Cart) {
  try {
    const { id, currency, channel, market, timeZone, paymentMethod, lines, coupons } = cart;
    return {
      // Carts whose ids a server would not take have none there; it is for experiments over carts alone.
      ...(OPAQUE.test(id) && { id }),
      ...{ currency, channel, market, timeZone, paymentMethod, coupons },
      lines: lines.map(({ id, sku, quantity, subscription, attributes }) => ({
        ...{ id, sku, quantity, subscription, attributes },
      })),
    };
  } catch (cause) {
    throw refuse("CART_WRONG_TYPE", "cart", undefined, cause);
  }
}

const OPAQUE = /^[A-Za-z0-9][\w.:~-]{0,99}$/;

function refusalOf(answer: unknown): HaggleError | undefined {
  const { code, at, value } = Object(Object(answer).error);
  return typeof code === "string" ? refuse(code as Code, at, value) : undefined;
}
