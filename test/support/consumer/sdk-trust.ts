import { createUpdater, type Live, memoryStore, serverSource } from "@haggle/sdk/trust";
import type { Given } from "./given.ts";

export async function use({ url, pinned, cart }: Given): Promise<unknown> {
  const follow = { channel: "stable", source: serverSource(url), store: memoryStore() };
  const live: Live = await createUpdater({ root: pinned, ...follow }).update();
  const decision = live.engine.evaluate(cart);
  return decision.ok && decision.total;
}

export const gives: unknown = 26496;
