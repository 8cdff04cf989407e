import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { FileChangeType } from "vscode-languageserver-protocol/node";
import { type ProjectRules, RULES } from "../../extension/shared/protocol.ts";
import { builtExtension } from "../support/extension.ts";
import { VIEW_FILES, writeProject } from "../support/view-project.ts";
import { type Editor, openEditor } from "./editor.ts";

// Files that somebody else renames or deletes while they are open here, as another branch does. An editor keeps their texts.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const RULE = "rules/boots-week.rule.ts";
const OTHER = "rules/spend-and-save.rule.ts";
const RENAMED = "rules/deep/boots.rule.ts";
const PROMOTIONS = "promotions/boots.yaml";
const USES = "- { id: week, rule: boots-week }\n";
const TEXT = VIEW_FILES[RULE];

let project: { path: string; root: string };
let editor: Editor;

beforeAll(async () => {
  editor = await openEditor(await builtExtension());
});
afterAll(() => editor?.close());
beforeEach(async () => {
  project = await writeProject({ ...VIEW_FILES, [PROMOTIONS]: USES, "rules/deep/other.ts": "" });
  // No folder of a workspace, but a project that a file is open of.
  editor.open(uriOf(OTHER), VIEW_FILES[OTHER]);
  editor.open(uriOf(RULE), TEXT);
  editor.open(uriOf(PROMOTIONS), USES);
  expect(await rules()).toEqual(["boots-week", "spend-and-save"]);
  for (const file of [RULE, PROMOTIONS]) await shows(file, []);
});
afterEach(async () => {
  for (const file of [OTHER, RULE, PROMOTIONS]) editor.closeFile(uriOf(file));
  await rm(project.path, { recursive: true });
  expect(editor.errors).toEqual([]);
});

it("a rule that was renamed is one rule, and no second one of its name", async () => {
  await rename(pathOf(RULE), pathOf(RENAMED));
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Deleted);
  editor.changedOnDisk(uriOf(RENAMED), FileChangeType.Created);
  expect(await rulesWithFiles()).toEqual([
    `boots-week ${RENAMED}`,
    "spend-and-save rules/spend-and-save.rule.ts",
  ]);
  // Whoever goes on in the old text wants both.
  editor.change(uriOf(RULE), `${TEXT}\n`);
  expect(await rulesWithFiles()).toContain(`boots-week ${RULE}`);
  await shows(RULE, ["BUILD_DUPLICATE_RULE"]);
});

it("a rule that was deleted is none, and one again when it comes back", async () => {
  await rm(pathOf(RULE));
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Deleted);
  expect(await rules()).toEqual(["spend-and-save"]);
  await shows(PROMOTIONS, ["PROMOTION_UNKNOWN_RULE"]);
  await writeFile(pathOf(RULE), TEXT);
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Created);
  expect(await rules()).toEqual(["boots-week", "spend-and-save"]);
  await shows(PROMOTIONS, []);
});

it("what is wrong with a rule is not told any more once it is deleted", async () => {
  editor.change(uriOf(RULE), TEXT.replace("p.percent", "p.percnt"));
  editor.save(uriOf(RULE));
  await rules();
  await shows(RULE, ["BUILD_TYPE"]);
  await rm(pathOf(RULE));
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Deleted);
  await rules();
  await shows(RULE, []);
});

it("a rule whose folder was deleted is none", async () => {
  await rm(pathOf("rules"), { recursive: true });
  editor.changedOnDisk(uriOf("rules"), FileChangeType.Deleted);
  expect(await rules()).toEqual([]);
});

it("a rule that was deleted under somebody who has not saved stays, and so does one that is saved again", async () => {
  editor.change(uriOf(RULE), `${TEXT}\n`);
  await rm(pathOf(RULE));
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Deleted);
  expect(await rules()).toEqual(["boots-week", "spend-and-save"]);
  editor.save(uriOf(RULE));
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Deleted);
  expect(await rules()).toEqual(["spend-and-save"]);
  editor.save(uriOf(RULE));
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Created);
  expect(await rules()).toEqual(["boots-week", "spend-and-save"]);
});

it("promotions that were deleted name nobody", async () => {
  await rm(pathOf(RULE));
  editor.changedOnDisk(uriOf(RULE), FileChangeType.Deleted);
  await rules();
  await shows(PROMOTIONS, ["PROMOTION_UNKNOWN_RULE"]);
  await rm(pathOf(PROMOTIONS));
  editor.changedOnDisk(uriOf(PROMOTIONS), FileChangeType.Deleted);
  await shows(PROMOTIONS, []);
});

const uriOf = (file: string) => `${project.root}/${file}`;
const pathOf = (file: string) => join(project.path, file);

async function rulesWithFiles(): Promise<string[]> {
  const known = await editor.request<ProjectRules>(RULES, { root: project.root });
  return known.rules.map(({ name, file }) => `${name} ${file}`).sort();
}

async function rules(): Promise<string[]> {
  return (await rulesWithFiles()).map((each) => each.split(" ")[0]!);
}

/** Waits until this is what is shown of a file, by codes. */
async function shows(file: string, codes: readonly string[]): Promise<void> {
  for (;;) {
    const { diagnostics } = await editor.published(uriOf(file));
    if (`${diagnostics.map(({ code }) => code)}` === `${codes}`) return;
  }
}
