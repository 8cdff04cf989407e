import { HaggleError, refuse } from "@haggle/abi";
import { findStored, type KeptTexts, store } from "./kept-texts.ts";

/** A unit that the server has drawn, and what proves it: `token` goes into `x-haggle-unit`. */
export type SignedUnit = {
  unit: string;
  token: string /** Epoch ms: of the token, not of the unit. */;
  expires: number;
};

export type AssignmentOptions = {
  /** Of the server; `""` for the page's own origin. */
  url: string;
  channel: string;
  /** Where the unit is kept for the next page, and for offline starts. */
  storage: KeptTexts;
  signal?: AbortSignal | undefined;
  /** The kept token was refused: the server is asked whatever is left of its time. */
  anew?: boolean;
  /** What this page has, where its storage keeps nothing. */
  known?: SignedUnit | undefined;
  /** Epoch ms. Default `Date.now`. */
  clock?: () => number;
};

const TIMEOUT_MS = 10_000;
/** Of the day that a token has: whoever comes back within the other half day asks nothing. */
const RENEW_BEFORE_MS = 12 * 3_600_000;
/** What a server answers to a token that it did not write, such as one of a database that is no more. */
const BAD_TOKEN = 403;
/** What a header takes. Whoever can write a page's storage must not end its quotes by a token that no server ever sees. */
const TOKEN = /^[!-~]{1,2048}$/;

/**
 * The unit by which this browser has its release and its session's variants: the kept one, or one that the server draws
 * (`POST /v1/assignments`). A unit stays though its token ends: it is shown again for the next token, for a year after. Where
 * nobody answers the kept one is given, so that an offline start has the arm and the variants of the last visit.
 *
 * @throws HaggleError CLIENT_NETWORK, CLIENT_STATUS where there is no unit at all; the signal's reason
 *
 * @example
 * const { unit, token } = await openAssignment({ url: "", channel: "stable", storage: localStorage });
 */
export async function openAssignment(options: AssignmentOptions): Promise<SignedUnit> {
  const { channel, known, signal } = options;
  const locks = "document" in globalThis ? navigator.locks : undefined;
  if (locks === undefined || (findAssignment(options) ?? known) !== undefined) return open(options);
  // A browser is one shopper: of the tabs that begin at one moment one asks, and the others have what it kept.
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const waiting = signal ? AbortSignal.any([signal, timeout]) : timeout;
  try {
    return await locks.request(assignmentPlace(channel), { signal: waiting }, () => open(options));
  } catch (cause) {
    // The browser keeps no locks here, or whoever has this one is stuck.
    if (!(cause instanceof DOMException)) throw cause;
    return open(options);
  }
}

async function open(options: AssignmentOptions): Promise<SignedUnit> {
  const { channel, storage, anew = false, known, clock = Date.now } = options;
  const kept = findAssignment(options) ?? known;
  if (kept !== undefined && !anew && kept.expires - clock() > RENEW_BEFORE_MS) return kept;
  try {
    const { unit, token, expires } = await ask(options, kept?.token);
    // Another tab may have been given one meanwhile: where there are no locks, or the browser shows what it stored a moment late.
    const other = kept === undefined ? findAssignment(options) : undefined;
    if (other !== undefined) return other;
    const signed = { unit, token, expires };
    store(storage, assignmentPlace(channel), JSON.stringify(signed));
    return signed;
  } catch (cause) {
    if (kept === undefined || !(cause instanceof HaggleError)) throw cause;
    return kept;
  }
}

/** The unit that was kept, whatever is left of its token's time: a start waits for no network to know its arm. */
export function findAssignment({
  channel,
  storage,
}: Pick<AssignmentOptions, "channel" | "storage">): SignedUnit | undefined {
  return findStored(storage, assignmentPlace(channel), isSignedUnit);
}

/** Where the unit is kept. */
export function assignmentPlace(channel: string): string {
  return `haggle-assignment/${channel}`;
}

async function ask(options: AssignmentOptions, renews: string | undefined): Promise<SignedUnit> {
  const { url, channel, signal } = options;
  const at = `${url}/v1/assignments`;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    // A text is what a page of another origin may send without asking first.
    const body = JSON.stringify({ channel, ...(renews !== undefined && { renews }) });
    const response = await fetch(at, {
      method: "POST",
      body,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    if (response.status === BAD_TOKEN && renews !== undefined) {
      await response.body?.cancel();
      return await ask(options, undefined);
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw refuse("CLIENT_STATUS", at, response.status);
    }
    const told: unknown = await response.json();
    if (!isSignedUnit(told)) throw refuse("CLIENT_STATUS", at, response.status);
    return told;
  } catch (cause) {
    if (cause instanceof HaggleError) throw cause;
    if (signal?.aborted) throw signal.reason;
    throw refuse("CLIENT_NETWORK", at, undefined, cause);
  }
}

function isSignedUnit(value: unknown): value is SignedUnit {
  const { unit, token, expires } = Object(value) as Record<keyof SignedUnit, unknown>;
  return (
    typeof unit === "string" &&
    unit !== "" &&
    typeof token === "string" &&
    TOKEN.test(token) &&
    typeof expires === "number"
  );
}
