// Prices the cases of the promotion vocabulary in whatever host this is bundled for.

import type { Cart } from "@haggle/sdk";
import { createEngine } from "@haggle/sdk";

/** Documents in base64, as they cross in JSON; each case has a release of its own. */
export type ConformanceInput = {
  bundle: string;
  root: string;
  cases: { id: string; release: string; cart: Cart }[];
};

/** One line for each case: its id, the decision's digest, its raw bytes and its JSON. Hosts agree when lines are equal. */
export async function priceCases({ bundle, root, cases }: ConformanceInput): Promise<string[]> {
  const lines: string[] = [];
  for (const { id, release, cart } of cases) {
    const engine = await createEngine({
      bundle: bytesOf(bundle),
      release: bytesOf(release),
      root: bytesOf(root),
    });
    const decision = engine.evaluate(cart);
    if (!decision.ok) throw new Error(`${id}: ${decision.error.code} ${decision.error.message}`);
    lines.push(`${id} ${decision.digest} ${decision.bytes} ${JSON.stringify(decision)}`);
  }
  return lines;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
