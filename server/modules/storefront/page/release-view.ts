import type { ClientState } from "@haggle/sdk/client";
import { get, setText } from "./dom.ts";
import { explainFailure, type Failure, spellDetails } from "./explained.ts";
import { shorten } from "./format.ts";
import { texts } from "./i18n/locale.ts";

// The top line: which release prices here, and what is known of it.

/** What the page knows of what prices it. */
export type Standing = {
  state: ClientState | undefined;
  /** Why nothing was accepted yet. */
  refusal: Failure | undefined;
  /** Why this browser may not run the rules, and the server prices. */
  fallback: Failure | undefined;
  /** Nothing has been heard of the server since it was last asked. */
  isLost: boolean;
};

const NOTICE_MS = 8_000;

export function showStanding(standing: Standing): void {
  const { state, fallback } = standing;
  const [name, text, failure] = describe(standing);
  const code = get("release");
  code.parentElement!.dataset.state = name;
  setText(get("verified"), text);
  get("verified").title = failure === undefined ? "" : spellDetails(failure);
  showFallback(fallback);
  if (state === undefined) return;
  const { release, version } = state;
  code.title = release;
  code.dataset.release = release;
  setText(code, shorten(release));
  setText(get("version"), `v${version}`);
}

function describe({
  state,
  refusal,
  fallback,
  isLost,
}: Standing): [name: string, text: string, why?: Failure] {
  const { release: say } = texts();
  if (fallback !== undefined) return ["served", say.served, fallback];
  if (state === undefined && refusal !== undefined)
    return ["refused", say.none(explainFailure(refusal)), refusal];
  if (state === undefined) return ["pending", isLost ? say.waiting : say.fetching];
  if (state.withdrawn) return ["refused", say.withdrawn];
  if (state.stale) return ["stale", say.stale];
  if (isLost) return ["offline", say.offline];
  return state.restored ? ["restored", say.restored] : ["verified", say.verified];
}

/** Nothing is wrong with the release, but this browser cannot check or run it. */
function showFallback(failure: Failure | undefined): void {
  const fallback = get("fallback");
  fallback.hidden = failure === undefined;
  if (failure === undefined) return;
  fallback.title = spellDetails(failure);
  setText(fallback, texts().release.fallback(explainFailure(failure)));
}

/** Why the cart has no price. */
export function showRefusal(failure: Failure | undefined): void {
  const refusal = get("refusal");
  refusal.hidden = failure === undefined;
  refusal.title = failure ? spellDetails(failure) : "";
  setText(refusal, failure ? explainFailure(failure) : "");
}

let noticeTimer: ReturnType<typeof setTimeout> | undefined;

export function showNotice(text: string, details = ""): void {
  const notice = get("notice");
  notice.title = details;
  notice.hidden = false;
  setText(notice, text);
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => {
    notice.hidden = true;
  }, NOTICE_MS);
}
