// What TypeScript knows of rules: a language service for each project that somebody has open, over virtual texts.
// Features ask by the address and positions of the source, and get answers in those.

import ts from "typescript";
import type { Diagnostic, Location, Range, TextDocuments } from "vscode-languageserver";
import { TextDocument } from "vscode-languageserver-textdocument";
import { canonicalUri, pathIn } from "../../shared/project-files.ts";
import { LIBRARY_SCHEME } from "../../shared/protocol.ts";
import type { Files } from "../files.ts";
import { findDecoratorProblems } from "./decorator-problems.ts";
import { findMemberProblems } from "./member-problems.ts";
import { createProjectService, LIBRARY_FOLDER, type ProjectService } from "./project-service.ts";
import { isRuleSource, type RuleText, rangeBetween } from "./rule-text.ts";
import { toSource, toVirtual, type VirtualText } from "./virtual-text.ts";

export type Language = {
  /** For a source of rules, open or not. */
  find(uri: string): Promise<RuleText | undefined>;
  /** What is wrong with decorators, at once; the compiler says the same a moment later. */
  decoratorDiagnostics(uri: string): Promise<Diagnostic[]>;
  /** What TypeScript finds in members of classes and in generic functions, which asc compiles only where they are used. */
  memberDiagnostics(uri: string): Promise<Diagnostic[]>;
  /** A text of the libraries. */
  library(path: string): string | undefined;
  close(): void;
};

/** Whoever closes a file often opens the next one. */
const KEPT_MS = 60_000;

type Kept = ProjectService & { closing?: ReturnType<typeof setTimeout> | undefined };

export function createLanguage({
  files,
  documents,
  libraries,
}: {
  files: Files;
  documents: TextDocuments<TextDocument>;
  libraries: Readonly<Record<string, string>>;
}): Language {
  const registry = ts.createDocumentRegistry(true);
  const projects = new Map<string, Kept>();
  let lastId = 0;

  documents.onDidClose(() => {
    for (const root of projects.keys()) if (!isOpen(root)) closeLater(root);
  });

  function isOpen(root: string): boolean {
    return documents.all().some(({ uri }) => isRuleSource(uri) && placeOf(uri).root === root);
  }

  function closeLater(root: string): void {
    const project = projects.get(root);
    if (project === undefined || project.closing !== undefined) return;
    project.closing = setTimeout(() => {
      projects.delete(root);
      project.dispose();
    }, KEPT_MS);
  }

  async function find(uri: string): Promise<RuleText | undefined> {
    const { root, path, isAlone } = placeOf(uri);
    const sources = isAlone ? textsOf(uri, path) : (await files.readProject(root)).files;
    if (!Object.hasOwn(sources, path)) return undefined;
    const project = projects.get(root) ?? createProjectService(++lastId, libraries, registry);
    projects.set(root, project);
    if (isOpen(root)) {
      clearTimeout((project as Kept).closing);
      (project as Kept).closing = undefined;
    } else closeLater(root);
    project.update(sources);
    return ruleText(project, path, (of) => (isAlone ? uri : files.uriOf(root, of)));
  }

  function textsOf(uri: string, path: string): Record<string, string> {
    const document = documents.get(uri);
    return document === undefined ? {} : { [path]: document.getText() };
  }

  return {
    find,
    async decoratorDiagnostics(uri) {
      const rule = await find(uri);
      return rule === undefined ? [] : findDecoratorProblems(rule);
    },
    async memberDiagnostics(uri) {
      const rule = await find(uri);
      return rule === undefined ? [] : findMemberProblems(rule);
    },
    library: (path) => (Object.hasOwn(libraries, path) ? libraries[path] : undefined),
    close() {
      for (const { closing, dispose } of projects.values()) {
        clearTimeout(closing);
        dispose();
      }
      projects.clear();
    },
  };

  function ruleText(project: ProjectService, path: string, uriOf: (path: string) => string): RuleText {
    const { service } = project;
    const name = project.nameOf(path);
    const sourceName = project.sourceNameOf(path);
    const { text, virtual } = project.find(name)!;
    const uri = uriOf(path);
    const document = documentOf(uri, text);
    return {
      ...{ uri, document, service, virtual, name, sourceName },
      offsetAt: (position) => toVirtual(virtual, document.offsetAt(position)),
      rangeOf: (span) => rangeIn(document, virtual, span),
      locate(other, span) {
        if (other === name) {
          const range = rangeIn(document, virtual, span);
          return range && { uri, range };
        }
        if (other.startsWith(LIBRARY_FOLDER))
          return locateInLibrary(other.slice(LIBRARY_FOLDER.length), span);
        const source = project.find(other);
        if (source === undefined) return undefined;
        const at = uriOf(source.path);
        const range = rangeIn(documentOf(at, source.text), source.virtual, span);
        return range && { uri: at, range };
      },
      syntax: () => syntaxOf(sourceName, text),
      checked() {
        const program = service.getProgram()!;
        return { file: program.getSourceFile(name)!, checker: program.getTypeChecker() };
      },
    };
  }

  function locateInLibrary(path: string, span: ts.TextSpan): Location {
    const uri = `${LIBRARY_SCHEME}:/${path}`;
    const document = TextDocument.create(uri, "typescript", 0, libraries[path] ?? "");
    return { uri, range: rangeBetween(document, span.start, span.start + span.length) };
  }
}

/** Where a source belongs: to the project around it, or else, outside of any `rules/`, to itself. */
function placeOf(spelt: string): { root: string; path: string; isAlone: boolean } {
  const uri = canonicalUri(spelt);
  const at = uri.lastIndexOf("/rules/");
  if (at >= 0) return { root: uri.slice(0, at), path: pathIn(uri.slice(0, at), uri)!, isAlone: false };
  return { root: uri, path: "alone.rule.ts", isAlone: true };
}

function documentOf(uri: string, text: string): TextDocument {
  return TextDocument.create(uri, "haggle-rule", 0, text);
}

function rangeIn(document: TextDocument, virtual: VirtualText, span: ts.TextSpan): Range | undefined {
  const found = toSource(virtual, span);
  return found && rangeBetween(document, found.start, found.start + found.length);
}

/** The syntax that was asked for last: one request asks for it several times. */
let lastSyntax: { name: string; text: string; file: ts.SourceFile } | undefined;

function syntaxOf(name: string, text: string): ts.SourceFile {
  if (lastSyntax?.name !== name || lastSyntax.text !== text) {
    const file = ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);
    lastSyntax = { name, text, file };
  }
  return lastSyntax.file;
}
