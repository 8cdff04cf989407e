// Messages in VS Code's corner. It makes links of Markdown in them, and one that begins with `command:` runs that command
// at a click: what is said may come of a server, a file's name or a rule, so none of it becomes a link.

import { window } from "vscode";
import { plain } from "./plain.ts";

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
