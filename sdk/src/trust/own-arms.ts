import type { Channel } from "@haggle/abi";
import { findArm } from "../arms.ts";
import { bucketOf, seedOf } from "../bucket.ts";
import type { UpdaterOptions } from "./live.ts";

export type Chosen = { sha256: string; withdrawn: boolean };

/** Which arm of a channel document a client has, by its unit or bucket of the moment in which that is asked. */
export function createOwnArms(options: Pick<UpdaterOptions, "unit" | "bucket">) {
  function bucketIn(channel: Channel): number {
    const { unit, bucket = 0 } = options;
    return unit === undefined ? bucket : bucketOf(seedOf(channel), unit);
  }

  function find(channel: Channel): string | undefined {
    const bucket = bucketIn(channel);
    return channel.arms.find(({ range: [from, to] }) => from <= bucket && bucket < to)?.release;
  }

  /** @throws HaggleError DOCUMENT_NO_ARM when there is none, or its release is switched off */
  function findOn(channel: Channel): string {
    return findArm(channel, bucketIn(channel));
  }

  return {
    find,
    findOn,
    /** The release of the channel's arm. One that is switched off is known and served, and prices nothing. */
    choose(channel: Channel): Chosen {
      const arm = find(channel);
      if (arm !== undefined && channel.off.releases.includes(arm)) return { sha256: arm, withdrawn: true };
      return { sha256: findOn(channel), withdrawn: false };
    },
  };
}
