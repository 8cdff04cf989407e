import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";
import { ACCEPT, ACCEPTS, FIXTURES, runFixture } from "./fixture.ts";

// What the language server says of rules, over stdio. A new case is a new folder; README.md says how.

let project: string;
let editor: Editor;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "haggle-language-"));
  // Without trust nothing is compiled: what comes is the language service's own.
  const initializationOptions = { trusted: false };
  editor = await openEditor(await builtExtension(), { settings: { currency: "CNY" }, initializationOptions });
});
afterAll(async () => {
  await editor.close();
  await rm(project, { recursive: true });
});

describe("a rule in the editor", () => {
  it.each(readdirSync(FIXTURES))("%s", async (name) => {
    const { found, expected } = await runFixture(editor, name, project);
    if (!ACCEPTS) expect(found, ACCEPT).toEqual(expected);
    expect(editor.errors).toEqual([]);
  });
});
