import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { HaggleError, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { getSecret } from "./store.ts";

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

/** Each kind is signed apart: none is taken for another. */
type Kinds = { assignment: Assignment; preview: Preview; pin: Pin; unit: { unit: string } };
type Kind = keyof Kinds;

export type Tokens = ReturnType<typeof createTokens>;

/** `KIND.PAYLOAD.MAC`: far more than any of ours has. */
const MAX_CHARACTERS = 2_048;
const UNIT_BYTES = 16;
const SECRET_BYTES = 32;

/** With the tenant's secret, which the first process that asks makes. */
export async function openRolloutTokens(database: Database, clock: Clock): Promise<Tokens> {
  const secret = await getSecret(database, "rollout", randomBytes(SECRET_BYTES));
  return createTokens({ secret, clock });
}

/**
 * Short texts that this tenant's servers, and nobody else, can have written: HMAC-SHA-256 under a secret that all its
 * processes share. They can be read by whoever holds them.
 */
function createTokens({ secret, clock }: { secret: Uint8Array; clock: Clock }) {
  function macOf(kind: Kind, payload: string): Buffer {
    return createHmac("sha256", secret).update(`haggle ${kind} token\n${payload}`).digest();
  }

  return {
    /** `expires` in epoch ms. */
    seal<K extends Kind>(kind: K, content: Kinds[K], expires: number): string {
      const payload = Buffer.from(JSON.stringify({ ...content, expires })).toString("base64url");
      return `${kind}.${payload}.${macOf(kind, payload).toString("base64url")}`;
    },
    /** @throws HaggleError SERVER_BAD_TOKEN for one that is not ours, of another kind, or has ended */
    open<K extends Kind>(kind: K, token: string): Kinds[K] & { expires: number } {
      const [said, payload = "", mac = "", ...rest] = token.slice(0, MAX_CHARACTERS).split(".");
      const given = Buffer.from(mac, "base64url");
      const expected = macOf(kind, payload);
      const isOurs = said === kind && rest.length === 0 && given.length === expected.length;
      if (!isOurs || !timingSafeEqual(given, expected)) throw refuse("SERVER_BAD_TOKEN", kind);
      // Only now: nothing of a stranger is parsed.
      const content = JSON.parse(Buffer.from(payload, "base64url").toString()) as Kinds[K] & {
        expires: number;
      };
      if (content.expires <= clock()) {
        throw new HaggleError("SERVER_BAD_TOKEN", "The token has ended", {
          at: kind,
          value: content.expires,
        });
      }
      return content;
    },
    /** A unit that nobody chose. */
    drawUnit: (): string => randomBytes(UNIT_BYTES).toString("base64url"),
  };
}
