// The provider of OpenFeature for pages: one context for all, flags of what the page's client holds.

import {
  type EvaluationContext,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  ProviderFatalError,
  type ResolutionDetails,
} from "@openfeature/web-sdk";
import type { Haggle } from "./client/haggle.ts";
import { createLocalFlags, type FlagContext, type FlagSource, idOf } from "./flags/local-flags.ts";
import { resolve } from "./openfeature/resolve.ts";

/** `createHaggle` of `@haggle/sdk/client` gives one. */
export type WebFlagClient = FlagSource & Pick<Haggle, "on" | "ready" | "setContext" | "fallback">;

/** This host never runs rules, whatever comes. */
const NEVER: readonly string[] = ["ENGINE_WASM_BLOCKED", "SIGNATURE_UNSUPPORTED"];

/**
 * Flags without a request: experiments by their keys, `release.CHANNEL` and `PROMOTION.PARAMETER`, with the values, variants,
 * reasons and metadata of the server's OFREP. The targeting key is a customer's id; it becomes the unit of the client, so that
 * flags and prices are of one release. `session`, `cart` and `sku` are units of experiments, and all of it is what conditions look
 * at, for prices too. Without any context flags are of whom the client is for. Closing the client is up to the page.
 *
 * @example
 * const haggle = createHaggle({ url: "", root, experiments: clientExperiments() });
 * await OpenFeature.setProviderAndWait(haggleWebProvider(haggle));
 * OpenFeature.getClient().getStringValue("summer-threshold", "control");
 */
export function haggleWebProvider(haggle: WebFlagClient): Provider {
  const events = new OpenFeatureEventEmitter();
  const answer = createLocalFlags([haggle]);
  let offs: (() => void)[] = [];

  /** However often it is begun with, one listener of each. */
  function follow(): void {
    unfollow();
    let isFresh = haggle.engine !== undefined && !haggle.state?.stale;
    const goStale = (): void => {
      isFresh = false;
      events.emit(ProviderEvents.Stale);
    };
    offs = [
      haggle.on("update", ({ stale }) => {
        // Variants may change under what is stale, which it stays.
        if (stale && !isFresh) return;
        events.emit(isFresh ? ProviderEvents.ConfigurationChanged : ProviderEvents.Ready);
        isFresh = true;
      }),
      haggle.on("stale", goStale),
    ];
    // Whoever initializes is told that it is ready, and only then that it is not quite.
    if (haggle.state?.stale) setTimeout(() => offs.length > 0 && !isFresh && goStale());
  }

  function unfollow(): void {
    for (const off of offs) off();
    offs = [];
  }

  /** Somebody signs in or out, or is known better: prices are for the same one. Of nobody ever named the page has its own word. */
  async function use(before: FlagContext, context: FlagContext): Promise<void> {
    if (isNobody(context) && isNobody(before)) return;
    const { targetingKey, session, cart, sku } = context;
    const units = { session: idOf(session), cart: idOf(cart), sku: idOf(sku) };
    await haggle.setContext({
      ...(targetingKey !== undefined && { unit: targetingKey }),
      ...(Object.values(units).some((id) => id !== undefined) && { units }),
      attributes: context,
    });
  }

  function details<T>(key: string, otherwise: T, context: EvaluationContext): ResolutionDetails<T> {
    return resolve(answer(key, context), key, otherwise) as ResolutionDetails<T>;
  }

  return {
    metadata: { name: "haggle" },
    runsOn: "client",
    events,
    async initialize(context = {}) {
      try {
        await use({}, context);
        await haggle.ready();
      } catch (cause) {
        const code = haggle.fallback?.code;
        if (code !== undefined && NEVER.includes(code)) throw new ProviderFatalError(code, { cause });
        throw cause;
      } finally {
        follow();
      }
    },
    onContextChange: use,
    resolveBooleanEvaluation: details,
    resolveStringEvaluation: details,
    resolveNumberEvaluation: details,
    resolveObjectEvaluation: details,
    async onClose() {
      unfollow();
    },
  };
}

function isNobody(context: FlagContext): boolean {
  return Object.values(context).every((value) => value === undefined);
}
