import { l10n, window, workspace } from "vscode";

/** Whether rules may be run; says so where they may not. */
export function isRunAllowed(): boolean {
  if (workspace.isTrusted) return true;
  void window.showWarningMessage(l10n.t("Rules of a workspace that is not trusted are not run."));
  return false;
}
