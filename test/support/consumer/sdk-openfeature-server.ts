import { createHaggle } from "@haggle/sdk/client";
import { haggleServerProvider } from "@haggle/sdk/openfeature-server";
import { OpenFeature } from "@openfeature/server-sdk";
import type { Given } from "./given.ts";

export async function use({ url, pinned }: Given): Promise<unknown> {
  const haggle = createHaggle({ url, root: pinned, store: "memory" });
  await OpenFeature.setProviderAndWait(haggleServerProvider(haggle));
  const off: number = await OpenFeature.getClient().getNumberValue("spend-and-save.off", 0);
  await OpenFeature.close();
  haggle.close();
  return off;
}

export const gives: unknown = 5000;
