// Where the real VS Code of the tests lies. `npm test` puts it there; everything else only looks.

import { join } from "node:path";
import { skips } from "./skips.ts";

/** For `describe.skipIf`: a laptop without one asked for it. */
export const SKIPS_VSCODE = skips("vscode") || skips("browser");
if (SKIPS_VSCODE) console.warn("!!! HAGGLE_TEST_SKIP: these tests prove nothing about VS Code.");

/** What test-web calls a build that nobody has given a commit. */
export const WEB_COMMIT = "0".repeat(40);

/** The programs and files of the VS Code in this folder. */
function vscodeIn(folder: string) {
  const modules = join(folder, "node_modules");
  const platform = `${process.platform}-${process.arch}`;
  return {
    /** Node 20, which it wants. */
    node: join(modules, `node-${platform}`, "bin", "node"),
    codeServer: join(modules, "code-server", "out", "node", "entry.js"),
    testWeb: join(modules, "@vscode", "test-web", "out", "server", "index.js"),
    webFolder: join(folder, "web"),
    typescriptGrammar: join(
      modules,
      "code-server/lib/vscode/extensions/typescript-basics/syntaxes/TypeScript.tmLanguage.json",
    ),
  };
}

export function findVscode() {
  const folder = process.env.HAGGLE_TEST_VSCODE;
  if (folder === undefined) throw new Error("No VS Code for tests; npm test would have installed one");
  return vscodeIn(folder);
}
