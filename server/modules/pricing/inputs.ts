import { hash } from "node:crypto";
import {
  HaggleError,
  type PriceBound,
  type Prices,
  parseEnvelope,
  parsePercent,
  parseRelease,
  type Release,
} from "@haggle/abi";
import { checkPrices, indexBounds } from "@haggle/sdk/trust";
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

/**
 * Whether prices that keep some bounds keep those of another arm as well: none of them moves faster than that arm's authors
 * let it. Where they do not, its shoppers pay list prices.
 */
export function keepsBounds(
  document: Pick<Prices, "prices" | "strategies">,
  bounds: readonly PriceBound[],
  { sha256, release }: OtherArm,
): boolean {
  try {
    checkPrices({ ...document, release: sha256 } as Prices, release, sha256);
  } catch (cause) {
    if (cause instanceof HaggleError) return false;
    throw cause;
  }
  const [findOwn, findOther] = [indexBounds(bounds), indexBounds(release.bounds ?? [])];
  return document.prices.every(({ sku }) => {
    const other = findOther(sku)?.maxChangePerHour;
    return other === undefined || speedOf(findOwn(sku)?.maxChangePerHour) <= speedOf(other);
  });
}

/** In millionths; without a percentage there is no limit. */
function speedOf(maxChangePerHour: string | undefined): number {
  if (maxChangePerHour === undefined) return Number.POSITIVE_INFINITY;
  return parsePercent(maxChangePerHour, "maxChangePerHour", "DOCUMENT_BAD_FIELD");
}
