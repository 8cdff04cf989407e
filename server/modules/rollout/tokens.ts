import { randomBytes } from "node:crypto";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { openSealedTokens } from "../../platform/sealed-tokens.ts";

/** What a shopper was given: an SDK shows the token of it with what it reports. */
export type Assignment = {
  unit: string;
  /** Whether the unit is that of a browser's cookie, and not one that a server has named. */
  isSession?: boolean;
  channel: string;
  release: string;
  arm: "stable" | "canary";
  seed: string;
  /** The rollout that was live then. */
  rollout?: string;
};

/** Lets its holder choose between the two releases of one rollout. */
export type Preview = { rollout: string };

/** Keeps a cart on the release that priced it. `off` is the digest of what of it was switched off then. */
export type Pin = { release: string; subject: string; off: string };

type Kinds = { assignment: Assignment; preview: Preview; pin: Pin; unit: { unit: string } };

export type Tokens = Awaited<ReturnType<typeof openRolloutTokens>>;

const UNIT_BYTES = 16;

export async function openRolloutTokens(database: Database, clock: Clock) {
  return {
    ...(await openSealedTokens<Kinds>(database, "rollout", clock)),
    /** A unit that nobody chose. */
    drawUnit: (): string => randomBytes(UNIT_BYTES).toString("base64url"),
  };
}
