import { createEngine } from "@haggle/sdk";
import { precompiled } from "@haggle/sdk/edge";
import type { Given } from "./given.ts";

export async function use({ bundle, release, root, cart }: Given): Promise<unknown> {
  const compile = precompiled(await WebAssembly.compile(bundle));
  const decision = (await createEngine({ bundle, release, root, compile, development: true })).evaluate(cart);
  return decision.ok && decision.total;
}

export const gives: unknown = 26496;
