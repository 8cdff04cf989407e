import { explain, nearestUnlocks } from "@haggle/sdk/explain";
import { type Given, open } from "./given.ts";

export async function use(given: Given): Promise<unknown> {
  const { cart } = given;
  const engine = await open(given);
  const decision = engine.evaluate(cart);
  if (!decision.ok) throw decision.error;
  const { promotions, policy } = engine;
  const [first] = explain(decision, { promotions, policy, cart, locale: "en" });
  return [first?.text, nearestUnlocks(decision, engine)];
}

export const gives: unknown = ["'spend-and-save' took €50.00 off 2 lines.", []];
