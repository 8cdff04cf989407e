import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
import { type CodeLens, CodeLensRefreshRequest, CodeLensRequest } from "vscode-languageserver-protocol/node";
import { type ProjectRules, RULES } from "../../extension/shared/protocol.ts";
import { CASES } from "../../extension/shared/runs.ts";
import { builtExtension } from "../support/extension.ts";
import { writeProject } from "../support/view-project.ts";
import { openEditor } from "./editor.ts";

const TEXT = `@promo(name="tenth", priority=10)
export function tenth(ctx: Context): Result {
  return Result.orderPercent(Percent.of(10), "TEN");
}
`;

it("an editor that refuses to ask for lenses again ends nothing", async () => {
  const project = await writeProject();
  const { root } = project;
  // It says that it can, and has no handler: each request of the server is refused.
  const editor = await openEditor(await builtExtension(), {
    folders: [root],
    workspace: { codeLens: { refreshSupport: true } },
  });
  const uri = `${root}/rules/tenth.rule.ts`;
  editor.open(uri, TEXT);
  for (const priority of [20, 30]) {
    await editor.request(RULES, { root });
    editor.change(uri, TEXT.replace("10", String(priority)));
  }
  const { rules } = await editor.request<ProjectRules>(RULES, { root });
  expect(rules.find(({ name }) => name === "tenth")?.priority).toBe(30);
  expect(await editor.request(CASES, { root })).toBeInstanceOf(Array);
  await editor.close();
  await rm(project.path, { recursive: true });
});

it("an editor asks for lenses again where they are other ones, and not at every key", async () => {
  const project = await writeProject();
  const { root } = project;
  const editor = await openEditor(await builtExtension(), {
    folders: [root],
    workspace: { codeLens: { refreshSupport: true } },
  });
  const uri = `${root}/rules/tenth.rule.ts`;
  const uses = async () => {
    const lenses = await editor.request<CodeLens[]>(CodeLensRequest.method, { textDocument: { uri } });
    return lenses.find(({ data }) => data.kind === "uses")?.command?.title;
  };
  editor.open(uri, TEXT);
  await editor.request(RULES, { root });
  const promotions = `${root}/promotions/often.yaml`;
  editor.open(promotions, "- id: often\n  rule: tenth\n  priority: 1\n");
  let asked = 0;
  let another = Promise.withResolvers<void>();
  editor.onRequest(CodeLensRefreshRequest.type, () => {
    asked += 1;
    another.resolve();
  });
  // Of the first change nobody knows what it has changed.
  editor.change(promotions, "- id: often\n  rule: tenth\n  priority: 1\n  #\n");
  await another.promise;
  expect(await uses()).toBe("used once");
  const before = asked;

  for (let typed = 1; typed <= 20; typed += 1) {
    editor.change(promotions, `- id: often\n  rule: tenth\n  priority: ${typed}\n  #\n`);
    await uses();
  }
  another = Promise.withResolvers<void>();
  const twice = ["one", "two"].map((id) => `- id: ${id}\n  rule: tenth\n  priority: 1\n`).join("");
  editor.change(promotions, twice);
  await another.promise;
  expect(await uses()).toBe("used by 2");
  expect(asked).toBe(before + 1);
  await editor.close();
  await rm(project.path, { recursive: true });
});

it("a rule that has no cases yet can be asked to run them all, and counts them as they come", async () => {
  const project = await writeProject();
  const { root } = project;
  const editor = await openEditor(await builtExtension(), { folders: [root] });
  const uri = `${root}/rules/tenth.rule.ts`;
  const runAll = async () => {
    const lenses = await editor.request<CodeLens[]>(CodeLensRequest.method, { textDocument: { uri } });
    return lenses.map(({ command }) => command!.title).slice(0, 3);
  };
  editor.open(uri, TEXT);
  await editor.request(RULES, { root });
  expect(await runAll()).toEqual(["Run", "Run on all cases (0)", "Debug trace"]);

  editor.open(`${root}/rules/tenth.cases.json`, `[{ "name": "one" }, { "name": "two" }]`);
  expect(await runAll()).toEqual(["Run", "Run on all cases (2)", "Debug trace"]);
  await editor.close();
  await rm(project.path, { recursive: true });
});
