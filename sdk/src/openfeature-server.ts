// The provider of OpenFeature for servers: a context for each question, flags of what the program's clients hold.

import {
  type EvaluationContext,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  ProviderFatalError,
  type ResolutionDetails,
} from "@openfeature/server-sdk";
import type { Haggle } from "./client/haggle.ts";
import { createLocalFlags, type FlagSource } from "./flags/local-flags.ts";
import { createLifecycle } from "./openfeature/lifecycle.ts";
import { resolve } from "./openfeature/resolve.ts";

/** `createHaggle` of `@haggle/sdk/client` gives one. */
export type ServerFlagClient = FlagSource & Pick<Haggle, "on" | "ready" | "fallback">;

/**
 * Flags without a request for each: experiments by their keys, `release.CHANNEL` and `PROMOTION.PARAMETER`, with the values,
 * variants, reasons and metadata of the server's OFREP. The targeting key is a customer's id.
 *
 * A client holds one release: for the parameters of both releases of a rollout give one for either end of the buckets. What is
 * of a release that none holds resolves to the default, with the error GENERAL. The first client's experiments count. Closing
 * the clients is up to the program.
 *
 * @example
 * const stable = createHaggle({ url, root, context: { bucket: 0 }, experiments: clientExperiments() });
 * const canary = createHaggle({ url, root, context: { bucket: 9_999 } });
 * await OpenFeature.setProviderAndWait(haggleServerProvider(stable, canary));
 * await OpenFeature.getClient().getStringValue("summer-threshold", "control", { targetingKey: "c-7" });
 */
export function haggleServerProvider(...clients: [ServerFlagClient, ...ServerFlagClient[]]): Provider {
  const events = new OpenFeatureEventEmitter();
  const answer = createLocalFlags(clients);
  const life = createLifecycle(clients, (event) => events.emit(ProviderEvents[event]), ProviderFatalError);

  async function details<T>(
    key: string,
    otherwise: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return resolve(answer(key, context), key, otherwise, clients[0].fallback) as ResolutionDetails<T>;
  }

  return {
    metadata: { name: "haggle" },
    runsOn: "server",
    events,
    initialize: () => life.begin(),
    resolveBooleanEvaluation: details,
    resolveStringEvaluation: details,
    resolveNumberEvaluation: details,
    resolveObjectEvaluation: details,
    async onClose() {
      life.end();
    },
  };
}
