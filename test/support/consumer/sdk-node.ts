import { folderSource, folderStore } from "@haggle/sdk/node";
import { createUpdater } from "@haggle/sdk/trust";
import type { Given } from "./given.ts";

export async function use({ pinned, cart }: Given): Promise<unknown> {
  const follow = {
    channel: "stable",
    source: folderSource("data/releases"),
    store: folderStore("state")("stable"),
  };
  const { engine } = await createUpdater({ root: pinned, ...follow }).update();
  const restored = await createUpdater({ root: pinned, ...follow, source: async () => undefined }).restore();
  const decision = engine.evaluate(cart);
  return [decision.ok && decision.total, restored?.release === engine.release];
}

export const gives: unknown = [26496, true];
