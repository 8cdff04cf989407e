import * as vscode from "vscode";
import { check, type InHostTest, same, until } from "./in-host.ts";

/** What the run commands give back. */
type Ran = { outcomes: { name: string; passed: boolean; problems: string[] }[] };

export const tests: InHostTest[] = [
  {
    name: "a case is compiled and run by workers of the page",
    async run() {
      check(vscode.env.uiKind === vscode.UIKind.Web, "this is the web");
      const [folder] = vscode.workspace.workspaceFolders!;
      check(folder!.uri.scheme !== "file", "there are no files of a machine");
      const ran = await until("the answer", () =>
        vscode.commands.executeCommand<Ran>("haggle.runCases", {
          root: folder!.uri.toString().replace(/\/$/, ""),
          file: "rules/boots-week.cases.json",
        }),
      );
      same(
        ran.outcomes.map(({ name, passed }) => [name, passed]),
        [
          ["a tenth off boots", true],
          ["expects too much", false],
        ],
      );
    },
  },
];
