import { HaggleError, refuse } from "@haggle/abi";
import type { FastifyReply, FastifyRequest } from "fastify";
import { hasScope, NOBODY } from "../../platform/scope.ts";
import type { Tokens } from "./tokens.ts";

export type Units = ReturnType<typeof createUnits>;

/** Who a request is for. */
export type Shopper = {
  /** By which a release is chosen. */
  unit: string | undefined;
  /** Whom a server with a key has named. */
  customer: string | undefined;
  /** The browser's. */
  session: string | undefined;
  /** Whether the session was drawn for this very request: whoever drops the cookie is a new shopper each time. */
  isNew: boolean;
};

const HEADER = "x-haggle-unit";
const COOKIE = "haggle-unit";
/** Browsers keep none longer than 400 days. */
const COOKIE_LIFE_MS = 365 * 24 * 3_600_000;
/** Header bytes beyond ASCII arrive as Latin-1, and would be another shopper than the same id in an SDK. */
const NAMED = /^[\x21-\x7e]{1,256}$/;

/** Who a request is for. What nobody may choose: a shopper with another unit is another shopper, perhaps in another arm. */
export function createUnits({ tokens, clock }: { tokens: Tokens; clock: () => number }) {
  /** @throws HaggleError SERVER_UNIT_FORBIDDEN, SERVER_BAD_TOKEN, SERVER_BAD_REQUEST */
  function findNamed({ headers, actor }: FastifyRequest): { unit: string; isSession: boolean } | undefined {
    const named = headers[HEADER];
    if (named === undefined) return undefined;
    if (typeof named === "string" && named.startsWith("assignment.")) {
      const { unit, isSession = false } = tokens.open("assignment", named);
      return { unit, isSession };
    }
    if (actor.id === NOBODY.id || !hasScope(actor, "evaluate")) throw refuse("SERVER_UNIT_FORBIDDEN", HEADER);
    if (typeof named === "string" && NAMED.test(named)) return { unit: named, isSession: false };
    throw new HaggleError("SERVER_BAD_REQUEST", "1 to 256 characters of ASCII without blanks", {
      at: HEADER,
    });
  }

  /**
   * The unit of a token that may have ended, as that of a cookie lives: who was drawn once stays who he is. What a server has
   * named it names again.
   */
  function findRenewed(token: string): { unit: string; isSession: boolean } {
    const { unit, isSession = false, expires } = tokens.read("assignment", token);
    const livesMs = isSession ? COOKIE_LIFE_MS : 0;
    if (expires + livesMs <= clock()) throw refuse("SERVER_BAD_TOKEN", "renews");
    return { unit, isSession };
  }

  function findRemembered({ cookies }: FastifyRequest): string | undefined {
    const token = cookies[COOKIE];
    if (token === undefined) return undefined;
    try {
      return tokens.open("unit", token).unit;
    } catch (cause) {
      if (cause instanceof HaggleError) return undefined;
      throw cause;
    }
  }

  function draw(request: FastifyRequest, reply: FastifyReply): string {
    const unit = tokens.drawUnit();
    remember(unit, request, reply);
    return unit;
  }

  function remember(unit: string, request: FastifyRequest, reply: FastifyReply): void {
    reply.setCookie(COOKIE, tokens.seal("unit", { unit }, clock() + COOKIE_LIFE_MS), {
      path: "/",
      httpOnly: true,
      sameSite: "lax",
      secure: request.protocol === "https",
      maxAge: COOKIE_LIFE_MS / 1000,
    });
  }

  return {
    /** From now on this browser is who has the unit, which nobody but a server may say. */
    remember,
    /**
     * The unit that a server names, and the browser's session, which gets a cookie where it has none and one is needed: for
     * want of a name with `unit`, in any case with `session`. `renews`: a token of before, whose unit it is.
     *
     * @throws HaggleError SERVER_UNIT_FORBIDDEN, SERVER_BAD_TOKEN, SERVER_BAD_REQUEST
     */
    resolve(
      request: FastifyRequest,
      reply: FastifyReply,
      { renews, ...needs }: { unit: boolean; session: boolean; renews?: string | undefined },
    ): Shopper {
      const named = findNamed(request) ?? (renews === undefined ? undefined : findRenewed(renews));
      const known = named?.isSession ? named.unit : findRemembered(request);
      const isNew = known === undefined && (needs.session || (needs.unit && named === undefined));
      const session = isNew ? draw(request, reply) : known;
      return {
        unit: named?.unit ?? session,
        customer: named?.isSession ? undefined : named?.unit,
        session,
        isNew,
      };
    },
  };
}
