import { rm } from "node:fs/promises";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { PRICE, type PriceAnswer } from "../../extension/shared/price.ts";
import { RULES } from "../../extension/shared/protocol.ts";
import { builtExtension } from "../support/extension.ts";
import { VIEW_CART, VIEW_FILES, writeProject } from "../support/view-project.ts";
import { type Editor, type EditorOptions, openEditor } from "./editor.ts";

// A language server whose workers die under it, and one that is left while they work: nobody is told of an error that is none.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const RULE = "rules/spend-and-save.rule.ts";

let bundle: string;
let project: { path: string; root: string };
let editor: Editor;

beforeAll(async () => {
  bundle = await builtExtension();
});
beforeEach(async () => {
  project = await writeProject();
});
afterEach(async () => {
  await rm(project.path, { recursive: true, force: true });
});

it("a build of which the compiler dies is made by the next one, and answers who asked for it", async () => {
  // The first one is there when it dies.
  await openWith({ price: [2] });
  expect(await price()).toMatchObject({ ok: true });
  editor.open(`${project.root}/${RULE}`, VIEW_FILES[RULE].replace("50_00", "51_00"));
  expect(await price()).toMatchObject({ ok: true, decision: { total: 31980 - 2800 - 5100 } });
  await closeInSilence();
});

it("a build of which the compiler dies again and again is given up, with why, and the next one is made", async () => {
  await openWith({ price: [2, 3] }, { locale: "zh-cn" });
  expect(await price()).toMatchObject({ ok: true });
  await expect(price()).rejects.toThrow(/^编译器意外终止：退出码 \d$/);
  expect(await price()).toMatchObject({ ok: true });
  await closeInSilence();
});

it("what is typed is checked by the next compiler where one dies, and nobody is told", async () => {
  await openWith({ check: [2], checkFiles: [2] });
  const uri = `${project.root}/${RULE}`;
  editor.open(uri, VIEW_FILES[RULE]);
  await editor.request(RULES, { root: project.root });
  editor.change(uri, VIEW_FILES[RULE].replace("p.off", "p.of"));
  await publishedWith(uri, "BUILD_TYPE");
  const promotions = `${project.root}/promotions/members.yaml`;
  const text = VIEW_FILES["promotions/members.yaml"];
  editor.open(promotions, text);
  editor.change(promotions, text.replace("priority: 5", "priority: five"));
  await publishedWith(promotions, "DOCUMENT_BAD_FIELD");
  await closeInSilence();
});

it("a check of which the compiler dies again and again is told once, in the editor's language", async () => {
  await openWith({ check: [2, 3] }, { locale: "zh-cn" });
  const uri = `${project.root}/${RULE}`;
  editor.open(uri, VIEW_FILES[RULE]);
  await editor.request(RULES, { root: project.root });
  editor.change(uri, `${VIEW_FILES[RULE]}\n`);
  await editor.request(RULES, { root: project.root });
  expect(editor.messages).toEqual([expect.stringMatching(/^Haggle: 编译器意外终止：退出码 \d$/)]);
  editor.change(uri, VIEW_FILES[RULE].replace("p.off", "p.of"));
  await publishedWith(uri, "BUILD_TYPE");
  await editor.close();
});

it("whoever leaves while it checks, builds and prices is shown no message", async () => {
  await openWith({});
  const uri = `${project.root}/${RULE}`;
  editor.open(uri, VIEW_FILES[RULE]);
  await editor.request(RULES, { root: project.root });
  editor.change(uri, VIEW_FILES[RULE].replace("p.off", "p.of"));
  const left = [editor.request(RULES, { root: project.root }), price()];
  const settled = Promise.allSettled(left);
  await closeInSilence();
  await settled;
});

async function openWith(
  kills: NonNullable<EditorOptions["kills"]>,
  options: EditorOptions = {},
): Promise<void> {
  editor = await openEditor(bundle, { folders: [project.root], kills, ...options });
}

function price(): Promise<PriceAnswer> {
  return editor.request(PRICE, { root: project.root, cart: VIEW_CART, by: { kind: "table" } });
}

async function publishedWith(uri: string, code: string): Promise<void> {
  for (;;) {
    const { diagnostics } = await editor.published(uri);
    if (diagnostics.some((each) => each.code === code)) return;
  }
}

/** Nothing was shown, and nothing logged as an error. */
async function closeInSilence(): Promise<void> {
  await editor.close();
  expect(editor.messages).toEqual([]);
  expect(editor.errors).toEqual([]);
}
