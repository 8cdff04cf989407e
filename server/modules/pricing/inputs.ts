import { hash } from "node:crypto";
import { HaggleError, type Prices, parseEnvelope, parseRelease, type Release } from "@haggle/abi";
import { checkPrices } from "@haggle/sdk/trust";
import type { LiveRelease, Releases } from "../releases/service.ts";
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

/** A release of another arm of the channel, as far as prices ask for it. */
export type OtherArm = { sha256: string; release: Pick<Release, "bounds"> };

/** Those of the channel's arms that are neither the first one's release nor switched off. */
export async function loadOtherArms(
  { channel, release }: LiveRelease,
  releases: Pick<Releases, "findRelease">,
): Promise<OtherArm[]> {
  const arms: OtherArm[] = [];
  for (const sha256 of new Set(channel.arms.map((arm) => arm.release))) {
    if (sha256 === release || channel.off.releases.includes(sha256)) continue;
    const found = await releases.findRelease(sha256);
    if (found === undefined) continue;
    arms.push({ sha256, release: parseRelease(parseEnvelope(found.bytes, "release").payload) });
  }
  return arms;
}

/** Whether prices keep the bounds of another arm as well. Where they do not, its shoppers pay list prices. */
export function keepsBounds(
  document: Pick<Prices, "prices" | "strategies">,
  { sha256, release }: OtherArm,
): boolean {
  try {
    checkPrices({ ...document, release: sha256 } as Prices, release, sha256);
    return true;
  } catch (cause) {
    if (cause instanceof HaggleError) return false;
    throw cause;
  }
}
