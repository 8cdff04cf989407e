// One TypeScript language service for the rules of one project. It is given texts and asked about them; nothing is read
// from anywhere.

import { isTooLargeForProject } from "@haggle/abi";
import ts from "typescript";
import { type VirtualText, virtualTextOf } from "./virtual-text.ts";

export type ProjectService = {
  service: ts.LanguageService;
  /** Takes the project's sources, by path, as they are now. */
  update(files: Readonly<Record<string, string>>): void;
  /** By what name the service knows a source: its virtual text, and its own text, which only has a syntax. */
  nameOf(path: string): string;
  sourceNameOf(path: string): string;
  /** The source of that name, and its path. */
  find(name: string): (SourceText & { path: string }) | undefined;
  dispose(): void;
};

export type SourceText = { text: string; version: number; virtual: VirtualText };

/** Libraries lie beside all projects, which share what is read of them. */
export const LIBRARY_FOLDER = "/~lib/";

const OPTIONS: ts.CompilerOptions = {
  noLib: true,
  // Each file is a module of its own, with or without an `export` in it.
  moduleDetection: ts.ModuleDetectionKind.Force,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  target: ts.ScriptTarget.ESNext,
  experimentalDecorators: true,
  strict: true,
  strictPropertyInitialization: false,
  noEmit: true,
  types: [],
};

/**
 * `id` tells projects apart in the registry, in which all of them keep their texts. `libraries` are declarations by
 * their paths.
 */
export function createProjectService(
  id: number,
  libraries: Readonly<Record<string, string>>,
  registry: ts.DocumentRegistry,
): ProjectService {
  const folder = `/${id}/`;
  const sourceFolder = `/source/${id}/`;
  const sources = new Map<string, SourceText>();
  const libraryNames = Object.keys(libraries).map((path) => LIBRARY_FOLDER + path);
  let version = 0;

  const find = (name: string): (SourceText & { path: string }) | undefined => {
    const path = name.startsWith(folder) ? name.slice(folder.length) : name.slice(sourceFolder.length);
    const source = name.startsWith("/") ? sources.get(path) : undefined;
    return source && { ...source, path };
  };
  const textOf = (name: string): string | undefined => {
    if (name.startsWith(LIBRARY_FOLDER)) return libraries[name.slice(LIBRARY_FOLDER.length)];
    const source = find(name);
    return name.startsWith(sourceFolder) ? source?.text : source?.virtual.text;
  };
  const resolve = (specifier: string, from: string): string | undefined => {
    const target = resolvePath(specifier.replace(/\.ts$/, ""), from);
    return [`${target}.ts`, `${target}/index.ts`].find((name) => find(name) !== undefined);
  };

  const service = ts.createLanguageService(
    {
      getCompilationSettings: () => OPTIONS,
      getScriptFileNames: () => [...libraryNames, ...[...sources.keys()].map((path) => folder + path)],
      getProjectVersion: () => String(version),
      getScriptVersion: (name) => String(find(name)?.version ?? 0),
      getScriptSnapshot(name) {
        const text = textOf(name);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => "/",
      getDefaultLibFileName: () => libraryNames[0]!,
      useCaseSensitiveFileNames: () => true,
      fileExists: (name) => textOf(name) !== undefined,
      readFile: textOf,
      resolveModuleNameLiterals: (literals, from) =>
        literals.map(({ text }) => {
          const resolvedFileName = resolve(text, from);
          if (resolvedFileName === undefined) return { resolvedModule: undefined };
          return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts } };
        }),
    },
    registry,
  );

  return {
    service,
    update(files) {
      let isChanged = false;
      for (const path of sources.keys()) {
        if (Object.hasOwn(files, path)) continue;
        sources.delete(path);
        isChanged = true;
      }
      for (const [path, text] of Object.entries(files)) {
        const known = sources.get(path);
        if (known?.text === text) continue;
        isChanged = true;
        sources.set(path, { text, version: ++version, virtual: virtualIfReadable(text) });
      }
      if (isChanged) version += 1;
    },
    nameOf: (path) => folder + path,
    sourceNameOf: (path) => sourceFolder + path,
    find,
    dispose: () => service.dispose(),
  };
}

const NOTHING: VirtualText = { text: "", sourceLength: 0, segments: [], decorators: [] };

/**
 * A source that is nested deeper than TypeScript has stack, or larger than any rule, has nothing to say to others, and takes
 * nothing from them.
 */
function virtualIfReadable(text: string): VirtualText {
  if (isTooLargeForProject(text)) return NOTHING;
  try {
    return virtualTextOf(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return NOTHING;
  }
}

/** As asc does: relative to the file that imports, and nothing else leads to a project's sources. */
function resolvePath(specifier: string, from: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}
