import type { HaggleError } from "@haggle/sdk";
import { errorText } from "@haggle/sdk/error-texts";
import { texts } from "./i18n/locale.ts";

// What went wrong, in the page's language.

export type Failure = Pick<HaggleError, "code" | "message"> & { at?: unknown; value?: unknown };

/** A sentence without its full stop. */
export function explainFailure({ code }: Pick<Failure, "code">): string {
  return texts().error(code, errorText(code));
}

/** For who wants to know more than the sentence: code, place and value. */
export function spellDetails(failure: Failure): string {
  const { code, at, value } = failure;
  const place = at === undefined ? undefined : String(at);
  const what = value === undefined ? undefined : JSON.stringify(value);
  return `${code}: ${texts().errorAt(explainFailure(failure), place, what)}`;
}
