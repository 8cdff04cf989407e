import type { Arm } from "@haggle/abi";

/** The release at the beginning of a channel's range: that which was there before whatever is rolled out beside it. */
export function firstRelease(arms: readonly Arm[]): string | undefined {
  return arms.find(({ range }) => range[0] === 0)?.release;
}
