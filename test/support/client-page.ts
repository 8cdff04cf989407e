// What test/e2e/client-browser.test.ts calls in a page: the client as a shop's page has it.

import type { Cart } from "@haggle/sdk";
import { createCart, type LiveCart } from "@haggle/sdk/cart";
import { type Bootstrap, createHaggle, type Haggle } from "@haggle/sdk/client";
import { createWebStickyStore } from "@haggle/sdk/experiments";

let haggle: Haggle | undefined;
let live: LiveCart | undefined;
const told: string[] = [];
/** What tabs said to each other while somebody listened. */
const said: string[] = [];
const WORDS = "haggle  stable";

const page = {
  /** Opens a client, on the page's own origin where no other is given, with all that is the default. */
  open(root: string, bootstrap?: Bootstrap, url = "", pollMs = 600_000, tabs = true): void {
    haggle = createHaggle({ url, root, bootstrap, pollMs, tabs });
    haggle.on("update", () => {
      throw new Error("a bug of the page");
    });
    haggle.on("update", ({ version }) => told.push(`update ${version}`));
    haggle.on("error", ({ code }, alarm) => told.push(alarm ? `! ${code}` : code));
  },

  /** What became of getting ready: a code, or nothing. */
  ready: (): Promise<string | undefined> =>
    haggle!.ready().then(
      () => undefined,
      ({ code }: { code: string }) => code,
    ),

  look() {
    const { state, fallback } = haggle!;
    return {
      version: state?.version,
      restored: state?.restored,
      withdrawn: state?.withdrawn,
      fallback: fallback?.code,
      told,
    };
  },

  /** The total here, or why there is none. */
  price(cart: Cart): number | string {
    const decision = haggle!.evaluate(cart);
    return decision.ok ? decision.total : decision.error.code;
  },

  /** A live cart, asked for when it changes. */
  openCart(cart: Cart): void {
    live = createCart(haggle!, cart, { restMs: 10 });
  },
  changeCart: (quantity: number): void => live!.setQuantity("line-1", quantity),
  lookAtCart() {
    const { decision, pending, failure } = live!.getSnapshot();
    return {
      total: decision.ok ? decision.total : decision.error.code,
      pending,
      failure: failure?.code,
    };
  },

  /** By which the server gives this browser its arm, and what is kept of it. */
  unit: (): string | undefined => haggle!.unit,
  keptUnit: (): string | undefined =>
    (JSON.parse(localStorage.getItem("haggle-assignment/stable") ?? "{}") as { unit?: string }).unit,

  /** Remembers a variant in each of some experiments, one after another. */
  async stick(experiments: string[]): Promise<void> {
    const store = createWebStickyStore(localStorage);
    for (const experiment of experiments) {
      store.save("session", "u-1", `${experiment}__0`, "b");
      await new Promise((resolve) => setTimeout(resolve));
    }
  },
  stuck: (experiments: string[]): number =>
    Object.keys(
      createWebStickyStore(localStorage).find(
        "session",
        "u-1",
        experiments.map((experiment) => `${experiment}__0`),
      ) ?? {},
    ).length,

  /** The browser keeps the next save of this page waiting until `release` is called. */
  stallSave(): void {
    const open = indexedDB.open.bind(indexedDB);
    let opened = 0;
    IDBFactory.prototype.open = (...given: Parameters<IDBFactory["open"]>) => {
      const request = open(...given);
      // The first is to load, the second to save.
      if (++opened !== 2) return request;
      const stalled = { result: undefined as unknown, error: null } as Record<string, unknown>;
      request.onsuccess = () => {
        stalled.result = request.result;
        Object.assign(globalThis, { release: () => (stalled.onsuccess as () => void)() });
      };
      return stalled as unknown as IDBOpenDBRequest;
    };
  },
  isStalled: (): boolean => "release" in globalThis,
  release: (): void => (globalThis as unknown as { release: () => void }).release(),
  /** How many of the browser's pages wait for a lock. */
  waiting: async (name: string): Promise<number> =>
    ((await navigator.locks.query()).pending ?? []).filter((lock) => lock.name === name).length,

  async decide(cart: Cart): Promise<{ source: string; total: number | string }> {
    const { source, decision } = await haggle!.decide(cart);
    return { source, total: decision.ok ? decision.total : decision.error.code };
  },

  /** What it comes to, or the code of what refuses it. */
  quote: (cart: Cart, region?: string): Promise<{ total: number; isSame: boolean } | string> =>
    haggle!.quote(cart, { region }).then(
      ({ quote: { total }, isSame }) => ({ total, isSame }),
      ({ code }: { code: string }) => code,
    ),

  /** What became of looking: a code, or nothing. */
  refresh: (): Promise<string | undefined> =>
    haggle!.refresh().then(
      () => undefined,
      ({ code }: { code: string }) => code,
    ),

  /** The arm of a price that was asked for by a unit of the server's, as a page reads it. */
  async askArm(url: string, cart: Cart): Promise<string | null> {
    const post = (path: string, body: unknown, headers: Record<string, string>) =>
      fetch(url + path, { method: "POST", body: JSON.stringify(body), headers });
    const assigned = await post("/v1/assignments", {}, { "content-type": "text/plain" });
    const { token } = (await assigned.json()) as { token: string };
    const headers = { "content-type": "application/json", "x-haggle-unit": token };
    return (await post("/v1/evaluations", cart, headers)).headers.get("x-haggle-arm");
  },

  /** Looks, signs in and closes, all in one moment: what each came to. */
  async leave(): Promise<string[]> {
    await haggle!.refresh();
    const { channel, state } = haggle!;
    const other = channel!.arms.find(({ release }) => release !== state!.release)!;
    const outcomes = [haggle!.refresh(), haggle!.setContext({ bucket: other.range[0] })];
    haggle!.close();
    return Promise.all(
      outcomes.map((outcome) =>
        outcome.then(
          () => "done",
          ({ code, name }: { code: string; name: string }) => (name === "HaggleError" ? code : name),
        ),
      ),
    );
  },

  snapshot: (): Bootstrap | undefined => haggle!.snapshot(),

  /** As a browser says it of a tab that is hidden behind another one, or is not any more. */
  hide(isHidden: boolean): void {
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      get: () => (isHidden ? "hidden" : "visible"),
    });
    document.dispatchEvent(new Event("visibilitychange"));
  },

  /** What another page of the origin says to the tabs. */
  say(word: Record<string, string> | string): void {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const documents = () => new Map(Object.entries(word).map(([path, text]) => [path, bytes(text)]));
    const words = new BroadcastChannel(WORDS);
    words.postMessage(typeof word === "string" ? word : documents());
    words.close();
  },

  /** Hears what tabs say, in words. */
  listen(): void {
    new BroadcastChannel(WORDS).onmessage = ({ data }) => void said.push(String(data));
  },
  said: (): string[] => said,
};

export type ClientPage = typeof page;

Object.assign(globalThis, { page });
