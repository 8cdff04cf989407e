import { createHaggle, type Evaluation } from "@haggle/sdk/client";
import type { Given } from "./given.ts";

export async function use({ url, pinned, cart }: Given): Promise<unknown> {
  const seen: Evaluation[] = [];
  const haggle = createHaggle({ url, root: pinned, store: "memory", onEvaluate: (each) => seen.push(each) });
  await haggle.ready();
  // @ts-expect-error releases are known by their digest
  const version: number | undefined = haggle.state?.release;
  const decision = haggle.evaluate(cart);
  haggle.close();
  return (
    decision.ok && [decision.total, decision.release === haggle.state?.release, typeof version, seen.length]
  );
}

export const gives: unknown = [26496, true, "string", 1];
