import { signerFromSeed } from "@haggle/sdk/sign";
import { CHANNEL_LIFE_MS, signBundle } from "@haggle/toolchain/sign";
import type { Given } from "./given.ts";

export async function use({ bundle }: Given): Promise<unknown> {
  const signed = await signBundle(bundle, await signerFromSeed(new Uint8Array(32).fill(7)));
  return [CHANNEL_LIFE_MS, signed.length > bundle.length];
}

export const gives: unknown = [86400000, true];
