// quickjs-emscripten: the hand-written rules inside a warm QuickJS context, carts and decisions crossing as JSON.

import type { Cart } from "@haggle/sdk";
import { getQuickJS } from "quickjs-emscripten";
import type { HandDecision } from "../hand.ts";
import { readShares, type Subject } from "../subject.ts";

/** `code` is what `bundleHand` makes of the rules. */
export async function quickjs(code: string): Promise<Subject> {
  const context = (await getQuickJS()).newContext();
  context.unwrapResult(context.evalCode(code)).dispose();
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
