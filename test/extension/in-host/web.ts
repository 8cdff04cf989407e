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
  {
    name: "what is typed is checked while a worker beside it builds",
    async run() {
      const [folder] = vscode.workspace.workspaceFolders!;
      const uri = vscode.Uri.joinPath(folder!.uri, "rules/boots-week.rule.ts");
      const document = await vscode.workspace.openTextDocument(uri);
      const text = document.getText();
      await write(document, `${text}\nconst NOT_BUILT_YET = 1;\n`);
      const order: string[] = [];
      const running = Promise.resolve(
        vscode.commands.executeCommand<Ran>("haggle.runCases", {
          root: folder!.uri.toString().replace(/\/$/, ""),
          file: "rules/boots-week.cases.json",
        }),
      ).finally(() => order.push("run"));
      // Hints: what is built is not broken by them, whenever its text is read. Each follows the one before.
      for (const count of [1, 2, 3]) {
        const spare = Array.from(
          { length: count },
          (_, i) => `function spare${i}(): i32 {\n  return 1;\n}\n`,
        );
        await write(document, `${text}\n${spare.join("")}`);
        await until("the hints", () => hintsOf(uri) === count);
        order.push("hints");
      }
      const ran = await running;
      same(ran.outcomes.length, 2);
      // One may slip in before the build has read its files.
      same(order.slice(0, 2), ["hints", "hints"]);
      await write(document, text);
      await document.save();
    },
  },
];

function hintsOf(uri: vscode.Uri): number {
  const all = vscode.languages.getDiagnostics(uri);
  return all.filter(({ severity }) => severity === vscode.DiagnosticSeverity.Hint).length;
}

async function write(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length));
  edit.replace(document.uri, all, text);
  check(await vscode.workspace.applyEdit(edit), "the text is changed");
}
