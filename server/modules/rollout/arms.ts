import type { Arm, Channel } from "@haggle/abi";
import { bucketOf, findArm } from "@haggle/sdk";
import { FULL_BP } from "./machine.ts";

export type Pair = { fromRelease: string; toRelease: string; seed: string };

/**
 * The arms of a channel while a rollout gives `weightBp` of its shoppers the new release. The new one's range ends at the
 * last bucket and grows downwards under one seed, so nobody leaves it as it grows; bucket 0, which is whoever has no
 * unit, comes last.
 */
export function armsOf({ fromRelease, toRelease, seed }: Pair, weightBp: number): Arm[] {
  const border = FULL_BP - weightBp;
  const arms: Arm[] = [
    { release: fromRelease, range: [0, border], seed },
    { release: toRelease, range: [border, FULL_BP], seed },
  ];
  return arms.filter(({ range: [from, to] }) => from < to);
}

export function hasArms({ arms }: Channel, expected: readonly Arm[]): boolean {
  return JSON.stringify(arms.map(toTuple)) === JSON.stringify(expected.map(toTuple));
}

/** Which release a unit has, as a client would say it. */
export function releaseFor(channel: Channel, unit: string | undefined): string {
  const [arm] = channel.arms;
  // The engine of a channel that gives nobody anything refuses by itself.
  if (channel.arms.length === 1) return arm!.release;
  return findArm(channel, unit === undefined ? 0 : bucketOf(arm?.seed ?? "", unit));
}

function toTuple({ release, range, seed }: Arm): unknown[] {
  return [release, ...range, seed];
}
