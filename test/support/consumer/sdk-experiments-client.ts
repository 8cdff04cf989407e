import { createHaggle } from "@haggle/sdk/client";
import { type ClientExperiments, clientExperiments } from "@haggle/sdk/experiments-client";
import type { Given } from "./given.ts";

export async function use({ url, pinned, cart }: Given): Promise<unknown> {
  const experiments: ClientExperiments = clientExperiments({ consent: false });
  const haggle = createHaggle({ url, root: pinned, store: "memory", experiments });
  await haggle.ready();
  const decision = haggle.evaluate(cart);
  haggle.close();
  return [decision.ok && decision.total, experiments.assign("threshold")];
}

export const gives: unknown = [26496, { experiment: "threshold", reason: "unknown" }];
