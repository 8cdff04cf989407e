import { explainError, HaggleError } from "@haggle/abi";
import type { UpdaterEvent } from "@haggle/sdk/trust";
import type { Logger } from "pino";

/** Whose newest content it is; `side`: what does not keep the rest from being taken, such as prices or a lost state. */
type Place = "registry" | "folder" | "side";

type Options = {
  log: Logger;
  /** The digest of the release that stays. */
  findKept: () => string | undefined;
};

/** Why something of a channel is not live: one reason for each place, told when it is another one than before. */
export function createRefusals({ log, findKept }: Options) {
  const refused = new Map<Place, HaggleError>();
  const alarms = new WeakSet<HaggleError>();
  let heard: HaggleError | undefined;

  /** At level error what no accident gives: somebody signed, or passed on, what he must not. */
  function complain(error: HaggleError): void {
    const details = { code: error.code, reason: explainError(error), kept: findKept() };
    log[alarms.has(error) ? "error" : "warn"](details, "release refused");
  }

  return {
    complain,
    refuse(place: "registry" | "folder", cause: unknown): void {
      const failure = asFailure(cause);
      const error = failure.code === "DOCUMENT_DEVELOPMENT" ? developmentRoot(failure) : failure;
      const isTold = [refused.get("registry"), refused.get("folder")].some(
        (before) => before?.code === error.code && before.message === error.message,
      );
      if (!isTold) complain(error);
      refused.set(place, error);
    },
    pass(place: Place): void {
      refused.delete(place);
    },
    /** No accident. */
    alarm(error: HaggleError): HaggleError {
      alarms.add(error);
      return error;
    },
    /** What an updater refuses while it goes on. */
    hear(event: UpdaterEvent): void {
      if (event.type !== "refused") return;
      if (event.alarm) alarms.add(event.error);
      heard = event.error;
    },
    forgetHeard(): void {
      heard = undefined;
    },
    /** What was refused although the call went well. */
    hearOut(): void {
      if (heard === undefined) return;
      complain(heard);
      refused.set("side", heard);
      heard = undefined;
    },
    get: (place: Place): HaggleError | undefined => refused.get(place),
    find: (): HaggleError | undefined =>
      refused.get("registry") ?? refused.get("folder") ?? refused.get("side"),
  };
}

export function asFailure(cause: unknown): HaggleError {
  if (cause instanceof HaggleError) return cause;
  return new HaggleError("SERVER_INTERNAL", "Loading the release failed unexpectedly", { cause });
}

function developmentRoot(cause: HaggleError): HaggleError {
  return new HaggleError("SERVER_DEVELOPMENT_ROOT", "A production server refuses a development root", {
    cause,
  });
}
