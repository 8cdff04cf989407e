// Traces as documents that are only read: `haggle-trace:/rule/case.txt`.

import {
  Disposable,
  type DocumentLink,
  EventEmitter,
  languages,
  Range,
  Uri,
  ViewColumn,
  window,
  workspace,
} from "vscode";
import { isProjectFile } from "../../shared/project-files.ts";
import { placeOf } from "./fault-marks.ts";

const SCHEME = "haggle-trace";
/** Files of a project as traces name them, with the place where there is one. */
const PLACE = /rules\/[^\s:]+\.(?:ts|json)(?::(\d+):(\d+))?/g;

export type TraceDocuments = Disposable & {
  /** Shows a trace beside the editor; one of the same rule and case takes the place of the one before. */
  show(root: string, name: readonly string[], text: string): Promise<void>;
};

export function createTraceDocuments(): TraceDocuments {
  const texts = new Map<string, { root: string; text: string }>();
  const changes = new EventEmitter<Uri>();
  const subscriptions = Disposable.from(
    changes,
    workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changes.event,
      provideTextDocumentContent: (uri) => texts.get(uri.toString())?.text ?? "",
    }),
    workspace.onDidCloseTextDocument(({ uri }) => void texts.delete(uri.toString())),
    languages.registerDocumentLinkProvider(
      { scheme: SCHEME },
      {
        provideDocumentLinks(document) {
          const root = texts.get(document.uri.toString())?.root;
          return root === undefined ? [] : linksIn(document.getText(), root, (at) => document.positionAt(at));
        },
      },
    ),
  );
  return {
    async show(root, name, text) {
      const path = name.map((part) => part.replaceAll("/", "∕")).join("/");
      const uri = Uri.from({ scheme: SCHEME, path: `/${path}.txt`, query: root });
      texts.set(uri.toString(), { root, text });
      changes.fire(uri);
      const document = await workspace.openTextDocument(uri);
      await window.showTextDocument(document, {
        preview: true,
        preserveFocus: true,
        viewColumn: ViewColumn.Beside,
      });
    },
    dispose: () => subscriptions.dispose(),
  };
}

function linksIn(text: string, root: string, positionAt: (offset: number) => Range["start"]): DocumentLink[] {
  return [...text.matchAll(PLACE)].flatMap((match) => {
    const [all, line, column] = match;
    const file = all.replace(/:\d+:\d+$/, "");
    // Names and reasons are in it too, which may look like a way out of the project.
    if (!isProjectFile(file)) return [];
    const { uri } = placeOf(root, { file, line: Number(line ?? 1), column: Number(column ?? 1) });
    const target = line === undefined ? uri : uri.with({ fragment: `L${line},${column}` });
    return [{ range: new Range(positionAt(match.index), positionAt(match.index + all.length)), target }];
  });
}
