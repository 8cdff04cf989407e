// Where the server's texts come from: a source (the disk, or a client that reads for us), with what is open in the
// editor over it. Whoever asks gets a project as the editor shows it, saved or not, without what was taken from the disk
// under an editor that had nothing unsaved.

import {
  Emitter,
  type Event,
  FileChangeType,
  type FileEvent,
  type TextDocuments,
} from "vscode-languageserver";
import type { TextDocument } from "vscode-languageserver-textdocument";
import {
  canonicalUri,
  isProjectFile,
  kindOf,
  type OpenProject,
  pathIn,
  rootOfRules,
  uriIn,
} from "../shared/project-files.ts";

/** Addresses are canonical; roots have no slash at their end. */
export type FileSource = {
  /** Every project in the folders of the workspace. */
  findProjects(): Promise<string[]>;
  /** Each file of a project for which `isProjectFile` holds, by its path. */
  readProject(root: string): Promise<Record<string, string>>;
};

export type Change = { root: string; path: string; uri: string };

export type Files = {
  /** The roots of all projects: those in the workspace, and those of open files. */
  findProjects(): Promise<string[]>;
  /** The project of a file: at once for files below `rules/`, else among those that are known. */
  findRoot(uri: string): Promise<string | undefined>;
  readProject(root: string): Promise<OpenProject>;
  /** A project's open documents, by path. */
  openIn(root: string): ReadonlyMap<string, TextDocument>;
  /** Whether an open document differs from what was saved, as far as can be told. */
  isUnsaved(uri: string): boolean;
  /** The address by which the editor knows a file: the one that it opened, where it is open. */
  uriOf(root: string, path: string): string;
  /** The folders of the workspace are not those that they were. */
  forgetProjects(): void;
  /** A file of a project has changed, in the editor or on disk, or was opened or closed. */
  onChange: Event<Change>;
};

export function createFiles({
  source,
  documents,
  onFileChange,
  onFail,
}: {
  source: FileSource;
  documents: TextDocuments<TextDocument>;
  onFileChange: Event<FileEvent>;
  /** Nobody waits for what a changed file belongs to: why that could not be found is told here. */
  onFail: (uri: string, cause: unknown) => void;
}): Files {
  /** By root: what the source said, until something changes there. */
  const read = new Map<string, Promise<Record<string, string>>>();
  let found: Promise<string[]> | undefined;
  const changes = new Emitter<Change>();
  /** By the address of an open document: the version that it was saved in. */
  const savedVersions = new Map<string, number>();
  /** Documents whose file is gone; whoever types in one, or saves it, wants it to be there. */
  const gone = new Set<string>();

  const save = ({ document: { uri, version } }: { document: TextDocument }) => {
    savedVersions.set(uri, version);
    gone.delete(canonicalUri(uri));
  };
  documents.onDidOpen(save);
  documents.onDidSave(save);
  documents.onDidChangeContent(({ document: { uri } }) => {
    gone.delete(canonicalUri(uri));
    tell(uri);
  });
  documents.onDidClose(({ document: { uri } }) => {
    savedVersions.delete(uri);
    gone.delete(canonicalUri(uri));
    tell(uri);
  });
  onFileChange(({ uri, type }) => {
    if (type !== FileChangeType.Changed) found = undefined;
    if (type !== FileChangeType.Deleted) gone.delete(canonicalUri(uri));
    else {
      letGo(canonicalUri(uri));
      tellBelow(canonicalUri(uri));
    }
    for (const root of read.keys()) if (pathIn(root, canonicalUri(uri)) !== undefined) read.delete(root);
    tell(uri);
  });

  /** Of a file that is gone, or a folder, what is open and as it was saved. */
  function letGo(address: string): void {
    for (const { uri: spelt } of documents.all()) {
      const uri = canonicalUri(spelt);
      if (`${uri}/`.startsWith(`${address}/`) && !isUnsaved(spelt)) gone.add(uri);
    }
  }

  function isUnsaved(uri: string): boolean {
    const document = documents.get(uri);
    return document !== undefined && document.version !== savedVersions.get(uri);
  }

  /** Those that are files, or will be. */
  function openDocuments(): TextDocument[] {
    return documents.all().filter(({ uri }) => !gone.has(canonicalUri(uri)));
  }

  /** Of a folder that is gone an editor is told, and not of the files that were in it. */
  function tellBelow(folder: string): void {
    for (const [root, texts] of read) {
      if (`${root}/`.startsWith(`${folder}/`)) read.delete(root);
      else if (pathIn(root, folder) === undefined) continue;
      const fire = (known: object) => {
        for (const path of Object.keys(known)) {
          const uri = uriIn(root, path);
          if (uri.startsWith(`${folder}/`)) changes.fire({ root, path, uri });
        }
      };
      // Why a project could not be read was told to whoever wanted to read it.
      texts.then(fire, () => {});
    }
  }

  function tell(spelt: string): void {
    findChange(spelt).catch((cause: unknown) => onFail(spelt, cause));
  }

  async function findChange(spelt: string): Promise<void> {
    const uri = canonicalUri(spelt);
    const root = await findRoot(uri);
    const path = root === undefined ? undefined : pathIn(root, uri);
    if (root === undefined || path === undefined || !isProjectFile(path)) return;
    changes.fire({ root, path, uri: spelt });
  }

  async function findProjects(): Promise<string[]> {
    found ??= source.findProjects();
    const ofOpen = openDocuments().map(({ uri }) => rootOfRules(canonicalUri(uri)));
    const roots = await found.catch((cause: unknown) => {
      found = undefined;
      throw cause;
    });
    return [...new Set([...roots, ...ofOpen.filter((root) => root !== undefined)])].sort();
  }

  async function findRoot(spelt: string): Promise<string | undefined> {
    const uri = canonicalUri(spelt);
    const root = rootOfRules(uri);
    if (root !== undefined) return root;
    const around = (await findProjects()).filter((each) => pathIn(each, uri) !== undefined);
    return around.sort((a, b) => b.length - a.length)[0];
  }

  function openIn(root: string): Map<string, TextDocument> {
    const open = new Map<string, TextDocument>();
    for (const document of openDocuments()) {
      const uri = canonicalUri(document.uri);
      const path = pathIn(root, uri);
      // A project in a folder of another's is not part of it.
      if (path === undefined || !isProjectFile(path)) continue;
      if ((rootOfRules(uri) ?? root) === root) open.set(path, document);
    }
    return open;
  }

  async function readProject(root: string): Promise<OpenProject> {
    let texts = read.get(root);
    if (texts === undefined) {
      texts = source.readProject(root);
      read.set(root, texts);
      texts.catch(() => read.delete(root));
    }
    const project: OpenProject = { files: {}, data: {}, cases: {}, strategies: {} };
    for (const [path, text] of Object.entries(await texts)) project[kindOf(path)!][path] = text;
    for (const [path, document] of openIn(root)) project[kindOf(path)!][path] = document.getText();
    return project;
  }

  return {
    findProjects,
    findRoot,
    readProject,
    openIn,
    isUnsaved,
    uriOf: (root, path) => openIn(root).get(path)?.uri ?? uriIn(root, path),
    forgetProjects() {
      found = undefined;
    },
    onChange: changes.event,
  };
}
