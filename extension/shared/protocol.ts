// What client and server of the extension agree on, beyond the Language Server Protocol itself.

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
