/** Whoever only looks at another tab for a moment keeps his connection. */
const HIDDEN_MS = 3_000;

/** Tells when a page has been hidden for a while or is left, and when it is shown again. Where there is no page, nothing. */
export function watchAttention(changed: (isSeen: boolean) => void, signal: AbortSignal): void {
  if (typeof document === "undefined") return;
  let isSeen = true;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function become(next: boolean): void {
    clearTimeout(timer);
    if (next === isSeen || signal.aborted) return;
    isSeen = next;
    changed(isSeen);
  }

  function look(): void {
    clearTimeout(timer);
    if (document.visibilityState !== "hidden") become(true);
    else timer = setTimeout(become, HIDDEN_MS, false);
  }

  document.addEventListener("visibilitychange", look, { signal });
  // It may come back as it was, long after, and must hold no connection until then.
  addEventListener("pagehide", () => become(false), { signal });
  addEventListener("pageshow", look, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  look();
}
