// Prices stored quotes again with nothing but the SDK and the signed files: reads `{ root, quotes: [{ release, bundle, cart }] }`
// from stdin, files by their paths and carts as rows have them, and writes what each comes to.

import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { type Cart, createEngine, type Engine } from "@haggle/sdk";

export type Stored = { release: string; bundle: string; cart: Cart };
export type Replayed = { digest: string | null; decision: object };

const { root, quotes } = JSON.parse(await text(process.stdin)) as { root: string; quotes: Stored[] };
const engines = new Map<string, Promise<Engine>>();

async function make({ release, bundle }: Stored): Promise<Engine> {
  const [rootBytes, releaseBytes, bundleBytes] = await Promise.all(
    [root, release, bundle].map((path) => readFile(path)),
  );
  return createEngine({ root: rootBytes!, release: releaseBytes!, bundle: bundleBytes!, server: true });
}

const replayed: Replayed[] = [];
for (const stored of quotes) {
  const engine = engines.get(stored.release) ?? make(stored);
  engines.set(stored.release, engine);
  const cart = { ...stored.cart };
  const decision = (await engine).evaluate(cart);
  if (!decision.ok) throw decision.error;
  // Costs are in no digest that anybody sees.
  cart.lines = cart.lines.map(({ unitCost: _, minUnitPrice: __, ...line }) => line);
  const { digest } = decision;
  replayed.push({ digest, decision: decision.toJSON() });
}
process.stdout.write(JSON.stringify(replayed));
