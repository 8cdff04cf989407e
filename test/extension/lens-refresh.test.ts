import { rm } from "node:fs/promises";
import { expect, it } from "vitest";
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
