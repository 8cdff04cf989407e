import type { HaggleError } from "@haggle/abi";
import type { Flag } from "../flags/flag.ts";
import type { FlagAnswer } from "../flags/local-flags.ts";

/** What OpenFeature calls the details of a resolution, in its words, which are the same for pages and for servers. */
export type Resolution<T> = {
  value: T;
  variant?: string;
  reason: string;
  flagMetadata?: Record<string, string | number | boolean>;
  errorCode?: "FLAG_NOT_FOUND" | "TYPE_MISMATCH" | "INVALID_CONTEXT" | "PROVIDER_NOT_READY" | "GENERAL";
  errorMessage?: string;
};

/**
 * A flag as somebody asks for it: of another type it is the default, with the reason why. Nothing throws. `fallback`: why the
 * client has no release.
 */
export function resolve<T>(
  answer: FlagAnswer,
  key: string,
  otherwise: T,
  fallback: HaggleError | undefined,
): Resolution<T> {
  switch (answer) {
    case "not-ready":
      return failed(otherwise, "PROVIDER_NOT_READY", `no release yet: ${fallback?.message ?? "starting"}`);
    case "bad-target":
      return failed(otherwise, "INVALID_CONTEXT", "targetingKey is a string");
    case "unknown":
      return failed(
        otherwise,
        "FLAG_NOT_FOUND",
        `flag ${key} not found among experiments, channels and parameters`,
      );
    case "elsewhere":
      return failed(otherwise, "GENERAL", "the release of this unit is not in use here");
  }
  // No flag has a structure: parameters are words, numbers and switches, and lists have no form.
  if (typeof answer.value !== typeof otherwise) {
    return failed(otherwise, "TYPE_MISMATCH", `${key} is a ${typeof answer.value}`);
  }
  return { ...resolved(answer), value: answer.value as T };
}

function resolved({ value, variant, reason, metadata }: Flag): Resolution<unknown> {
  return {
    value,
    reason,
    ...(variant !== undefined && { variant }),
    ...(metadata && { flagMetadata: { ...metadata } }),
  };
}

function failed<T>(
  value: T,
  errorCode: NonNullable<Resolution<T>["errorCode"]>,
  errorMessage: string,
): Resolution<T> {
  return { value, reason: "ERROR", errorCode, errorMessage };
}
