import { makeCart } from "../release.ts";

/** About a hundred requests a second, all together. */
const SHOPPERS = 4;
const PAUSE_MS = 20;

/** Of a cart; nothing came of it when the status is 0, and `failure` says why. */
export type Priced = {
  askedAt: number;
  failure?: string;
  status: number;
  release: string | undefined;
  total: number | undefined;
};

/** What shoppers get, one request after the other on each of a few connections; with an operator's key as one unit. */
export function priceAllTheTime(url: string, key?: string) {
  const answers: Priced[] = [];
  const body = JSON.stringify(makeCart());
  const headers = {
    "content-type": "application/json",
    ...(key !== undefined && { authorization: `Bearer ${key}`, "x-haggle-unit": "anybody" }),
  };
  let isOver = false;

  async function shop(): Promise<void> {
    while (!isOver) {
      answers.push(await price(performance.now()));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async function price(askedAt: number): Promise<Priced> {
    try {
      const response = await fetch(`${url}/v1/evaluations`, { method: "POST", headers, body });
      const { total } = (await response.json()) as { total?: number };
      const release = response.headers.get("x-haggle-release") ?? undefined;
      return { askedAt, status: response.status, release, total };
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      const failure = String(cause.cause ?? cause);
      return { askedAt, failure, status: 0, release: undefined, total: undefined };
    }
  }

  const shoppers = Array.from({ length: SHOPPERS }, shop);
  return {
    answers,
    async stop(): Promise<void> {
      isOver = true;
      await Promise.all(shoppers);
    },
  };
}

export function describePriced({ status, release, total, failure }: Priced): string {
  if (failure !== undefined) return `a cart came to nothing: ${failure}`;
  return `a cart came to ${status}, ${total} by ${release}`;
}
