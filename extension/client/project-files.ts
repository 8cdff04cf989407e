// Reads projects for a language server that has no files of its own: in the web host. File systems of the web have no
// search, so this goes through folders, by VS Code's own interface to whatever holds them.

import { FileType, Uri, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import {
  canonicalUri,
  isProjectFile,
  isSkippedFolder,
  pathIn,
  projectsAmong,
} from "../shared/project-files.ts";
import { FIND_PROJECTS, READ_PROJECT } from "../shared/protocol.ts";

/** A workspace of the web may be a large repository, each folder of which is a request; looking stops there. */
const MAX_FOLDERS = 2_000;

/** Answers the language server's questions about files, from the first one on: before the client starts. */
export function serveProjectFiles(client: BaseLanguageClient): void {
  client.onRequest(FIND_PROJECTS, async () => {
    const uris: string[] = [];
    const budget = { folders: MAX_FOLDERS };
    for (const { uri: folder } of workspace.workspaceFolders ?? []) {
      for await (const uri of filesBelow(folder, budget)) uris.push(uri.toString());
    }
    return projectsAmong(uris);
  });
  client.onRequest(READ_PROJECT, async ({ root, mostBytes }: { root: string; mostBytes: number }) => {
    const texts: Record<string, string> = {};
    for await (const uri of filesBelow(Uri.parse(`${root}/`), { folders: MAX_FOLDERS })) {
      const path = pathIn(canonicalUri(root), canonicalUri(uri.toString()));
      if (path !== undefined && isProjectFile(path)) texts[path] = await readText(uri, mostBytes);
    }
    return texts;
  });
}

async function* filesBelow(folder: Uri, budget: { folders: number }): AsyncGenerator<Uri> {
  if (budget.folders-- <= 0) return;
  for (const [name, type] of await workspace.fs.readDirectory(folder)) {
    const uri = Uri.joinPath(folder, name);
    if (type & FileType.File) yield uri;
    else if (type & FileType.Directory && !isSkippedFolder(name)) yield* filesBelow(uri, budget);
  }
}

async function readText(uri: Uri, mostBytes: number): Promise<string> {
  const bytes = await workspace.fs.readFile(uri);
  return new TextDecoder().decode(bytes.subarray(0, mostBytes));
}
