// What quick fixes say, in the user's language.

import { type CodeAction, type Command, l10n } from "vscode";
import type { CodeActionMiddleware } from "vscode-languageclient";
import type { FixData } from "../shared/fixes.ts";

/** Part of the client's middleware. */
export const writeFixes: Required<Pick<CodeActionMiddleware, "provideCodeActions">> = {
  async provideCodeActions(document, range, context, token, next) {
    const actions = (await next(document, range, context, token)) ?? [];
    for (const action of actions) {
      const data = dataOf(action);
      if (data !== undefined) action.title = titleOf(data);
    }
    return actions;
  },
};

function dataOf(action: Command | CodeAction): FixData | undefined {
  const { data } = action as { data?: Partial<FixData> };
  return data?.verb === undefined || data.what === undefined ? undefined : (data as FixData);
}

function titleOf({ verb, what }: FixData): string {
  switch (verb) {
    case "change":
      return l10n.t("Change to {0}", what);
    case "remove":
      return l10n.t("Remove {0}", what);
    case "add":
      return l10n.t("Add {0}", what);
    case "parameter":
      return l10n.t("Make {0} a parameter", what);
    case "all":
      return l10n.t("Mend all that is plain");
    case "stamp":
      return l10n.t("Stamp the version: {0}", what);
  }
}
