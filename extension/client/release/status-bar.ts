// One line for what shoppers get now: `stable · v12 · canary 5 %`.

import { type ExtensionContext, l10n, StatusBarAlignment, ThemeColor, window } from "vscode";
import type { Connection } from "./connection.ts";
import { explainError } from "./explain-error.ts";
import { statusOf } from "./outline.ts";
import type { Look, Watcher } from "./watcher.ts";

const PRIORITY = 90;

export function showStatus(
  context: ExtensionContext,
  watcher: Watcher,
  { channel }: Pick<Connection, "channel">,
): { text: () => string } {
  const item = window.createStatusBarItem("haggle.release", StatusBarAlignment.Left, PRIORITY);
  item.name = l10n.t("Haggle release");
  item.command = "haggle.releases.focus";
  context.subscriptions.push(item, watcher.onDidLook(show));
  show(watcher.find());
  return { text: () => item.text };

  function show(look: Look): void {
    if (look.state === "apart") {
      item.hide();
      return;
    }
    item.backgroundColor = undefined;
    if (look.state === "looking") {
      item.text = "$(loading~spin) Haggle";
      item.tooltip = l10n.t("Looking…");
    } else if (look.state === "board") {
      const { text, tooltip } = statusOf(look.board, channel(), l10n);
      item.text = `$(rocket) ${text}`;
      item.tooltip = tooltip;
    } else {
      const before = look.board === undefined ? "Haggle" : statusOf(look.board, channel(), l10n).text;
      item.text = `$(warning) ${before}`;
      item.tooltip = explainError(look.error, l10n);
      item.backgroundColor = new ThemeColor("statusBarItem.warningBackground");
    }
    item.show();
  }
}
