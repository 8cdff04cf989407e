import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { TEMPLATE_FOLDER } from "../../engine/cli/assets.ts";
import { DRAFT, type DraftAnswer } from "../../extension/shared/release.ts";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";

// What takes seconds holds up nobody who types. What is built is several projects, and what is typed is no part of any. Each
// keystroke follows what was shown of the one before: a worker that builds between two of them would be seen.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const RULE = "rules/spend-and-save.rule.ts";
const BUILT = ["first", "second", "third"];

let folder: string;
let roots: string[];
let typed: string;
let text: string;
let editor: Editor;

beforeAll(async () => {
  const bundle = await builtExtension();
  folder = await mkdtemp(join(tmpdir(), "haggle-long-builds-"));
  for (const name of [...BUILT, "typed"]) await cp(TEMPLATE_FOLDER, join(folder, name), { recursive: true });
  roots = BUILT.map((name) => pathToFileURL(join(folder, name)).href);
  typed = `${pathToFileURL(join(folder, "typed")).href}/${RULE}`;
  text = await readFile(join(folder, "typed", RULE), "utf8");
  editor = await openEditor(bundle, { folders: [pathToFileURL(folder).href] });
  // A compiler that is warm is what somebody has who types.
  editor.open(typed, text.replace("p.threshold", "p.before"));
  await shows("before");
});
afterAll(async () => {
  await editor?.close();
  await rm(folder, { recursive: true, force: true });
});

it("what is typed is checked before any draft that was asked for earlier is there", async () => {
  const order: string[] = [];
  const drafting = roots.map((root) =>
    editor
      .request<DraftAnswer>(DRAFT, { root, version: 2, now: 1_790_000_000_000 })
      .finally(() => order.push("draft")),
  );
  for (const member of ["first", "second"]) {
    editor.change(typed, text.replace("p.threshold", `p.${member}`));
    await shows(member);
    order.push("diagnostics");
  }
  for (const draft of await Promise.all(drafting)) expect(draft).toMatchObject({ ok: true });
  expect(order).toEqual(["diagnostics", "diagnostics", "draft", "draft", "draft"]);
});

/** Waits for what the compiler says of a member that is not there. */
async function shows(member: string): Promise<void> {
  for (;;) {
    const { diagnostics } = await editor.published(typed);
    if (diagnostics.some(({ code, message }) => code === "BUILD_TYPE" && String(message).includes(member)))
      return;
  }
}
