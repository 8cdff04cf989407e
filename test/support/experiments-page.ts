// What a shop's page does with experiments, of another origin than its server, for a test that looks in from outside.

import { createHaggle, type Haggle } from "@haggle/sdk/client";
import { type ClientExperiments, clientExperiments } from "@haggle/sdk/experiments-client";

let haggle: Haggle;
let experiments: ClientExperiments;

const page = {
  async open(url: string, root: string, consent: boolean): Promise<void> {
    experiments = clientExperiments({ consent });
    haggle = createHaggle({ url, root, experiments, store: "memory" });
    await haggle.ready();
  },
  price(cart: object): string {
    return JSON.stringify(haggle.evaluate(cart));
  },
  variant: (key: string): string | undefined => experiments.assign(key).variant,
  exposures: () => experiments.exposures,
  consent: (granted: boolean): void => experiments.setConsent(granted),
  kept: (): string[] => Object.keys(localStorage).sort(),
};

export type ExperimentsPage = typeof page;

Object.assign(globalThis, { page });
