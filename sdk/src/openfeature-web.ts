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
import { createLocalFlags, type FlagContext, type FlagSource, idOf, targetOf } from "./flags/local-flags.ts";
import { createLifecycle } from "./openfeature/lifecycle.ts";
import { resolve } from "./openfeature/resolve.ts";

/** `createHaggle` of `@haggle/sdk/client` gives one. */
export type WebFlagClient = FlagSource & Pick<Haggle, "on" | "ready" | "setContext" | "fallback">;

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
  const life = createLifecycle([haggle], (event) => events.emit(ProviderEvents[event]), ProviderFatalError);

  /** Somebody signs in or out, or is known better: prices are for the same one. Of nobody ever named the page has its own word. */
  async function use(before: FlagContext, context: FlagContext): Promise<void> {
    if (isNobody(context) && isNobody(before)) return;
    const { session, cart, sku } = context;
    const unit = targetOf(context);
    const units = { session: idOf(session), cart: idOf(cart), sku: idOf(sku) };
    await haggle.setContext({
      ...(unit !== undefined && { unit }),
      ...(Object.values(units).some((id) => id !== undefined) && { units }),
      attributes: context,
    });
  }

  function details<T>(key: string, otherwise: T, context: EvaluationContext): ResolutionDetails<T> {
    return resolve(answer(key, context), key, otherwise, haggle.fallback) as ResolutionDetails<T>;
  }

  return {
    metadata: { name: "haggle" },
    runsOn: "client",
    events,
    initialize: (context = {}) => life.begin(() => use({}, context)),
    onContextChange: (before, context) => life.change(() => use(before, context)),
    resolveBooleanEvaluation: details,
    resolveStringEvaluation: details,
    resolveNumberEvaluation: details,
    resolveObjectEvaluation: details,
    async onClose() {
      life.end();
    },
  };
}

function isNobody(context: FlagContext): boolean {
  return Object.values(context).every((value) => value === undefined);
}
