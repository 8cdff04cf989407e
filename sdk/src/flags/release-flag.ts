import { type Channel, HaggleError } from "@haggle/abi";
import { findArm } from "../arms.ts";
import { bucketOf } from "../bucket.ts";
import type { Flag } from "./flag.ts";

export const RELEASE_PREFIX = "release.";

/** Which release a unit has, and whether it is the newer one. Undefined where the channel gives it none. */
export function releaseFlag(
  name: string,
  channel: Channel,
  unit: string | undefined,
): (Flag & { value: string }) | undefined {
  const value = findRelease(channel, unit);
  if (value === undefined) return undefined;
  const variant = value === channel.arms[0]!.release ? "stable" : "canary";
  return { key: RELEASE_PREFIX + name, value, variant, reason: channel.arms.length > 1 ? "SPLIT" : "STATIC" };
}

/** Of one arm that is switched off the engine refuses by itself; of several somebody may have none. */
function findRelease(channel: Channel, unit: string | undefined): string | undefined {
  const [first, second] = channel.arms;
  if (second === undefined) return first?.release;
  try {
    return findArm(channel, unit === undefined ? 0 : bucketOf(first!.seed, unit));
  } catch (cause) {
    if (cause instanceof HaggleError && cause.code === "DOCUMENT_NO_ARM") return undefined;
    throw cause;
  }
}
