import type { Flag } from "../flags/flag.ts";
import type { FlagAnswer } from "../flags/local-flags.ts";

/** What OpenFeature calls the details of a resolution, in its words, which are the same for pages and for servers. */
export type Resolution<T> = {
  value: T;
  variant?: string;
  reason: string;
  flagMetadata?: Record<string, string | number | boolean>;
  errorCode?: "FLAG_NOT_FOUND" | "TYPE_MISMATCH" | "PROVIDER_NOT_READY" | "GENERAL";
  errorMessage?: string;
};

/** A flag as somebody asks for it: of another type it is the default, with the reason why. Nothing throws. */
export function resolve<T>(answer: FlagAnswer, key: string, otherwise: T): Resolution<T> {
  switch (answer) {
    case "not-ready":
      return failed(otherwise, "PROVIDER_NOT_READY", "there is no release yet");
    case "unknown":
      return failed(otherwise, "FLAG_NOT_FOUND", `no experiment, channel or parameter is named ${key}`);
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
