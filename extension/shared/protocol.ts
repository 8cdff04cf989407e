// What client and server of the extension agree on, beyond the Language Server Protocol itself.

import type { RuleMetadata } from "@haggle/abi";

/** To VS Code rules are TypeScript; the name tells them apart. */
export const RULE_FILES = "**/*.rule.ts";

/** Rules may import other files of their folder, so a change of any of these can change what a rule means. */
export const PROJECT_SOURCES = "**/rules/**/*.ts";

/** What `haggle build` writes, and what release folders and copies of them hold. A debug bundle is not among them. */
export const BUNDLES = "{**/bundle.wasm,**/bundles/*.wasm}";

/** A command for one file, whatever its name; its argument is the file's URI, its answer a `BundleVerdict`. */
export const VERIFY_BUNDLE = "haggle.verifyBundle";

/** What the sandbox profile says of a file. */
export type BundleVerdict =
  | { ok: true; functions: number; memoryPages: number; maxStackDepth: number }
  | {
      ok: false;
      code: string;
      /** Offset in the file, in bytes. */
      at: number;
      message: string;
      /** The line of a source that it came from, from 0, where a source map lies beside the file. */
      place?: { uri: string; line: number };
    };

/** Shown beside each diagnostic. */
export const DIAGNOSTIC_SOURCE = "haggle";

/** Lines and characters from 0, characters in UTF-16 units, as the Language Server Protocol has them. */
export type Position = { line: number; character: number };
export type Range = { start: Position; end: Position };

/** Request, `undefined` -> `ProjectInfo[]`: every project in the folders of the workspace. */
export const PROJECTS = "haggle/projects";

/** `root` is the URI of a project's folder, without a slash at its end. */
export type ProjectInfo = { root: string; name: string };

/** Request, `{ root }` -> `ProjectRules`. */
export const RULES = "haggle/rules";

/** Notification from the server, `{ root }`: the rules of a project are not what they were. */
export const RULES_CHANGED = "haggle/rulesChanged";

/** The rules of the newest text that could be analysed. */
export type ProjectRules = {
  rules: RuleInfo[];
  /** False while a source has errors; the rules are the last good ones then. */
  isComplete: boolean;
};

/** What a bundle says of a rule, and where its source is. */
export type RuleInfo = Pick<
  RuleMetadata,
  "name" | "kind" | "file" | "function" | "description" | "priority" | "group" | "phase" | "parameters"
> & {
  template: boolean;
  uri: string;
  /** Of the function's name. */
  range: Range;
  decoratorRange: Range;
};

/** Request, `{ path }` -> the text of a library that definitions lead into; null when there is none of that path. */
export const LIBRARY = "haggle/library";

/** Request, `{ code, message }` -> the message in the editor's language, or as it is where nobody has translated it. */
export const SAY = "haggle/say";

/** The scheme of such documents: `haggle-lib:/haggle.d.ts`. They are only read. */
export const LIBRARY_SCHEME = "haggle-lib";

/** Request from a server without files of its own to the client: the roots of all projects. */
export const FIND_PROJECTS = "haggle/findProjects";

/**
 * As `FIND_PROJECTS`, `{ root, mostBytes }` -> the text of each file of a project for which `isProjectFile` holds, as far as
 * so many bytes say it.
 */
export const READ_PROJECT = "haggle/readProject";

/** Notification to the server, without parameters: the person trusts the workspace now. */
export const TRUST_GRANTED = "haggle/trustGranted";
