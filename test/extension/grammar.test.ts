import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { findVscode, SKIPS_VSCODE } from "../support/vscode-folder.ts";

// The grammar as VS Code reads it, over the TypeScript grammar that VS Code brings: what is marked in a file of `grammar/`
// below a line must have these scopes. A new case is a new file.

const ROOM = join(import.meta.dirname, "../../extension");
const RUNNER = createRequire(import.meta.url).resolve("vscode-tmgrammar-test/dist/unit.js");
const FILES = globSync(join(import.meta.dirname, "grammar/*.rule.ts")).sort();

describe.skipIf(SKIPS_VSCODE)("the grammar", () => {
  it.each(FILES.map((file) => [basename(file), file]))("colours %s as it says", (_, file) => {
    expect(readFileSync(file, "utf8")).toMatch(/\^ [a-z]/);
    const grammars = [join(ROOM, "syntaxes/haggle-rule.tmLanguage.json"), findVscode().typescriptGrammar];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [RUNNER, ...grammars.flatMap((grammar) => ["-g", grammar]), file],
      // Else it takes its grammars from the package.json that lies there.
      { cwd: import.meta.dirname, encoding: "utf8" },
    );
    expect(status, stdout + stderr).toBe(0);
  });
});
