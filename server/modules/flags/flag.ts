import type { Flag } from "@haggle/sdk/flags";

/** A flag as an answer of OFREP. */
export function encodeFlag({ key, value, variant, reason, metadata }: Flag): string {
  return JSON.stringify({ key, value, variant, reason, metadata });
}
