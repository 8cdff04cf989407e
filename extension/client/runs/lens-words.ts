// What the lenses above rules say, in the user's language, and which of them he wants.

import { type CodeLens, l10n, workspace } from "vscode";
import type { CodeLensMiddleware } from "vscode-languageclient";
import { LENS_SETTINGS, type LensData } from "../../shared/lenses.ts";

/** Part of the client's middleware. */
export const writeLenses: Required<Pick<CodeLensMiddleware, "provideCodeLenses">> = {
  async provideCodeLenses(document, token, next) {
    const lenses = (await next(document, token)) ?? [];
    const settings = workspace.getConfiguration("haggle.lenses", document);
    return lenses.flatMap((lens) => {
      const { data } = lens as CodeLens & { data?: LensData };
      if (data === undefined || lens.command === undefined) return [lens];
      if (!settings.get<boolean>(LENS_SETTINGS[data.kind], true)) return [];
      // Nothing of a workspace that is not trusted is compiled or run.
      if (!workspace.isTrusted && data.kind !== "facts" && data.kind !== "uses") return [];
      lens.command = { ...lens.command, title: titleOf(data) };
      return [lens];
    });
  },
};

function titleOf(data: LensData): string {
  switch (data.kind) {
    case "run":
      return `$(play) ${l10n.t("Run")}`;
    case "runAll":
      return l10n.t("Run on all cases ({0})", data.cases);
    case "trace":
      return l10n.t("Debug trace");
    case "uses":
      return data.count === 1 ? l10n.t("used once") : l10n.t("used by {0}", data.count);
    case "facts":
      return factsOf(data);
  }
}

function factsOf({ priority, group, phase, template }: LensData & { kind: "facts" }): string {
  const facts = [
    l10n.t("priority {0}", priority),
    ...(group === undefined ? [] : [l10n.t("group {0}", group)]),
    ...(phase === undefined ? [] : [l10n.t("phase {0}", phase)]),
    ...(template ? [l10n.t("template")] : []),
  ];
  return facts.join(" · ");
}
