import * as vscode from "vscode";
import { check, type InHostTest, same, until } from "./in-host.ts";

export const tests: InHostTest[] = [
  {
    name: "a rule has a language of its own",
    async run() {
      const document = await openRule("spend-and-save");
      same(document.languageId, "haggle-rule");
    },
  },
  {
    name: "a misspelt argument is shown where it stands, with a quick fix that mends it",
    async run() {
      const document = await openRule("boots-week");
      await replace(document, "priority=20", "priorty=20");
      const [diagnostic] = await until("the diagnostic", () => {
        const errors = errorsOf(document);
        return errors.length > 0 && errors;
      });
      same(document.getText(diagnostic!.range), "priorty");
      const fix = await until("the quick fix", async () => (await fixesAt(document, diagnostic!.range))[0]);
      await vscode.workspace.applyEdit(fix.edit!);
      check(document.getText().includes("priority=20"), document.getText());
      await until("no error", () => errorsOf(document).length === 0);
      await document.save();
    },
  },
  {
    name: "what the compiler says comes while typing, from texts that nobody saved",
    async run() {
      const document = await openRule("boots-week");
      await replace(document, "p.percent, ", "p.categories, ");
      await until("the compiler's word", () =>
        vscode.languages.getDiagnostics(document.uri).some(({ code }) => codeOf(code) === "BUILD_TYPE"),
      );
      await vscode.commands.executeCommand("undo");
      await until("no error", () => errorsOf(document).length === 0);
    },
  },
  {
    name: "members are completed, and hovers tell declared types",
    async run() {
      const document = await openRule("spend-and-save");
      const member = document.positionAt(document.getText().indexOf("inCategories"));
      const list = await vscode.commands.executeCommand<vscode.CompletionList>(
        "vscode.executeCompletionItemProvider",
        document.uri,
        member,
      );
      const labels = list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
      check(labels.includes("total"), labels.join());

      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
        "vscode.executeHoverProvider",
        document.uri,
        document.positionAt(document.getText().indexOf("threshold:") + 2),
      );
      const told = hovers
        .flatMap(({ contents }) => contents)
        .map((each) => (typeof each === "string" ? each : each.value));
      check(told.join("\n").includes("Money"), told.join("\n"));
    },
  },
  {
    name: "a definition of the language leads into a document that is only read",
    async run() {
      const document = await openRule("spend-and-save");
      const [place] = await vscode.commands.executeCommand<(vscode.Location | vscode.LocationLink)[]>(
        "vscode.executeDefinitionProvider",
        document.uri,
        document.positionAt(document.getText().indexOf("Result.order") + 8),
      );
      const uri = place! instanceof vscode.Location ? place.uri : (place as vscode.LocationLink).targetUri;
      const library = await vscode.workspace.openTextDocument(uri);
      same(uri.scheme, "haggle-lib");
      check(/class Result\b/.test(library.getText()), "the text has the class");
    },
  },
];

async function openRule(name: string): Promise<vscode.TextDocument> {
  const [folder] = vscode.workspace.workspaceFolders!;
  const document = await vscode.workspace.openTextDocument(
    vscode.Uri.joinPath(folder!.uri, "rules", `${name}.rule.ts`),
  );
  await vscode.window.showTextDocument(document);
  return document;
}

async function replace(document: vscode.TextDocument, old: string, text: string): Promise<void> {
  const at = document.getText().indexOf(old);
  check(at >= 0, `${old} is in the text`);
  const edit = new vscode.WorkspaceEdit();
  edit.replace(
    document.uri,
    new vscode.Range(document.positionAt(at), document.positionAt(at + old.length)),
    text,
  );
  await vscode.workspace.applyEdit(edit);
}

function errorsOf({ uri }: vscode.TextDocument): vscode.Diagnostic[] {
  const found = vscode.languages.getDiagnostics(uri);
  return found.filter(({ severity }) => severity === vscode.DiagnosticSeverity.Error);
}

async function fixesAt(document: vscode.TextDocument, range: vscode.Range): Promise<vscode.CodeAction[]> {
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    "vscode.executeCodeActionProvider",
    document.uri,
    range,
  );
  return actions.filter(
    ({ edit, kind }) => edit !== undefined && kind?.contains(vscode.CodeActionKind.QuickFix),
  );
}

function codeOf(code: vscode.Diagnostic["code"]): string | number | undefined {
  return typeof code === "object" ? code.value : code;
}
