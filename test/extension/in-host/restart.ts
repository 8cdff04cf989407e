import { readdir, readFile } from "node:fs/promises";
import * as vscode from "vscode";
import { type InHostTest, same, until } from "./in-host.ts";

// A language server that is killed while something is asked of it.

type Ran = { outcomes: { name: string; passed: boolean }[] };

export const tests: InHostTest[] = [
  {
    name: "what was asked of a language server that is killed is answered by the next one",
    async run() {
      const { uri: folder } = vscode.workspace.workspaceFolders![0]!;
      const rule = { root: folder.toString(), rule: "boots-week" };
      const ran = await vscode.commands.executeCommand<Ran>("haggle.runCases", rule);
      const outcomesOf = ({ outcomes }: Ran) => outcomes.map(({ name, passed }) => [name, passed]);
      const server = await findServer();
      // Whatever is asked from here on it never answers.
      process.kill(server, "SIGSTOP");
      const running = vscode.commands.executeCommand<Ran>("haggle.runCases", rule);
      await vscode.commands.getCommands();
      process.kill(server, "SIGKILL");
      same(outcomesOf(await running), outcomesOf(ran));
    },
  },
  {
    name: "what is wrong with the texts in the editor is told by the next language server too",
    async run() {
      const { uri: folder } = vscode.workspace.workspaceFolders![0]!;
      const file = vscode.Uri.joinPath(folder, "rules", "boots-week.rule.ts");
      const document = await vscode.workspace.openTextDocument(file);
      await vscode.window.showTextDocument(document);
      const edit = new vscode.WorkspaceEdit();
      const at = document.positionAt(document.getText().indexOf("priority") + 4);
      edit.insert(file, at, "x");
      await vscode.workspace.applyEdit(edit);
      const isWrong = () => vscode.languages.getDiagnostics(file).length > 0;
      await until("what is wrong", isWrong);
      process.kill(await findServer(), "SIGKILL");
      await until("the old word to be gone", () => !isWrong());
      await until("the new word", isWrong);
      await vscode.commands.executeCommand("undo");
      await until("no error", () => !isWrong());
    },
  },
];

/** A child of the host that these tests run in, once it is there. */
function findServer(): Promise<number> {
  return until("a language server", async () => {
    for (const entry of await readdir("/proc")) {
      if (!/^\d+$/.test(entry)) continue;
      const read = (file: string) => readFile(`/proc/${entry}/${file}`, "utf8").catch(() => "");
      const [command, status] = [await read("cmdline"), await read("status")];
      const isChild = new RegExp(`^PPid:\\s*${process.pid}$`, "m").test(status);
      if (isChild && /^State:\s*[^ZX]/m.test(status) && command.includes("server.mjs")) return Number(entry);
    }
    return undefined;
  });
}
