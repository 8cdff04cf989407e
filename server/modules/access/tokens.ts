import { HaggleError } from "@haggle/abi";
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { type Actor, SCOPES, type Scope } from "../../platform/scope.ts";

export type Tokens = ReturnType<typeof createTokens>;

/** Whose tokens are taken beside our own keys (OpenID Connect, OAuth 2). */
export type TokenSettings = {
  issuer: string;
  /** Of this tenant alone: what says that a token is meant for it. */
  audience: string;
  /** Address of the issuer's keys. */
  jwks: string;
};

/** What a token names as its algorithm is believed only among these: none is symmetric, none is `none`. */
const ALGORITHMS = ["EdDSA", "Ed25519", "ES256", "PS256", "RS256"];
const CLOCK_TOLERANCE_S = 30;
const FETCH_TIMEOUT_MS = 5_000;
/** Tokens of longer life are keys in disguise, which nobody here can revoke. */
const MAX_AGE_S = 24 * 60 * 60;

export function createTokens({ issuer, audience, jwks }: TokenSettings, clock: () => number) {
  // Fetched when first needed and for a key that is not known, though not more often than every 30 s.
  const keys = createRemoteJWKSet(new URL(jwks), { timeoutDuration: FETCH_TIMEOUT_MS });

  return {
    /**
     * Who a token says it is of; undefined for one that is forged, expired, or meant for somebody else.
     *
     * @throws HaggleError SERVER_JWKS when the issuer's keys cannot be had
     */
    async authenticate(token: string): Promise<Actor | undefined> {
      try {
        const { payload } = await jwtVerify(token, keys, {
          issuer,
          audience,
          algorithms: ALGORITHMS,
          clockTolerance: CLOCK_TOLERANCE_S,
          maxTokenAge: MAX_AGE_S,
          requiredClaims: ["sub", "exp", "iat"],
          currentDate: new Date(clock()),
        });
        return toActor(payload);
      } catch (cause) {
        if (isRefusal(cause)) return undefined;
        throw new HaggleError("SERVER_JWKS", "The keys of the token issuer cannot be had", { cause });
      }
    },
  };
}

/** `scope` is a list with spaces between (RFC 8693); names that are not ours are somebody else's. */
function toActor({ sub, scope }: JWTPayload): Actor {
  const names = typeof scope === "string" ? scope.split(" ") : [];
  const scopes = SCOPES.filter((known): known is Scope => names.includes(known));
  return { id: `jwt:${sub}`, name: sub!, scopes };
}

/** What is the token's own fault, by jose's codes; anything else is a failure to fetch or to read the keys. */
function isRefusal(cause: unknown): boolean {
  if (!(cause instanceof errors.JOSEError)) return false;
  return /^ERR_(?:JWT|JWS|JOSE_ALG_NOT_ALLOWED|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING_KEY|JWKS_MULTIPLE)/.test(
    cause.code,
  );
}
