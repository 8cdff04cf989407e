import * as vscode from "vscode";
import { check, type InHostTest, same, until } from "./in-host.ts";

const NEVER = `id: never-both
priority: 1
conditions:
  - { kind: goodsTotal, value: 10000 }
  - { kind: goodsTotal, operator: lessThan, value: 5000 }
effects: [{ target: order, amount: 100 }]
`;
const CART = {
  id: "c",
  currency: "EUR",
  now: 1_767_225_600_000,
  lines: [{ id: "1", sku: "boot", productId: "boot", categories: ["boots"], quantity: 1, unitPrice: 10_000 }],
  shipping: [],
  coupons: [],
};

export const tests: InHostTest[] = [
  {
    name: "a rule has a cart view, one for each rule",
    async run() {
      const { root } = workspace();
      await vscode.commands.executeCommand("haggle.openCartView", { root, rule: "boots-week" });
      await until("the view", () => webviews("haggle.cartView").length === 1);
      same(webviews("haggle.cartView")[0]!.label, "Cart: boots-week");
      await vscode.commands.executeCommand("haggle.openCartView", { root, rule: "boots-week" });
      await vscode.commands.executeCommand("haggle.openCartView", { root, cart: CART, title: "mine" });
      await until("another view", () => webviews("haggle.cartView").length === 2);
      await vscode.window.tabGroups.close(webviews("haggle.cartView"));
    },
  },
  {
    name: "a case is opened by its name, and one that is not there is told",
    async run() {
      const { root } = workspace();
      const file = "rules/boots-week.cases.json";
      const uri = vscode.Uri.joinPath(vscode.Uri.parse(root), file);
      const [first] = JSON.parse((await vscode.workspace.openTextDocument(uri)).getText());
      await vscode.commands.executeCommand("haggle.openCartView", {
        root,
        caseOf: { file, name: first.name },
      });
      await until("the view", () => webviews("haggle.cartView")[0]?.label === `Cart: ${first.name}`);
      await vscode.window.tabGroups.close(webviews("haggle.cartView"));
      await vscode.commands.executeCommand("haggle.openCartView", {
        root,
        caseOf: { file, name: "no such" },
      });
      same(webviews("haggle.cartView").length, 0);
    },
  },
  {
    name: "a file of a cart opens as the view, and stays as it was written",
    async run() {
      const { folder } = workspace();
      const uri = vscode.Uri.joinPath(folder, "carts", "try.cart.json");
      const text = JSON.stringify(CART);
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
      try {
        await vscode.commands.executeCommand("vscode.open", uri);
        const tab = await until("the editor", () =>
          tabs().find(({ input }) => input instanceof vscode.TabInputCustom && input.uri.path === uri.path),
        );
        check(!tab.isDirty, "nobody has changed anything");
        same((await vscode.workspace.openTextDocument(uri)).getText(), text);
        await vscode.window.tabGroups.close(tab);
      } finally {
        await vscode.workspace.fs.delete(uri);
      }
    },
  },
  {
    name: "the page of the conflict view asks for a check, whose findings are shown at the promotions",
    async run() {
      const { folder, root } = workspace();
      const uri = vscode.Uri.joinPath(folder, "promotions", "never-both.yaml");
      const settings = vscode.workspace.getConfiguration("haggle");
      await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(NEVER));
      await settings.update("conflicts.diagnostics", true, vscode.ConfigurationTarget.Global);
      try {
        await vscode.commands.executeCommand("haggle.openConflicts", { root });
        // Only the page itself asks for it, when its script runs under its own policy.
        const found = await until("the finding", () =>
          vscode.languages.getDiagnostics(uri).find(({ code }) => code === "CHECK_UNREACHABLE"),
        );
        same(found.severity, vscode.DiagnosticSeverity.Information);
        same(found.range.start.line, 0);
        // It follows what is typed.
        const document = await vscode.workspace.openTextDocument(uri);
        const edit = new vscode.WorkspaceEdit();
        const at = document.getText().indexOf("5000");
        edit.replace(uri, new vscode.Range(document.positionAt(at), document.positionAt(at + 4)), "50000");
        await vscode.workspace.applyEdit(edit);
        await until("no finding", () =>
          vscode.languages.getDiagnostics(uri).every(({ code }) => code !== "CHECK_UNREACHABLE"),
        );
        await document.save();
        await vscode.window.tabGroups.close(webviews("haggle.conflictView"));
      } finally {
        await settings.update("conflicts.diagnostics", undefined, vscode.ConfigurationTarget.Global);
        await vscode.workspace.fs.delete(uri);
      }
    },
  },
];

function workspace(): { folder: vscode.Uri; root: string } {
  const folder = vscode.workspace.workspaceFolders![0]!.uri;
  return { folder, root: folder.toString() };
}

function tabs(): vscode.Tab[] {
  return vscode.window.tabGroups.all.flatMap((group) => group.tabs);
}

function webviews(type: string): vscode.Tab[] {
  return tabs().filter(
    ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(type),
  );
}
