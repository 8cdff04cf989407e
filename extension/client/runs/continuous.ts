// Runs again whenever something changes that cases are run by, in the editor or on disk, for as long as somebody wants it.

import { type CancellationToken, Disposable, type Uri, workspace } from "vscode";
import { canonicalUri, isProjectFile, pathIn, rootOfRules } from "../../shared/project-files.ts";
import { messageOf, showError } from "../messages.ts";
import { PROJECT_DATA } from "../options.ts";

/** Whoever types pauses; files on disk change several at once. */
const AGAIN_AFTER_MS = 400;

/** Until `token` is cancelled. `roots` are the projects that are looked at; all where none are said. */
export async function runAgainAndAgain(
  run: () => Promise<unknown>,
  roots: ReadonlySet<string> | undefined,
  token: CancellationToken,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = Promise.resolve();
  let isNext = false;
  const again = () => {
    // One behind the one that runs is enough: it runs what there is then.
    if (token.isCancellationRequested || isNext) return;
    isNext = true;
    running = running
      .then(() => {
        isNext = false;
        return token.isCancellationRequested ? undefined : run();
      })
      .then(
        () => undefined,
        (cause: unknown) => void showError(messageOf(cause)),
      );
  };
  const changed = (uri: Uri) => {
    const found = projectPathOf(uri);
    if (found === undefined || roots?.has(found.root) === false) return;
    clearTimeout(timer);
    timer = setTimeout(again, AGAIN_AFTER_MS);
  };
  const watchers = ["**/rules/**", PROJECT_DATA].map((files) => workspace.createFileSystemWatcher(files));
  const listeners = Disposable.from(
    ...watchers,
    ...watchers.flatMap((watcher) => [
      watcher.onDidChange(changed),
      watcher.onDidCreate(changed),
      watcher.onDidDelete(changed),
    ]),
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0) changed(document.uri);
    }),
  );
  again();
  await new Promise<void>((resolve) => token.onCancellationRequested(() => resolve()));
  clearTimeout(timer);
  listeners.dispose();
  await running;
}

/** What lies beside `rules/`: the folder before it is the project. */
const DATA = /^(.*)\/(?:promotions(?:\/|\.json$)|(?:policy|bounds)\.(?:json|ya?ml)$)/;

/** Where in a project a file is that says anything of its prices; undefined for any other. */
export function projectPathOf(uri: Uri): { root: string; path: string } | undefined {
  const canonical = canonicalUri(uri.toString());
  const root = rootOfRules(canonical) ?? DATA.exec(canonical)?.[1];
  const path = root === undefined ? undefined : pathIn(root, canonical);
  return root !== undefined && path !== undefined && isProjectFile(path) ? { root, path } : undefined;
}
