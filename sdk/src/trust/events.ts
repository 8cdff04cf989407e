import type { Code, HaggleError } from "@haggle/abi";
import type { Live, UpdaterEvent } from "./live.ts";

/** What no accident of a network or a disk gives: somebody signed, or passed on, what he must not. */
const ALARMING: ReadonlySet<Code> = new Set<Code>([
  "DOCUMENT_WRONG_TYPE",
  "DOCUMENT_WRONG_CHANNEL",
  "DOCUMENT_WRONG_TENANT",
  "DOCUMENT_BAD_KEY",
  "DOCUMENT_UNSIGNED",
  "DOCUMENT_BAD_SIGNATURE",
  "DOCUMENT_THRESHOLD",
  "DOCUMENT_DIGEST_MISMATCH",
  "DOCUMENT_ROLLBACK",
  "DOCUMENT_EQUIVOCATION",
  "DOCUMENT_OUT_OF_BOUNDS",
  "DOCUMENT_TABLE_DIFFERS",
  "ENGINE_BUNDLE_MISMATCH",
]);

/** Codes of what is wrong with this host or the way to a source, whatever that gives. */
const OF_THIS_HOST = /_(BLOCKED|COMPILE|UNSUPPORTED|NETWORK|STATE|MODULE_MISMATCH)/;

type Subject = "update" | "prices";

type RefusedOptions = { subject?: Subject; isStored?: boolean };

/** Tells events; a refusal that repeats itself is told once, until its subject has passed in between. */
export function createReporter(onEvent: ((event: UpdaterEvent) => void) | undefined) {
  const told = new Map<Subject, HaggleError>();
  let staleTold: number | undefined;
  return {
    updated(live: Live): void {
      onEvent?.({ type: "updated", live });
    },
    passed(subject: Subject): void {
      told.delete(subject);
    },
    /** Whatever is wrong with a stored document, its place on this machine is the nearest reason: no alarm. */
    refused(error: HaggleError, { subject = "update", isStored = false }: RefusedOptions = {}): void {
      if (told.get(subject)?.message === error.message) return;
      told.set(subject, error);
      onEvent?.({ type: "refused", error, alarm: !isStored && isAlarming(error) });
    },
    /** Whether what a source gave last was no good, so that a cache may have kept it. */
    isSpoilt: (): boolean => [...told.values()].some(({ code }) => !OF_THIS_HOST.test(code)),
    stale(expires: number): void {
      if (staleTold === expires) return;
      staleTold = expires;
      onEvent?.({ type: "stale", expires });
    },
  };
}

/** Whether no accident gives this. */
export function isAlarming({ code, at }: HaggleError): boolean {
  // A signer publishes the release first or its prices first; in between the two do not fit.
  if (at === "prices.release") return false;
  if (ALARMING.has(code)) return true;
  return code !== "SIGNATURE_UNSUPPORTED" && /^(SIGNATURE|PROFILE)_/.test(code);
}
