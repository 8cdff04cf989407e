import { hash } from "node:crypto";
import { type Channel, parseEnvelope, parseRelease } from "@haggle/abi";
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
  return hash(
    "sha256",
    JSON.stringify([
      live.release,
      live.trusted.sha256,
      ...saidOf(live.channel),
      set?.number,
      set?.digest,
      experiments,
      facts.revision,
    ]),
  );
}

/** Whether prices of both come to the same: which releases they give, and what is off, whatever the shares are. */
export function saysSame(a: Channel, b: Channel): boolean {
  return JSON.stringify(saidOf(a)) === JSON.stringify(saidOf(b));
}

function saidOf({ arms, off }: Channel) {
  return [arms.map(({ release }) => release), off];
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
