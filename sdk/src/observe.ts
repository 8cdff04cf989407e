// What a shop may want to know of each price, without a vendor and without a promise that it is told to anybody.

import type { Code } from "@haggle/abi";
import type { Decision } from "./decision.ts";
import type { Engine, EvaluateOptions } from "./engine.ts";

/** One evaluation, as the hook `onEvaluate` is told of it. Nothing in it says who buys, or what. */
export type Evaluation = {
  /** `local`: this host's engine. `server`: the answer of `POST /v1/evaluations`. */
  readonly source: "local" | "server";
  readonly ok: boolean;
  /** Of a decision that is refused, or of a request that failed. */
  readonly code: Code | undefined;
  /** Milliseconds from the call to the decision; of a server's with the way there and back. */
  readonly durationMs: number;
  /** What the rules and the engine used of their budget; undefined where nothing was priced. */
  readonly fuelUsed: number | undefined;
  /** Of the cart, those that have to be priced; 0 for what is no cart. */
  readonly lines: number;
  /** Hex SHA-256 of the release document, and of its bundle; undefined before the first release. */
  readonly release: string | undefined;
  readonly bundle: string | undefined;
};

/**
 * Called behind each evaluation, in its turn: whatever takes long there delays the price. What it throws, or rejects
 * with, is written to the console and changes no price.
 */
export type OnEvaluate = (seen: Evaluation) => void;

/** What is known of a decision wherever it was made. */
export type Decided = {
  ok: boolean;
  error?: { code: Code } | undefined;
  fuelUsed?: number | undefined;
  release?: string | undefined;
  bundle?: string | undefined;
};

type Evaluate = (cart: unknown, options?: EvaluateOptions) => Decision;

/**
 * The same function, which tells the hook; itself where there is none, so that it costs nothing then. `engineOf` gives the
 * engine that has priced, for what a refused decision does not say.
 */
export function observeEvaluate(
  evaluate: Evaluate,
  onEvaluate: OnEvaluate | undefined,
  engineOf: () => Pick<Engine, "release" | "bundle"> | undefined,
): Evaluate {
  if (onEvaluate === undefined) return evaluate;
  return (cart, options) => {
    const from = stopwatch();
    const decision = evaluate(cart, options);
    const durationMs = stopwatch() - from;
    const { release, bundle } = engineOf() ?? {};
    tellEvaluation(
      onEvaluate,
      { source: "local", durationMs, cart },
      { release, bundle, ...toDecided(decision) },
    );
    return decision;
  };
}

/** Tells the hook of one decision that was made elsewhere. Never throws. */
export function tellEvaluation(
  onEvaluate: OnEvaluate | undefined,
  { source, durationMs, cart }: Pick<Evaluation, "source" | "durationMs"> & { cart: unknown },
  { ok, error, fuelUsed, release, bundle }: Decided,
): void {
  if (onEvaluate === undefined) return;
  try {
    const { lines } = Object(cart) as { lines?: unknown };
    const told: unknown = onEvaluate({
      source,
      ok,
      code: error?.code,
      durationMs,
      fuelUsed,
      lines: Array.isArray(lines) ? lines.length : 0,
      release,
      bundle,
    });
    // An async function is a hook as well, and what it rejects with would end a program of Node's.
    Promise.resolve(told).catch(complain);
  } catch (cause) {
    complain(cause);
  }
}

/** Milliseconds from some moment on. Hosts without a finer one have the clock; those at the edge stop both while code runs. */
export function stopwatch(): number {
  return globalThis.performance?.now() ?? Date.now();
}

function toDecided(decision: Decision): Decided {
  if (!decision.ok) return { ok: false, error: decision.error };
  const { fuelUsed, release, bundle } = decision;
  return { ok: true, fuelUsed, release, bundle };
}

/** Thrown from a task of its own it would end a program of Node's; swallowed, nobody would ever find it. */
function complain(cause: unknown): void {
  globalThis.console?.error("onEvaluate", cause);
}
