// Whether the shop still stands by a quote. Prices, catalogue, strategies and rollouts may change meanwhile; only what was
// switched off since, and was part of what it came to, ends it before its time.

import { HaggleError } from "@haggle/abi";
import type { Cart, Engine, PricedDecision } from "@haggle/sdk";
import type { Releases } from "../releases/service.ts";
import type { Assignments } from "../rollout/service.ts";
import { readOpenDigest, withoutSecrets } from "./open-cart.ts";
import type { QuoteRow } from "./store.ts";

type Dependencies = {
  releases: Pick<Releases, "find" | "getEngine">;
  assignments: Pick<Assignments, "isAsThen">;
};

export type Stand = ReturnType<typeof createStand>;

type Quoted = Pick<QuoteRow, "release" | "channel" | "off" | "cart" | "digest">;

export function createStand({ releases, assignments }: Dependencies) {
  return {
    /** @throws HaggleError SERVER_NO_RELEASE, SERVER_DATABASE */
    async isRevoked({ release, channel, off, cart, digest }: Quoted): Promise<boolean> {
      if (releases.find(channel)?.channel.off.releases.includes(release)) return true;
      try {
        const engine = await releases.getEngine(release, channel);
        return !assignments.isAsThen(engine, off, channel) && digestAgain(engine, cart) !== digest;
      } catch (cause) {
        const code = cause instanceof HaggleError ? cause.code : undefined;
        if (code === "ENGINE_RELEASE_OFF") return true;
        // Its release ends earlier than the quote, which was given while it was good.
        if (code === "DOCUMENT_EXPIRED") return false;
        throw cause;
      }
    },
  };
}

/** Of the same cart by an engine; undefined where that refuses it. */
export function digestAgain(engine: Engine, cart: Cart): string | undefined {
  const given = { ...cart };
  const decision = engine.evaluate(given);
  return decision.ok
    ? readOpenDigest(decision as PricedDecision, given, withoutSecrets(cart, engine))
    : undefined;
}
