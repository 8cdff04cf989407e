import { createHaggle } from "@haggle/sdk/client";
import { makeCart } from "../release.ts";

/** About a hundred requests a second, all together. */
const SHOPPERS = 4;
const PAUSE_MS = 20;

/** Of a cart; nothing came of it when the status is 0, and `failure` says why. */
export type Priced = {
  askedAt: number;
  answeredAt: number;
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
      const askedAt = performance.now();
      const answer = await price();
      answers.push({ askedAt, answeredAt: performance.now(), ...answer });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async function price(): Promise<Omit<Priced, "askedAt" | "answeredAt">> {
    try {
      const response = await fetch(`${url}/v1/evaluations`, { method: "POST", headers, body });
      const { total } = (await response.json()) as { total?: number };
      const release = response.headers.get("x-haggle-release") ?? undefined;
      return { status: response.status, release, total };
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      const failure = String(cause.cause ?? cause);
      return { failure, status: 0, release: undefined, total: undefined };
    }
  }

  const shoppers = Array.from({ length: SHOPPERS }, shop);
  async function stop(): Promise<void> {
    isOver = true;
    await Promise.all(shoppers);
  }
  return { answers, stop, [Symbol.asyncDispose]: stop };
}

/** The same cart by an SDK that follows the server, as in a shopper's page; what it asks is answered at once. */
export function priceInSdk(url: string, root: Uint8Array) {
  const answers: Priced[] = [];
  const client = createHaggle({ url, root, context: { unit: "anybody" }, pollMs: 600_000 });
  const timer = setInterval(() => {
    const release = client.state?.release;
    // Before the first release is here.
    if (release === undefined) return;
    const decision = client.evaluate(makeCart());
    const askedAt = performance.now();
    const said = decision.ok
      ? { status: 200, total: decision.total }
      : { status: 0, failure: decision.error.code };
    answers.push({ askedAt, answeredAt: askedAt, release, total: undefined, ...said });
  }, PAUSE_MS);
  return {
    answers,
    stop(): void {
      clearInterval(timer);
      client.close();
    },
  };
}

export function describePriced({ status, release, total, failure }: Priced): string {
  if (failure !== undefined) return `a cart came to nothing: ${failure}`;
  return `a cart came to ${status}, ${total} by ${release}`;
}
