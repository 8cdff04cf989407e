import * as vscode from "vscode";
import { type InHostTest, same, until } from "./in-host.ts";

// What is said in an editor in Chinese, by the language server and by what VS Code reads itself of the manifest.

export const tests: InHostTest[] = [
  {
    name: "fields of promotions and of cases are explained in Chinese",
    async run() {
      same(vscode.env.language, "zh-cn");
      same(await hovered("promotions/spend-and-save.yaml", "rule"), "此项目的一条规则");
      // By VS Code's own JSON support.
      same(await hovered("rules/boots-week.cases.json", "currency"), '币种代码，例如 "EUR"');
    },
  },
  {
    name: "lenses above a rule are in Chinese",
    async run() {
      const { uri } = await open("rules/boots-week.rule.ts");
      const titles = await until("the lenses", async () => {
        const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
          "vscode.executeCodeLensProvider",
          uri,
        );
        return found.length >= 4 && found.map(({ command }) => command!.title);
      });
      same(titles, ["$(play) 运行", "用所有用例运行（2）", "调试追踪", "优先级 20 · 分组 order · 阶段 line"]);
    },
  },
];

async function hovered(path: string, word: string): Promise<string> {
  const document = await open(path);
  const at = document.positionAt(document.getText().indexOf(word) + 1);
  return until(`what ${word} of ${path} is`, async () => {
    const found = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      document.uri,
      at,
    );
    const [first] = found.flatMap(({ contents }) => contents as vscode.MarkdownString[]);
    return first?.value;
  });
}

async function open(path: string): Promise<vscode.TextDocument> {
  const [folder] = vscode.workspace.workspaceFolders!;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder!.uri, path));
  await vscode.window.showTextDocument(document);
  return document;
}
