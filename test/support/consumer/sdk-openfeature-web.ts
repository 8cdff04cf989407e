import { createHaggle } from "@haggle/sdk/client";
import { haggleWebProvider } from "@haggle/sdk/openfeature-web";
import { OpenFeature } from "@openfeature/web-sdk";
import type { Given } from "./given.ts";

export async function use({ url, pinned }: Given): Promise<unknown> {
  const haggle = createHaggle({ url, root: pinned, store: "memory" });
  await OpenFeature.setProviderAndWait(haggleWebProvider(haggle));
  const off: number = OpenFeature.getClient().getNumberValue("spend-and-save.off", 0);
  await OpenFeature.close();
  haggle.close();
  return off;
}

export const gives: unknown = 5000;
