// Cancelled requests, as the worker knows them.

import type { CancellationToken } from "vscode-languageserver";

/** Aborts when the request of this token is cancelled, which it may be before anybody has looked at it. */
export function signalOf(token: CancellationToken): AbortSignal {
  const controller = new AbortController();
  // A token that was cancelled before it was given tells no listener.
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
