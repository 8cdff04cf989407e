import { hash } from "node:crypto";
import { parseEnvelope, parseRelease } from "@haggle/abi";
import type { LiveRelease, PricedArm, Releases } from "../releases/service.ts";
import type { StrategySet } from "../strategies/service.ts";

/** All that prices are made of, but for the time. */
export type Inputs = {
  live: LiveRelease;
  set: StrategySet | undefined;
  experiments: string | undefined;
  facts: { revision: number };
};

/** Equal for inputs of which nothing differs. */
export function digestInputs({ live, set, experiments, facts }: Inputs): string {
  const { arms, off } = live.channel;
  return hash(
    "sha256",
    JSON.stringify([
      live.release,
      live.trusted.sha256,
      arms.map(({ release }) => release),
      off,
      set?.number,
      set?.digest,
      experiments,
      facts.revision,
    ]),
  );
}

/** Those of the channel's arms that are neither the first one's release nor switched off. */
export async function loadOtherArms(
  { channel, release }: LiveRelease,
  releases: Pick<Releases, "findRelease">,
): Promise<PricedArm[]> {
  const arms: PricedArm[] = [];
  for (const sha256 of new Set(channel.arms.map((arm) => arm.release))) {
    if (sha256 === release || channel.off.releases.includes(sha256)) continue;
    const found = await releases.findRelease(sha256);
    if (found === undefined) continue;
    arms.push({ sha256, release: parseRelease(parseEnvelope(found.bytes, "release").payload) });
  }
  return arms;
}
