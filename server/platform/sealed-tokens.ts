import { createHmac, createSecretKey, randomBytes, timingSafeEqual } from "node:crypto";
import { HaggleError, refuse } from "@haggle/abi";
import type { Clock } from "./clock.ts";
import type { Database } from "./database/database.ts";

type Timed = { expires: number };

/** `KIND.PAYLOAD.MAC`: far more than any of ours has. */
const MAX_CHARACTERS = 2_048;
const SECRET_BYTES = 32;

/** With the tenant's secret of this name, which the first process that asks makes. `Kinds`: what each kind of token says. */
export async function openSealedTokens<Kinds extends object>(database: Database, name: string, clock: Clock) {
  const secret = await getSecret(database, name, randomBytes(SECRET_BYTES));
  return createSealedTokens<Kinds>({ secret, clock });
}

/**
 * Short texts that this tenant's servers, and nobody else, can have written: HMAC-SHA-256 under a secret that all its
 * processes share. They can be read by whoever holds them. Each kind is signed apart: none is taken for another.
 */
function createSealedTokens<Kinds extends object>({ secret, clock }: { secret: Uint8Array; clock: Clock }) {
  // Made a key of once: a text of its own each time costs several times the MAC itself.
  const key = createSecretKey(secret);

  function macOf(kind: string, payload: string): Buffer {
    return createHmac("sha256", key).update(`haggle ${kind} token\n${payload}`).digest();
  }

  /**
   * Whether it has ended is for the caller to see.
   *
   * @throws HaggleError SERVER_BAD_TOKEN for one that is not ours, or of another kind
   */
  function read<K extends keyof Kinds & string>(kind: K, token: string): Kinds[K] & Timed {
    const [said, payload = "", mac = "", ...rest] = token.slice(0, MAX_CHARACTERS).split(".");
    const given = Buffer.from(mac, "base64url");
    const expected = macOf(kind, payload);
    const isOurs = said === kind && rest.length === 0 && given.length === expected.length;
    if (!isOurs || !timingSafeEqual(given, expected)) throw refuse("SERVER_BAD_TOKEN", kind);
    // Only now: nothing of a stranger is parsed.
    return JSON.parse(Buffer.from(payload, "base64url").toString()) as Kinds[K] & Timed;
  }

  return {
    /** `expires` in epoch ms. */
    seal<K extends keyof Kinds & string>(kind: K, content: Kinds[K], expires: number): string {
      const payload = Buffer.from(JSON.stringify({ ...content, expires })).toString("base64url");
      return `${kind}.${payload}.${macOf(kind, payload).toString("base64url")}`;
    },
    read,
    /** @throws HaggleError SERVER_BAD_TOKEN for one that is not ours, of another kind, or has ended */
    open<K extends keyof Kinds & string>(kind: K, token: string): Kinds[K] & Timed {
      const content = read(kind, token);
      if (content.expires <= clock()) {
        throw new HaggleError("SERVER_BAD_TOKEN", "The token has ended", {
          at: kind,
          value: content.expires,
        });
      }
      return content;
    },
  };
}

/** `fresh` when there is none yet, and the same for all who ask at once. */
async function getSecret({ query }: Database, name: string, fresh: Uint8Array): Promise<Uint8Array> {
  await query("insert into token_secrets (name, secret) values ($1, $2) on conflict do nothing", [
    name,
    Buffer.from(fresh),
  ]);
  const [row] = await query<{ secret: Uint8Array }>("select secret from token_secrets where name = $1", [
    name,
  ]);
  return row!.secret;
}
