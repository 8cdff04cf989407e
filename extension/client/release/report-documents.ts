// Pages that a command made, as documents that are only read. They live as long as the window.

import { commands, EventEmitter, type ExtensionContext, Uri, workspace } from "vscode";

const SCHEME = "haggle-report";

export type ReportDocuments = {
  /** Shows a page of Markdown under a name; one of the same name is replaced. */
  show(name: string, text: string): Promise<Uri>;
};

export function createReportDocuments({ subscriptions }: ExtensionContext): ReportDocuments {
  const texts = new Map<string, string>();
  const changed = new EventEmitter<Uri>();
  subscriptions.push(
    changed,
    workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: ({ path }) => texts.get(path) ?? "",
    }),
  );
  return {
    async show(name, text) {
      const uri = Uri.from({ scheme: SCHEME, path: `/${name}` });
      texts.set(uri.path, text);
      changed.fire(uri);
      await commands.executeCommand("markdown.showPreview", uri);
      return uri;
    },
  };
}
