import { type Cart, createEngine, type Decision, type HaggleError } from "@haggle/sdk";
import type { Given } from "./given.ts";

function totalOf(decision: Decision): number {
  if (decision.ok) return decision.total;
  const error: HaggleError = decision.error;
  throw error;
}

export async function use({ bundle, release, root, cart }: Given): Promise<unknown> {
  const engine = await createEngine({ bundle, release, root, development: true });
  const other: Cart = { ...cart, lines: [] };
  const torn = bundle.subarray(0, -1);
  const refused = await createEngine({ bundle: torn, release, root, development: true }).catch(
    (error: unknown) => error,
  );
  return [totalOf(engine.evaluate(cart)), totalOf(engine.evaluate(other)), (refused as HaggleError).code];
}

export const gives: unknown = [26496, 499, "SIGNATURE_MALFORMED"];
