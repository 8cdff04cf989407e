// The tree of the Test Explorer: project, file of cases, case. A project's cases are read when somebody looks at it.

import { l10n, MarkdownString, Range, type TestController, type TestItem, Uri } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { type Range as PlainRange, PROJECTS, type ProjectInfo } from "../../shared/protocol.ts";
import { CASES, type CaseFile } from "../../shared/runs.ts";

/** What an item of the tree is. */
export type Node =
  | { kind: "project"; root: string }
  | { kind: "file"; root: string; file: string; rules: readonly string[]; problem: string | undefined }
  | { kind: "case"; root: string; file: string; name: string; occurrence: number; expectRange: Range };

export type CaseTree = {
  nodeOf(item: TestItem): Node;
  /** All projects, without their cases. */
  loadProjects(): Promise<void>;
  /** Reads the cases of a project, and shows them in the place of those that were there. */
  load(root: string): Promise<TestItem>;
  /** The project's item with its cases, which are read if nobody has read them. */
  get(root: string): Promise<TestItem>;
  isLoaded(root: string): boolean;
  /** Whether somebody looks at all projects, and wants to see one that comes. */
  isListed(): boolean;
};

export function createCaseTree(controller: TestController, client: BaseLanguageClient): CaseTree {
  const nodes = new WeakMap<TestItem, Node>();
  /** By root: the reading begun last; an older one has nothing to say any more. */
  const latest = new Map<string, symbol>();
  const loaded = new Set<string>();
  let isListed = false;

  function itemOf(parent: TestItem | undefined, id: string, label: string, node: Node, uri?: Uri): TestItem {
    const known = (parent?.children ?? controller.items).get(id);
    const item = known ?? controller.createTestItem(id, label, uri);
    item.label = label;
    nodes.set(item, node);
    return item;
  }

  function projectItem(root: string, name?: string): TestItem {
    const label = name ?? decodeURIComponent(root.slice(root.lastIndexOf("/") + 1));
    const item = itemOf(
      undefined,
      root,
      controller.items.get(root)?.label ?? label,
      { kind: "project", root },
      Uri.parse(root),
    );
    item.canResolveChildren = true;
    controller.items.add(item);
    return item;
  }

  function fileItem(
    project: TestItem,
    root: string,
    { uri, file, rules, cases, problem }: CaseFile,
  ): TestItem {
    const label = rules.length > 0 ? rules.join(", ") : file.slice(file.lastIndexOf("/") + 1);
    const item = itemOf(
      project,
      fileId(root, file),
      label,
      { kind: "file", root, file, rules, problem: problem?.message },
      Uri.parse(uri),
    );
    item.description = file;
    item.error = problem && new MarkdownString().appendText(problem.message);
    item.range = problem && rangeOf(problem.range);
    const occurrences = new Map<string, number>();
    item.children.replace(
      cases.map(({ name, range, expectRange }) => {
        const occurrence = occurrences.get(name) ?? 0;
        occurrences.set(name, occurrence + 1);
        const node: Node = { kind: "case", root, file, name, occurrence, expectRange: rangeOf(expectRange) };
        const child = itemOf(item, caseId(root, file, name, occurrence), name, node, Uri.parse(uri));
        child.range = rangeOf(range);
        // In the order of the file, whatever their names.
        child.sortText = String(range.start.line).padStart(8, "0");
        return child;
      }),
    );
    return item;
  }

  const tree: CaseTree = {
    nodeOf: (item) => nodes.get(item)!,
    async loadProjects() {
      const projects = await client.sendRequest<ProjectInfo[]>(PROJECTS);
      const items = projects.map(({ root, name }) => projectItem(root, name));
      controller.items.replace(items);
      isListed = true;
      // What has gone is read again when it comes back.
      for (const root of loaded) if (controller.items.get(root) === undefined) loaded.delete(root);
    },
    async load(root) {
      const run = Symbol(root);
      latest.set(root, run);
      const project = projectItem(root);
      project.busy = true;
      try {
        const files = await client.sendRequest<CaseFile[]>(CASES, { root });
        if (latest.get(root) !== run) return project;
        project.children.replace(files.map((file) => fileItem(project, root, file)));
        project.error = files.length === 0 ? noCases() : undefined;
        loaded.add(root);
      } finally {
        project.busy = false;
      }
      return project;
    },
    get: async (root) => (loaded.has(root) ? projectItem(root) : tree.load(root)),
    isLoaded: (root) => loaded.has(root),
    isListed: () => isListed,
  };
  return tree;
}

export function caseId(root: string, file: string, name: string, occurrence: number): string {
  return `${fileId(root, file)}\n${name}\n${occurrence}`;
}

function fileId(root: string, file: string): string {
  return `${root}\n${file}`;
}

export function rangeOf({ start, end }: PlainRange): Range {
  return new Range(start.line, start.character, end.line, end.character);
}

function noCases(): MarkdownString {
  return new MarkdownString().appendText(
    l10n.t("No cases yet. They stand in cases.json or NAME.cases.json beside a rule."),
  );
}
