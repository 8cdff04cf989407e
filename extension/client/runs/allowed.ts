import { l10n, workspace } from "vscode";
import { showWarning } from "../messages.ts";

/** Whether rules may be run; says so where they may not. */
export function isRunAllowed(): boolean {
  if (workspace.isTrusted) return true;
  void showWarning(l10n.t("Rules of a workspace that is not trusted are not run."));
  return false;
}
