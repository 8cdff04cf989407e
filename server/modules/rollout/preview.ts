import { type Channel, refuse } from "@haggle/abi";
import type { Releases } from "../releases/service.ts";
import { armsOf, releaseFor } from "./arms.ts";
import { FULL_BP } from "./machine.ts";

export type Question = { channel: string; to: string; weightBp: number; units?: string[] | undefined };

/** Who would move if a channel gave this share of its shoppers this release. Nothing is changed by asking. */
export async function previewRollout(releases: Releases, question: Question) {
  const { channel: name, to, weightBp, units = [] } = question;
  const before = releases.find(name)?.channel;
  if (before === undefined) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", name);
  if ((await releases.findRelease(to)) === undefined) throw refuse("SERVER_UNKNOWN_RELEASE", "to", to);
  const [arm] = before.arms;
  const isSame = before.arms.length > 1 && arm!.seed === to;
  const from = arm!.release === to ? before.arms.at(-1)!.release : arm!.release;
  const after: Channel = {
    ...before,
    arms: armsOf({ fromRelease: from, toRelease: to, seed: to }, weightBp),
  };
  const moved = countMoved(before, after);
  return {
    from,
    to,
    weightBp,
    buckets: FULL_BP,
    ...(moved !== undefined && { moved }),
    warnings: warningsOf(before, isSame),
    units: units.map((unit) => {
      const [was, is] = [releaseFor(before, unit), releaseFor(after, unit)];
      return { unit, before: was, after: is, moves: was !== is };
    }),
  };
}

/**
 * Of 10,000 buckets. Exact where both documents read one bucket of each shopper, or one of them gives everybody the
 * same; undefined where it depends on who they are.
 */
function countMoved(before: Channel, after: Channel): number | undefined {
  const isOneSeed = before.arms[0]!.seed === after.arms[0]!.seed;
  if (!isOneSeed && before.arms.length > 1 && after.arms.length > 1) return undefined;
  let moved = 0;
  for (let bucket = 0; bucket < FULL_BP; bucket++) {
    if (releaseIn(before, bucket) !== releaseIn(after, bucket)) moved += 1;
  }
  return moved;
}

function releaseIn({ arms }: Channel, bucket: number): string | undefined {
  return arms.find(({ range: [from, to] }) => from <= bucket && bucket < to)?.release;
}

function warningsOf(before: Channel, isSameSeed: boolean): string[] {
  if (isSameSeed) return [];
  const isSplit = before.arms.length > 1;
  const first = "This release has a seed of its own: other shoppers go first than in the rollout before";
  const second = "The channel is split under another seed: whoever has the other release there may leave it";
  return isSplit ? [first, second] : [first];
}
