import { openRelease, wordsOf } from "@haggle/toolchain/replay";
import type { Given } from "./given.ts";

export async function use({ bundle, release, root, cart }: Given): Promise<unknown> {
  const decision = (await openRelease({ bundle, release, root }, "a")).evaluate(cart);
  return [decision.ok && decision.total, wordsOf([{ bundle, release, root }]).has("spend-and-save")];
}

export const gives: unknown = [26496, false];
