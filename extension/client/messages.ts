// Messages in VS Code's corner. It makes links of Markdown in them, and one that begins with `command:` runs that command
// at a click: what is said may come of a server, a file's name or a rule, so none of it becomes a link.

import { l10n, window } from "vscode";
import { ConnectionError, ErrorCodes, ResponseError } from "vscode-languageclient";
import { plain } from "./plain.ts";

/** What went wrong with a request, for a person. What the language server fails with is a sentence already. */
export function messageOf(cause: unknown): string {
  if (isAbsent(cause)) return l10n.t("The language server of Haggle is not running.");
  return cause instanceof Error ? cause.message : String(cause);
}

/** Whether there was no language server to ask. */
export function isAbsent(cause: unknown): boolean {
  const isInactive = cause instanceof ResponseError && cause.code === ErrorCodes.ConnectionInactive;
  return isInactive || isLost(cause);
}

/** Whether a request came to no answer since the language server has ended. */
export function isLost(cause: unknown): boolean {
  if (cause instanceof ConnectionError) return true;
  const codes: number[] = [ErrorCodes.PendingResponseRejected, ErrorCodes.MessageWriteError];
  return cause instanceof ResponseError && codes.includes(cause.code);
}

/** Each resolves to the item that was clicked; undefined when the message was closed. */
export function showInformation<T extends string>(text: string, ...items: T[]): Promise<T | undefined> {
  return Promise.resolve(window.showInformationMessage(plain(text), ...items));
}

export function showWarning<T extends string>(text: string, ...items: T[]): Promise<T | undefined> {
  return Promise.resolve(window.showWarningMessage(plain(text), ...items));
}

export function showError<T extends string>(text: string, ...items: T[]): Promise<T | undefined> {
  return Promise.resolve(window.showErrorMessage(plain(text), ...items));
}
