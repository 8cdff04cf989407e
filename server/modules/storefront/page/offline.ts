// The page itself without a network: a worker keeps its files. Prices come from the SDK's own store, so that the worker knows nothing
// of them.

/** By this name alone the page's policy lets a script's address be made, once, and it is always the same one. */
const POLICY = "haggle-offline";
const WORKER = "/offline-worker.js";

type Policies = {
  createPolicy(name: string, rules: object): { createScriptURL(input: string): unknown };
};

/** Pages without https have none, nor do those of browsers that keep nothing. */
export async function keepPage(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  try {
    const policy = trustedTypes?.createPolicy(POLICY, { createScriptURL: () => WORKER });
    const address = (policy?.createScriptURL(WORKER) ?? WORKER) as string;
    await navigator.serviceWorker.register(address);
  } catch {
    // Where it is refused, by the browser or by a policy of another host, the page goes on as it does without.
  }
}
