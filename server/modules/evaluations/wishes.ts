import { HaggleError } from "@haggle/abi";
import type { Assignment } from "@haggle/sdk/experiments";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Experiments } from "../experiments/service.ts";
import type { Assignments, Override, Shopper, Units, Wish } from "../rollout/service.ts";

export type Wishes = ReturnType<typeof createWishes>;

/** By which release somebody wants to be priced, and who that is where it makes a difference. */
export type Wished = Wish & { shopper: Shopper | undefined };

type Dependencies = {
  assignments: Pick<Assignments, "needsUnit">;
  experiments: Pick<Experiments, "findRunning">;
  units: Units;
  /** Whose releases price here. */
  channel: string;
};

/** All that a price depends on besides the cart, and who may read it. */
export const VARY =
  "origin, cookie, x-haggle-unit, x-haggle-release, x-canary, x-haggle-preview, x-haggle-pin";
const DIGEST = /^[0-9a-f]{64}$/;

/** Reads the headers of a request that asks for a price. */
export function createWishes({ assignments, experiments, units, channel }: Dependencies) {
  return {
    /**
     * `named`: whom a server with a key wants priced; the unit where no header names one.
     *
     * @throws HaggleError SERVER_BAD_REQUEST, SERVER_UNIT_FORBIDDEN, SERVER_BAD_TOKEN
     */
    read(request: FastifyRequest, reply: FastifyReply, named?: string): Wished {
      const override = readOverride(request);
      const pin = readHeader(request, "x-haggle-pin");
      // Only who is assigned is somebody: an operator who chooses a release is not the customer whom he names. A pin is the
      // shopper's own: it keeps his release, and his variants with it.
      const isChosen = override !== undefined;
      const running = isChosen ? [] : experiments.findRunning(channel);
      const needs = {
        unit: !isChosen && pin === undefined && named === undefined && assignments.needsUnit(channel),
        session: running.some(({ unit }) => unit === "session"),
      };
      const isAnybody = isChosen || (!needs.unit && running.length === 0 && named === undefined);
      const found = isAnybody ? undefined : units.resolve(request, reply, needs);
      const shopper = found && named !== undefined && found.customer === undefined ? of(named, found) : found;
      return {
        channel,
        unit: shopper?.unit,
        shopper,
        override,
        preview: readHeader(request, "x-haggle-preview"),
        pin,
        actor: request.actor,
      };
    },
  };
}

/** `summer-threshold=b, free-shipping=control`. */
export function encodeVariants(variants: readonly Assignment[]): string {
  return variants.map(({ experiment, variant }) => `${experiment}=${variant}`).join(", ");
}

/** A session that comes with a customer whom a server names is his. */
function of(named: string, { session, isNew }: Shopper): Shopper {
  return { unit: named, customer: named, session, isNew };
}

/** @throws HaggleError SERVER_BAD_REQUEST */
function readOverride(request: FastifyRequest): Override | undefined {
  const release = readHeader(request, "x-haggle-release");
  const canary = readHeader(request, "x-canary");
  if (release !== undefined && canary !== undefined)
    throw wrong("x-canary", "One of x-haggle-release and x-canary");
  if (release !== undefined) {
    if (!DIGEST.test(release)) throw wrong("x-haggle-release", "Not a SHA-256 in lower-case hex", release);
    return { release };
  }
  if (canary === undefined) return undefined;
  if (canary === "always" || canary === "never") return { canary };
  throw wrong("x-canary", "Neither always nor never", canary);
}

function readHeader({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function wrong(at: string, message: string, value?: string): HaggleError {
  return new HaggleError("SERVER_BAD_REQUEST", message, { at, value });
}
