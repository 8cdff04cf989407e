import assert from "node:assert/strict";
import * as vscode from "vscode";
import { type InHostTest, until } from "./in-host.ts";

/** What the run commands give back. */
type Ran = {
  outcomes: { name: string; passed: boolean; problems: string[]; faults: { code: string }[] }[];
  inline: { uri: string; line: number; text: string; isFailing: boolean }[];
};

const CASES = "rules/boots-week.cases.json";

export const tests: InHostTest[] = [
  {
    name: "lenses above a rule run its cases and trace it",
    async run() {
      const document = await open("rules/boots-week.rule.ts");
      const lenses = await until("the lenses", async () => {
        const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
          "vscode.executeCodeLensProvider",
          document.uri,
        );
        return found.length >= 4 && found;
      });
      const titles = lenses.map(({ command }) => command!.title);
      assert.deepEqual(titles, [
        "$(play) Run",
        "Run on all cases (2)",
        "Debug trace",
        "priority 20 · group order · phase line",
      ]);
    },
  },
  {
    name: "cases run, and what they came to stands beside the rule",
    async run() {
      await open("rules/boots-week.rule.ts");
      const one = await run("haggle.runCase", { file: CASES, name: "a tenth off boots" });
      assert.deepEqual(
        one.outcomes.map(({ passed }) => passed),
        [true],
      );
      assert.match(one.inline[0]!.text, /^−€12\.00 · BOOTS_WEEK · [\d,]+ of 2,100,000 fuel · [\d.]+ ms$/);

      const all = await run("haggle.runCases", { rule: "boots-week" });
      assert.deepEqual(
        all.outcomes.map(({ name, passed }) => [name, passed]),
        [
          ["a tenth off boots", true],
          ["expects too much", false],
        ],
      );
      assert.match(all.inline[0]!.text, /^✗ 1 of 2 cases as expected · at most [\d,]+ of 2,100,000 fuel · /);
    },
  },
  {
    name: "what a failing case came to is accepted, runs again and is green; undo takes it back",
    async run() {
      const document = await open(CASES);
      const before = document.getText();
      await run("haggle.runCases", { file: CASES });
      const accepted = await vscode.commands.executeCommand("haggle.acceptCase", {
        root: root(),
        file: CASES,
      });
      assert.equal(accepted, 1);
      assert.equal(
        document.getText(),
        before.replace('"expect": { "discountTotal": 2000 }', '"expect": { "discountTotal": 1000 }'),
      );
      const green = await run("haggle.runCases", { file: CASES });
      assert.deepEqual(
        green.outcomes.map(({ passed }) => passed),
        [true, true],
      );
      await vscode.window.showTextDocument(document);
      await vscode.commands.executeCommand("undo");
      assert.equal(document.getText(), before);
      await document.save();
    },
  },
  {
    name: "what a case has come to since it was looked at is not accepted before it is looked at again",
    async run() {
      const document = await open(CASES);
      const before = document.getText();
      const rule = await open("rules/boots-week.rule.ts");
      const percent = rule.getText();
      const accept = () =>
        vscode.commands.executeCommand<number>("haggle.acceptCase", { root: root(), file: CASES });
      await run("haggle.runCases", { file: CASES });
      await put(rule, percent.replace("Percent.of(10)", "Percent.of(30)"));
      assert.equal(await accept(), 0);
      assert.equal(document.getText(), before);
      // It ran again for that, and what it came to is in sight now.
      assert.equal(await accept(), 1);
      assert.equal(document.getText(), before.replace('"discountTotal": 2000', '"discountTotal": 3000'));

      // Where it comes to nothing there is nothing to accept.
      await put(document, before);
      await run("haggle.runCases", { file: CASES });
      await put(rule, percent.replace("p.percent", "p.percnt"));
      assert.equal(await accept(), 0);
      assert.equal(document.getText(), before);
      await put(rule, percent);
      for (const each of [document, rule]) await each.save();
    },
  },
  {
    name: "two runs at once are kept apart",
    async run() {
      const [first, second] = await Promise.all([
        run("haggle.runCase", { file: CASES, name: "a tenth off boots" }),
        run("haggle.runCase", { file: CASES, name: "expects too much" }),
      ]);
      assert.deepEqual(
        first!.outcomes.map(({ name }) => name),
        ["a tenth off boots"],
      );
      assert.deepEqual(
        second!.outcomes.map(({ name }) => name),
        ["expects too much"],
      );
    },
  },
  {
    name: "a trace is a document that is only read",
    async run() {
      const text = await vscode.commands.executeCommand<string>("haggle.debugTrace", {
        root: root(),
        ...{ rule: "boots-week", file: CASES, name: "expects too much" },
      });
      const shown = await until("the trace", () =>
        vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "haggle-trace"),
      );
      assert.equal(shown.getText(), text);
      assert.match(text, /^boots-week · expects too much\n/);
      assert.match(text, /'boots-week' took €10\.00 off 1 line\./);
      assert.match(text, /discountTotal: expected 2000, got 1000/);
      await vscode.commands.executeCommand("workbench.action.closeEditorsInGroup");
    },
  },
  {
    name: "a trace leads to files of the project and to no others",
    async run() {
      const [{ cart }] = JSON.parse((await open(CASES)).getText());
      const name = "rules/../../elsewhere.ts:1:1";
      await write(uriOf("rules/cases.json"), JSON.stringify([{ name, cart, expect: { total: 1 } }]));
      try {
        // Before the case is known a trace would ask for a cart.
        await until("the case", async () => {
          const tried = await run("haggle.runCases", { file: "rules/cases.json" });
          return tried.outcomes.length > 0;
        });
        const text = await vscode.commands.executeCommand<string>("haggle.debugTrace", {
          root: root(),
          ...{ rule: "boots-week", file: "rules/cases.json", name },
        });
        assert.ok(text.startsWith(`boots-week · ${name}\nrules/cases.json\n`), text);
        const trace = await until("its document", () =>
          vscode.workspace.textDocuments.find((each) => each.getText() === text),
        );
        const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
          "vscode.executeLinkProvider",
          trace.uri,
          100,
        );
        const own = links.filter(({ target }) => target?.path.includes("rules"));
        assert.deepEqual(
          own.map(({ target }) => target!.path),
          [uriOf("rules/cases.json").path],
        );
        await vscode.commands.executeCommand("workbench.action.closeEditorsInGroup");
      } finally {
        await vscode.workspace.fs.delete(uriOf("rules/cases.json"));
      }
    },
  },
  {
    name: "a rule that stops is marked at its line until the text changes",
    async run() {
      const rule = uriOf("rules/stops.rule.ts");
      await write(
        rule,
        `@promo(name="stops")\nexport function stops(ctx: Context): Result {\n  assert(ctx.cart.total > 1_000_000);\n  return Result.none();\n}\n`,
      );
      const cases = JSON.parse((await open(CASES)).getText()) as { cart: unknown }[];
      await write(
        uriOf("rules/stops.cases.json"),
        JSON.stringify([{ name: "stops", cart: cases[0]!.cart, expect: {} }]),
      );
      try {
        const document = await open("rules/stops.rule.ts");
        const ran = await until("the case", async () => {
          const tried = await run("haggle.runCases", { file: "rules/stops.cases.json" });
          return tried.outcomes.length > 0 && tried;
        });
        assert.deepEqual(
          ran.outcomes[0]!.faults.map(({ code }) => code),
          ["ENGINE_RULE_TRAP"],
        );
        const marks = () =>
          vscode.languages.getDiagnostics(rule).filter(({ code }) => code === "ENGINE_RULE_TRAP");
        assert.deepEqual(
          marks().map(({ range }) => range.start.line),
          [2],
        );
        const edit = new vscode.WorkspaceEdit();
        edit.insert(rule, new vscode.Position(2, 0), "  // Why?\n");
        await vscode.workspace.applyEdit(edit);
        await until("no mark", () => marks().length === 0);
        await document.save();
        await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
      } finally {
        await vscode.workspace.fs.delete(uriOf("rules/stops.cases.json"));
        await vscode.workspace.fs.delete(rule);
      }
    },
  },
  {
    name: "a continuous run runs again after what is typed, without anybody asking",
    async run() {
      const rule = uriOf("rules/stops.rule.ts");
      const textOf = (least: string) =>
        `@promo(name="stops")\nexport function stops(ctx: Context): Result {\n  assert(ctx.cart.total > ${least});\n  return Result.none();\n}\n`;
      const marks = () =>
        vscode.languages.getDiagnostics(rule).filter(({ code }) => code === "ENGINE_RULE_TRAP");
      await write(rule, textOf("0"));
      const cases = JSON.parse((await open(CASES)).getText()) as { cart: unknown }[];
      await write(
        uriOf("rules/stops.cases.json"),
        JSON.stringify([{ name: "stops", cart: cases[0]!.cart, expect: {} }]),
      );
      try {
        const document = await open("rules/stops.rule.ts");
        await until("the case", async () => {
          const tried = await run("haggle.runCases", { file: "rules/stops.cases.json" });
          return tried.outcomes.length > 0;
        });
        // There is one profile that can, so nobody is asked which.
        await vscode.commands.executeCommand("testing.startContinuousRun");
        await put(document, textOf("1_000_000"));
        await until("the mark of a run", () => marks().length === 1);
        await put(document, textOf("0"));
        await until("no mark", () => marks().length === 0);
        await put(document, textOf("1_000_000"));
        await until("the mark of another run", () => marks().length === 1);
        await document.save();
        await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
      } finally {
        await vscode.commands.executeCommand("testing.stopContinuousRun");
        await vscode.workspace.fs.delete(uriOf("rules/stops.cases.json"));
        await vscode.workspace.fs.delete(rule);
      }
    },
  },
];

/** Writes another text into the editor, and saves nothing. */
async function put(document: vscode.TextDocument, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(new vscode.Position(0, 0), document.positionAt(document.getText().length));
  edit.replace(document.uri, all, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

function root(): string {
  return vscode.workspace.workspaceFolders![0]!.uri.toString();
}

function uriOf(file: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, file);
}

async function open(file: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(uriOf(file));
  await vscode.window.showTextDocument(document, vscode.ViewColumn.One);
  return document;
}

function run(command: string, selection: Record<string, string>): Thenable<Ran> {
  return vscode.commands.executeCommand<Ran>(command, { root: root(), ...selection });
}

async function write(uri: vscode.Uri, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
