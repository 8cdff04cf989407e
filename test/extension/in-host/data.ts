import * as vscode from "vscode";
import { check, type InHostTest, until } from "./in-host.ts";

// Files beside the rules: YAML that knows the project's rules, and cases by VS Code's own JSON support.

export const tests: InHostTest[] = [
  {
    name: "a promotion's parameters are completed, explained, and lead to the rule",
    async run() {
      const document = await open("promotions", "spend-and-save.yaml");
      const inParameters = document.positionAt(document.getText().indexOf("off: 5000"));
      const labels = await until("the parameters", async () => {
        const found = await labelsAt(document, inParameters);
        return found.includes("off") && found;
      });
      check(!labels.includes("threshold"), labels.join());

      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        "vscode.executeHoverProvider",
        document.uri,
        document.positionAt(document.getText().indexOf("30000\n") + 1),
      );
      const told = hovers
        .flatMap(({ contents }) => contents)
        .map((each) => (typeof each === "string" ? each : each.value));
      check(told.join("\n").includes("300.00"), told.join("\n"));

      const [place] = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
        "vscode.executeDefinitionProvider",
        document.uri,
        document.positionAt(document.getText().indexOf("rule: spend") + "rule: ".length),
      );
      const uri = place! instanceof vscode.Location ? place.uri : (place as vscode.LocationLink).targetUri;
      check(uri.path.endsWith("/rules/spend-and-save.rule.ts"), uri.path);
    },
  },
  {
    name: "a rule that is not there is shown in the promotion, with what was meant",
    async run() {
      const document = await open("promotions", "spend-and-save.yaml");
      const at = document.getText().indexOf("rule: spend-and-save") + "rule: spend-and-sa".length;
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, document.positionAt(at), "a");
      await vscode.workspace.applyEdit(edit);
      const diagnostic = await until("the diagnostic", () =>
        vscode.languages
          .getDiagnostics(document.uri)
          .find(({ range }) => document.getText(range) === "spend-and-saave"),
      );
      const fix = await until("the quick fix", async () => {
        const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
          "vscode.executeCodeActionProvider",
          document.uri,
          diagnostic.range,
        );
        return actions.find((action) => action.edit !== undefined);
      });
      await vscode.workspace.applyEdit(fix.edit!);
      check(document.getText().includes("rule: spend-and-save\n"), document.getText());
      await until("no diagnostic", () => vscode.languages.getDiagnostics(document.uri).length === 0);
      await document.save();
    },
  },
  {
    name: "a rule that is renamed on disk while it is open is one rule, where it is now",
    async run() {
      const promotions = await open("promotions", "spend-and-save.yaml");
      const old = await open("rules", "spend-and-save.rule.ts");
      await rename("spend-and-save", "saved");
      await until("the way to the new place", async () =>
        (await ruleOf(promotions)).endsWith("/saved.rule.ts"),
      );
      check(!old.isClosed, "the old text is still there");
      await until("no second one of its name", () =>
        vscode.languages.getDiagnostics().every(([, found]) => found.length === 0),
      );
      await rename("saved", "spend-and-save");
      await until("the way back", async () => (await ruleOf(promotions)).endsWith("/spend-and-save.rule.ts"));
    },
  },
  {
    name: "a case's cart is completed by its schema",
    async run() {
      const document = await open("rules", "boots-week.cases.json");
      const at = document.positionAt(document.getText().indexOf('"currency"') + 1);
      const labels = await until("fields of a cart", async () => {
        const found = await labelsAt(document, at);
        return found.some((label) => label.includes("paymentMethod")) && found;
      });
      check(!labels.some((label) => label.includes("unitPrice")), labels.join());
    },
  },
];

/** As a branch does it that is checked out. */
async function rename(from: string, to: string): Promise<void> {
  const [folder] = vscode.workspace.workspaceFolders!;
  const at = (name: string) => vscode.Uri.joinPath(folder!.uri, "rules", `${name}.rule.ts`);
  await vscode.workspace.fs.rename(at(from), at(to));
}

/** Where the rule is that a promotion names. */
async function ruleOf(promotions: vscode.TextDocument): Promise<string> {
  const [place] = await vscode.commands.executeCommand<vscode.LocationLink[]>(
    "vscode.executeDefinitionProvider",
    promotions.uri,
    promotions.positionAt(promotions.getText().indexOf("rule: spend") + "rule: ".length),
  );
  return place === undefined ? "" : (place.targetUri ?? (place as unknown as vscode.Location).uri).path;
}

async function open(...path: string[]): Promise<vscode.TextDocument> {
  const [folder] = vscode.workspace.workspaceFolders!;
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder!.uri, ...path));
  await vscode.window.showTextDocument(document);
  return document;
}

async function labelsAt(document: vscode.TextDocument, position: vscode.Position): Promise<string[]> {
  const list = await vscode.commands.executeCommand<vscode.CompletionList>(
    "vscode.executeCompletionItemProvider",
    document.uri,
    position,
  );
  return list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
}
