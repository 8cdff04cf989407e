// The hand-written rules as one script, for engines that are given text.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { BenchRule } from "../rules.ts";

/** Leaves a global `price`, from a cart's JSON to a decision's. */
export async function bundleHand(rules: readonly BenchRule[]): Promise<string> {
  const bundled = await build({
    stdin: {
      contents: `import { createHand } from "./hand.ts";
const price = createHand(${JSON.stringify(rules)});
globalThis.price = (cart) => JSON.stringify(price(JSON.parse(cart)));`,
      resolveDir: fileURLToPath(new URL("..", import.meta.url)),
    },
    bundle: true,
    write: false,
    format: "iife",
  });
  return bundled.outputFiles[0]!.text;
}
