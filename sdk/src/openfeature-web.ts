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
import { createLocalFlags, type FlagContext, type FlagSource } from "./flags/local-flags.ts";
import { resolve } from "./openfeature/resolve.ts";

/** `createHaggle` of `@haggle/sdk/client` gives one. */
export type WebFlagClient = FlagSource & Pick<Haggle, "on" | "ready" | "setContext" | "fallback">;

/** This host never runs rules, whatever comes. */
const NEVER: readonly string[] = ["ENGINE_WASM_BLOCKED", "SIGNATURE_UNSUPPORTED"];

/**
 * Flags without a request: experiments by their keys, `release.CHANNEL` and `PROMOTION.PARAMETER`, with the values, variants,
 * reasons and metadata of the server's OFREP. The targeting key is a customer's id; it becomes the unit of the client, so that
 * flags and prices are of one release. Without one, flags are of whom the client is for. Closing the client is up to the page.
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

  function follow(): void {
    let wasReady = haggle.engine !== undefined && !haggle.state?.stale;
    offs = [
      haggle.on("update", () => {
        events.emit(wasReady ? ProviderEvents.ConfigurationChanged : ProviderEvents.Ready);
        wasReady = true;
      }),
      haggle.on("stale", () => {
        wasReady = false;
        events.emit(ProviderEvents.Stale);
      }),
    ];
  }

  /** Somebody signs in or out, or is known better: prices are for the same one. */
  async function use(
    before: FlagContext,
    { targetingKey, session, cart, sku, ...rest }: FlagContext,
  ): Promise<void> {
    if (targetingKey === undefined && before.targetingKey === undefined) return;
    await haggle.setContext(targetingKey === undefined ? {} : { unit: targetingKey, attributes: rest });
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
      for (const off of offs) off();
    },
  };
}
