import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createCompiler, draftRelease } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { DiagnosticSeverity, type PublishDiagnosticsParams } from "vscode-languageserver-protocol/node";
import { TEMPLATE_FOLDER } from "../../engine/cli/assets.ts";
import { readProject } from "../../engine/cli/project.ts";
import { TRUST_GRANTED } from "../../extension/shared/protocol.ts";
import { DRAFT, type DraftAnswer, type DraftRequest } from "../../extension/shared/release.ts";
import { RUN_CASES } from "../../extension/shared/runs.ts";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";

// Drafts of releases from the language server, which holds no key; and a workspace that nobody trusts.

vi.setConfig({ testTimeout: 60_000, hookTimeout: 180_000 });

const NOW = 1_790_000_000_000;
const RULE = "rules/spend-and-save.rule.ts";

let bundle: string;
let folder: string;
let root: string;
let rule: string;
let text: string;
let editor: Editor;

beforeAll(async () => {
  bundle = await builtExtension();
  folder = await mkdtemp(join(tmpdir(), "haggle-draft-"));
  await cp(TEMPLATE_FOLDER, folder, { recursive: true });
  root = pathToFileURL(folder).href;
  rule = `${root}/${RULE}`;
  text = await readFile(join(folder, RULE), "utf8");
  editor = await openEditor(bundle, { folders: [root] });
});
afterAll(async () => {
  await editor?.close();
  await rm(folder, { recursive: true, force: true });
});

const draft = (request: Partial<DraftRequest> = {}, from = editor): Promise<DraftAnswer> =>
  from.request(DRAFT, { root, version: 2, now: NOW, ...request });

describe("a draft", () => {
  it("is the one that the command line makes, to the byte, and has no signature", async () => {
    const previous = "a".repeat(64);
    const made = await draft({ previous, tenant: "shop" });
    const project = await readProject(folder);
    const compiler = createCompiler({ runtime: await readRuntimeSources() });
    const options = { ...project.data, compiler, version: 2, now: NOW, previous, tenant: "shop" };
    const expected = await draftRelease(project, options);
    if (!made.ok || !expected.ok) throw new Error("the template builds");
    expect(Buffer.from(made.bundle, "base64").equals(expected.bundle)).toBe(true);
    expect(made.release).toEqual(JSON.parse(JSON.stringify(expected.release)));
    expect(made.warnings).toBe(0);
  });

  it("is of what the editor shows, and tells where that does not build", async () => {
    editor.open(rule, text.replace("total >= p.threshold", "total >= p.treshold"));
    const broken = await draft();
    if (broken.ok) throw new Error("this rule is broken");
    const line = text.split("\n").findIndex((each) => each.includes("p.threshold)"));
    expect(broken.problems[0]).toMatchObject({ file: RULE, line, code: "BUILD_TYPE" });
    editor.change(rule, text);
    expect(await draft()).toMatchObject({ ok: true });
  });

  it("tells what does not fit in the data beside the rules", async () => {
    const promotion = `${root}/promotions/spend-and-save.yaml`;
    editor.open(promotion, "id: other\nrule: no-such-rule\n");
    const broken = await draft();
    if (broken.ok) throw new Error("there is no such rule");
    expect(broken.problems[0]).toMatchObject({ file: "promotions/spend-and-save.yaml", line: 1 });
    editor.closeFile(promotion);
    expect(await draft()).toMatchObject({ ok: true });
  });
});

describe("a workspace that is not trusted", () => {
  it("has nothing compiled and nothing run, until somebody trusts it", async () => {
    const wary = await openEditor(bundle, { folders: [root], initializationOptions: { trusted: false } });
    try {
      // To TypeScript these are two names of one type, so that only the compiler has something to say.
      const broken = text.replace("  const total", "  const small: i32 = ctx.cart.total;\n  const total");
      wary.open(rule, broken);
      // What only reads works.
      const position = {
        line: broken.split("\n").findIndex((line) => line.includes("ctx.cart")),
        character: 17,
      };
      const hover = await wary.request("textDocument/hover", { textDocument: { uri: rule }, position });
      expect(hover).not.toBeNull();
      await expect(draft({}, wary)).rejects.toThrow("before you trust it");
      await expect(wary.request(RUN_CASES, { root })).rejects.toThrow("before you trust it");
      for (let turn = 0; turn < 20; turn++) {
        await wary.request("textDocument/hover", { textDocument: { uri: rule }, position });
      }
      expect(await errorsSoFar(wary)).toEqual([]);

      wary.notify(TRUST_GRANTED);
      const errors: unknown[] = [];
      while (errors.length === 0) errors.push(...errorsIn(await wary.published(rule)));
      expect(errors).toEqual(["BUILD_TYPE"]);
      wary.change(rule, text);
      expect(await draft({}, wary)).toMatchObject({ ok: true });
    } finally {
      await wary.close();
    }
  });
});

async function errorsSoFar(from: Editor): Promise<unknown[]> {
  const errors: unknown[] = [];
  while (from.hasPublished(rule)) errors.push(...errorsIn(await from.published(rule)));
  return errors;
}

/** What only the language service says is a warning. */
function errorsIn({ diagnostics }: PublishDiagnosticsParams): unknown[] {
  return diagnostics.filter(({ severity }) => severity === DiagnosticSeverity.Error).map(({ code }) => code);
}
