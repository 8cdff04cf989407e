// Which of the lenses above rules the user wants.

import { type CodeLens, workspace } from "vscode";
import type { CodeLensMiddleware } from "vscode-languageclient";
import { LENS_SETTINGS, type LensData } from "../../shared/lenses.ts";

/** Part of the client's middleware. */
export const chooseLenses: Required<Pick<CodeLensMiddleware, "provideCodeLenses">> = {
  async provideCodeLenses(document, token, next) {
    const lenses = (await next(document, token)) ?? [];
    const settings = workspace.getConfiguration("haggle.lenses", document);
    return lenses.flatMap((lens) => {
      const { data } = lens as CodeLens & { data?: LensData };
      if (data === undefined || lens.command === undefined) return [lens];
      if (!settings.get<boolean>(LENS_SETTINGS[data.kind], true)) return [];
      // Nothing of a workspace that is not trusted is compiled or run.
      if (!workspace.isTrusted && data.kind !== "facts" && data.kind !== "uses") return [];
      // Only VS Code knows its icons.
      if (data.kind === "run") lens.command = { ...lens.command, title: `$(play) ${lens.command.title}` };
      return [lens];
    });
  },
};
