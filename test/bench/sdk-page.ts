// What `npm run bench:sdk` calls in a page: the SDK as shoppers have it, and what else could price in a browser.

import { type Cart, createEngine, type Engine } from "@haggle/sdk";
import { type CartSnapshot, createCart } from "@haggle/sdk/cart";
import { createHaggle } from "@haggle/sdk/client";
import { generateCart } from "../support/carts.ts";
import type { HandDecision } from "./hand.ts";
import { jsonRulesEngine } from "./rivals/json-rules-engine.ts";
import { quickjs } from "./rivals/quickjs.ts";
import { type BenchRule, makeRules } from "./rules.ts";
import { type Plan, type Rounds, timeRounds } from "./sdk-rounds.ts";
import { makeStrokes, type Stroke, timeEncoders } from "./strokes.ts";
import { checkEqual, readShares, type Subject } from "./subject.ts";

/** What the page is given; everything else it fetches. */
export type Given = { release: string; bundle: string; root: string; rules: number; code: string };

export type ColdWay = keyof typeof COLD;

const page = {
  /** Compares every answer, then times one keystroke. */
  async keystroke(given: Given, lines: number, plan: Plan): Promise<Rounds> {
    const rules = makeRules(given.rules);
    const engine = await fetchEngine(given);
    const cart = generateCart(SEED, lines);
    const subjects: Subject<Stroke>[] = [
      haggle(engine),
      liveCart(engine, cart),
      typing(jsonRulesEngine(rules)),
      typing(await quickjs(given.code)),
      roundTrip(),
    ];
    const strokes = makeStrokes(cart);
    await checkEqual(subjects, strokes);
    return timeRounds(subjects, strokes, plan);
  },

  async encode({ bundle, release }: Given, lines: number, plan: Plan): Promise<Rounds> {
    const [bundleBytes, releaseBytes] = [
      await fetchBytes(`bundles/${bundle}`),
      await fetchBytes(`releases/${release}`),
    ];
    return timeEncoders(bundleBytes, releaseBytes, lines, plan);
  },

  /** Once, in a page that has done nothing before. */
  async cold(given: Given, way: ColdWay, lines: number): Promise<{ ms: number; total: number }> {
    const start = await COLD[way](given, makeRules(given.rules));
    const cart = generateCart(SEED, lines);
    const from = performance.now();
    const total = await start(cart);
    return { ms: performance.now() - from, total };
  },
};

export type BenchPage = typeof page;
Object.assign(globalThis, { page });

const SEED = 1;

/** For who keeps the cart himself, and has another object at each stroke. */
function haggle(engine: Engine): Subject<Stroke> {
  const decide = ({ cart }: Stroke) => priced(engine.evaluate(cart));
  return { name: "haggle", run: (stroke) => readShares(decide(stroke)), decide };
}

/** For who has the SDK keep it, and somebody listen. */
function liveCart(engine: Engine, { now, ...parts }: Cart): Subject<Stroke> {
  const live = createCart(engine, parts, { now: () => now });
  let told = live.getSnapshot();
  live.subscribe((snapshot) => {
    told = snapshot;
  });
  const decide = ({ line, quantity }: Stroke) => {
    live.setQuantity(line, quantity);
    return priced(told.decision);
  };
  return { name: "haggle, live cart", run: (stroke) => readShares(decide(stroke)), decide };
}

function typing({ name, run, decide }: Subject): Subject<Stroke> {
  return { name, run: ({ cart }) => run(cart), decide: ({ cart }) => decide(cart) };
}

/** The server that the page is from, on the same machine. */
function roundTrip(): Subject<Stroke> {
  const decide = ({ cart }: Stroke) => askServer(cart);
  return { name: "server round trip", run: async (stroke) => readShares(await decide(stroke)), decide };
}

async function askServer(cart: Cart): Promise<HandDecision> {
  const response = await fetch("/v1/evaluations", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(cart),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

type ColdStart = (given: Given, rules: readonly BenchRule[]) => Promise<(cart: Cart) => Promise<number>>;

/** What is made ready before the clock starts, and what runs then. Only the bare one prices nothing. */
const COLD = {
  async "compile, instantiate"({ bundle }) {
    const bytes = await fetchBytes(`bundles/${bundle}`);
    return async () => {
      const { exports } = new WebAssembly.Instance(await WebAssembly.compile(bytes));
      return exports.evaluate === undefined ? Number.NaN : 0;
    };
  },
  async "fetch, createEngine, evaluate"(given) {
    return async (cart) => priced((await fetchEngine(given)).evaluate(cart)).total;
  },
  async "createEngine, evaluate"({ release, bundle, root }) {
    const options = {
      bundle: await fetchBytes(`bundles/${bundle}`),
      release: await fetchBytes(`releases/${release}`),
      root,
    };
    return async (cart) => priced((await createEngine(options)).evaluate(cart)).total;
  },
  /** Asks the server for root and channel too, and has only release and bundle from the browser's cache. */
  async "createHaggle, ready, evaluate"({ root }) {
    return async (cart) => {
      const client = createHaggle({ url: "", root, store: "memory", context: { bucket: 0 } });
      await client.ready();
      return priced(client.evaluate(cart)).total;
    };
  },
  async "json-rules-engine"(_, rules) {
    return async (cart) => (await jsonRulesEngine(rules).decide(cart)).total;
  },
  async quickjs({ code }) {
    return async (cart) => (await (await quickjs(code)).decide(cart)).total;
  },
  async "server round trip"() {
    return async (cart) => (await askServer(cart)).total;
  },
} satisfies Record<string, ColdStart>;

async function fetchEngine({ release, bundle, root }: Given): Promise<Engine> {
  const [bundleBytes, releaseBytes] = await Promise.all([
    fetchBytes(`bundles/${bundle}`),
    fetchBytes(`releases/${release}`),
  ]);
  return createEngine({ bundle: bundleBytes, release: releaseBytes, root });
}

/** The server says of both that they never change, so that a browser that had them does not ask. */
async function fetchBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`/v1/${path}`);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

type Answer = CartSnapshot["decision"];

function priced(decision: Answer): Extract<Answer, { ok: true }> {
  if (!decision.ok) throw decision.error;
  return decision;
}
