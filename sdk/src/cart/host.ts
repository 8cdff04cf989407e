import type { Cart, HaggleError } from "@haggle/abi";
import type { Decided } from "../client/haggle.ts";
import type { Decision } from "../decision.ts";
import type { Engine, EvaluateOptions } from "../engine.ts";

/** What a cart needs of whoever prices it: a `Haggle` has all of it, an `Engine` what is needed to price. */
export type CartHost = {
  evaluate(cart: unknown, options?: EvaluateOptions): Decision;
  /** Where rules or variants may change while somebody shops. */
  on?(event: "update" | "error", listener: () => void): () => void;
  /** Where a server prices what cannot be priced here. */
  decide?(cart: Cart, options?: { signal?: AbortSignal }): Promise<Decided>;
  readonly engine?: Engine | undefined;
  /** Why nothing can be priced here. */
  readonly fallback?: HaggleError | undefined;
};

/** The engine that prices for a host, which may be one itself. */
export function engineOf(host: CartHost): Engine | undefined {
  return "rules" in host ? (host as CartHost & Engine) : host.engine;
}
