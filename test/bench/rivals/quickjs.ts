// quickjs-emscripten: the hand-written rules inside a warm QuickJS context, carts and decisions crossing as JSON.

import { fileURLToPath } from "node:url";
import type { Cart } from "@haggle/sdk";
import { build } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import type { HandDecision } from "../hand.ts";
import type { BenchRule } from "../rules.ts";
import { readShares, type Subject } from "../subject.ts";

export async function quickjs(rules: readonly BenchRule[]): Promise<Subject> {
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
  const context = (await getQuickJS()).newContext();
  context.unwrapResult(context.evalCode(bundled.outputFiles[0]!.text)).dispose();
  const price = context.getProp(context.global, "price");

  function decide(cart: Cart): HandDecision {
    const text = context.newString(JSON.stringify(cart));
    const result = context.unwrapResult(context.callFunction(price, context.undefined, text));
    const decision: HandDecision = JSON.parse(context.getString(result));
    result.dispose();
    text.dispose();
    return decision;
  }

  return { name: "quickjs", run: (cart) => readShares(decide(cart)), decide };
}
