// The view of what a whole promotion table does that nobody wants. While it is open it follows the project.

import { commands, l10n, ViewColumn, type WebviewPanel, window, workspace } from "vscode";
import type { FromConflictPage, ToConflictPage } from "../../shared/conflict-page.ts";
import type { ConflictReport } from "../../shared/conflicts.ts";
import { canonicalUri, kindOf, pathIn } from "../../shared/project-files.ts";
import type { ProjectInfo } from "../../shared/protocol.ts";
import type { Extension } from "../activate.ts";
import { goToFault, goToPromotion } from "../go-to.ts";
import { messageOf, showError } from "../messages.ts";
import { PROJECT_DATA } from "../options.ts";
import { chooseProject } from "../projects.ts";
import { webviewOptions, webviewPage } from "../webview-page.ts";
import { createCheckSession } from "./check-session.ts";
import { createConflictMarks } from "./conflict-marks.ts";

const CONFLICT_VIEW = "haggle.conflictView";
const PAGE = "conflict-view";
/** A check takes seconds of the worker: it is for those who have stopped typing. */
const SETTLE_MS = 800;

type Open = { panel: WebviewPanel; project: ProjectInfo; changed: () => void };

export function registerConflictView(extension: Extension): void {
  const { context, client, onRulesChanged } = extension;
  const open = new Map<string, Open>();
  const marks = createConflictMarks(client);

  function show(project: ProjectInfo): void {
    const { root, name } = project;
    const known = open.get(root);
    if (known !== undefined) {
      known.panel.reveal();
      known.changed();
      return;
    }
    const panel = window.createWebviewPanel(CONFLICT_VIEW, l10n.t("Conflicts: {0}", name), ViewColumn.Beside);
    const tell = (message: ToConflictPage) => void panel.webview.postMessage(message);
    /** The page is made anew when it was hidden, and then wants to know what there is. */
    let last: ConflictReport | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const session = createCheckSession(client, root, {
      onProgress: (done, of) => tell({ kind: "checking", project: name, done, of }),
      onReport(report) {
        last = report;
        tell({ kind: "report", project: name, report });
        marks.show(root, report).catch(failed);
      },
      onEnd: (message) => tell({ kind: "ended", ...(message !== undefined && { message }) }),
    });
    const failed = (cause: unknown) => {
      void showError(l10n.t("Conflict view: {0}", messageOf(cause)));
    };
    const check = () => void session.check(currency());
    const changed = () => {
      clearTimeout(timer);
      timer = setTimeout(check, SETTLE_MS);
    };

    async function take(message: FromConflictPage): Promise<void> {
      switch (message.kind) {
        case "ready":
          if (last === undefined) check();
          else tell({ kind: "report", project: name, report: last });
          break;
        case "check":
          check();
          break;
        case "stop":
          session.stop();
          break;
        case "goToPromotion":
          await goToPromotion(client, root, message.promotion);
          break;
        case "goToFault":
          await goToFault(root, message.fault);
          break;
        case "openCart": {
          const { code, promotions, cart } = message.finding;
          // Findings are about what the server gives, which knows costs and floors.
          const title = `${code} ${promotions[0] ?? ""}`.trim();
          await commands.executeCommand("haggle.openCartView", { root, cart, title, server: true });
          break;
        }
      }
    }

    panel.webview.options = webviewOptions(context.extensionUri);
    panel.webview.onDidReceiveMessage((message: FromConflictPage) => take(message).catch(failed));
    open.set(root, { panel, project, changed });
    panel.onDidDispose(() => {
      open.delete(root);
      clearTimeout(timer);
      session.dispose();
      marks.clear(root);
    });
    panel.webview.html = webviewPage(panel.webview, context.extensionUri, PAGE);
  }

  function rulesChanged(root: string): void {
    for (const [own, { changed }] of open) if (canonicalUri(own) === canonicalUri(root)) changed();
  }

  function dataChanged(address: string): void {
    const uri = canonicalUri(address);
    for (const [root, { changed }] of open) {
      const path = pathIn(canonicalUri(root), uri);
      if (path !== undefined && kindOf(path) === "data") changed();
    }
  }

  const data = workspace.createFileSystemWatcher(PROJECT_DATA);
  for (const event of [data.onDidChange, data.onDidCreate, data.onDidDelete]) {
    context.subscriptions.push(event((uri) => dataChanged(uri.toString())));
  }
  context.subscriptions.push(
    data,
    marks,
    onRulesChanged(rulesChanged),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) dataChanged(document.uri.toString());
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration("haggle.viewLanguage")) return;
      for (const { panel } of open.values())
        panel.webview.html = webviewPage(panel.webview, context.extensionUri, PAGE);
    }),
    // A button gives the file that it stands above, or nothing.
    commands.registerCommand("haggle.openConflicts", async (given?: { root?: string } | null) => {
      const root = given?.root;
      const name = root === undefined ? "" : decodeURIComponent(root.split("/").at(-1) ?? root);
      const project = root === undefined ? await chooseProject(client) : { root, name };
      if (project !== undefined) show(project);
    }),
  );
}

function currency(): string {
  return workspace.getConfiguration("haggle").get("currency", "CNY");
}
