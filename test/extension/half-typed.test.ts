import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CompletionItem, Hover } from "vscode-languageserver-protocol/node";
import { TextDocument } from "vscode-languageserver-textdocument";
import { builtExtension } from "../support/extension.ts";
import { type Editor, openEditor } from "./editor.ts";

// Texts that nobody would write, and that everybody has in the editor for a moment: beginnings of a rule, and rules from
// which a piece is missing. Nothing that is asked of them may throw, or take long.

const REPO = join(import.meta.dirname, "../..");
const VARIANTS = 200;
const TRIGGERS = [".", '"', "@", "(", ",", "="];
/** Of all that is asked of one text together; a loop without end would take for ever. */
const MAX_MS = 20_000;

let folder: string;
let editor: Editor;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-half-typed-"));
  editor = await openEditor(await builtExtension());
});
afterAll(async () => {
  await editor.close();
  await rm(folder, { recursive: true });
});

it("is answered whatever stands in the editor, and whole again when the rule is", {
  timeout: 180_000,
}, async () => {
  const rule = await readFile(join(REPO, "rules/promotions/tiered-percent/tiered-percent.rule.ts"), "utf8");
  const text = rule.replace("priority=20)", 'priority=20, group="basket", phase="order")');
  const uri = pathToFileURL(join(folder, "rules/half-typed.rule.ts")).href;
  editor.open(uri, text);
  for (const { damaged, at } of damage(text)) {
    editor.change(uri, damaged);
    const begun = performance.now();
    await askAll(uri, damaged, at);
    expect(performance.now() - begun, damaged).toBeLessThan(MAX_MS);
  }
  expect(editor.errors).toEqual([]);

  editor.change(uri, text);
  const document = TextDocument.create(uri, "haggle-rule", 1, text);
  const position = document.positionAt(text.indexOf("cart.total") + "cart.".length);
  const textDocument = { uri };
  const hover = await editor.request<Hover>("textDocument/hover", { textDocument, position });
  expect(hover.contents).toMatchObject({ value: expect.stringContaining("Cart.total: Money") });
  const items = await editor.request<CompletionItem[]>("textDocument/completion", { textDocument, position });
  expect(items.map(({ label }) => label)).toContain("initialTotal");
});

/** Half of them are beginnings of the text, half have a hole; `at` is where the cursor would be. */
function* damage(text: string): Iterable<{ damaged: string; at: number }> {
  const half = VARIANTS / 2;
  for (let index = 0; index < half; index++) {
    const at = Math.floor((text.length * index) / half);
    yield { damaged: text.slice(0, at), at };
    yield { damaged: text.slice(0, at) + text.slice(at + 1 + (index % 17)), at };
  }
}

async function askAll(uri: string, text: string, at: number): Promise<void> {
  const document = TextDocument.create(uri, "haggle-rule", 1, text);
  const textDocument = { uri };
  const position = document.positionAt(at);
  const range = { start: { line: 0, character: 0 }, end: document.positionAt(text.length) };
  const options = { tabSize: 2, insertSpaces: true };
  const ask = (method: string, more: object) =>
    editor.request(`textDocument/${method}`, { textDocument, ...more });
  await Promise.all([
    ...["hover", "completion", "signatureHelp", "definition", "documentHighlight"].map((method) =>
      ask(method, { position }),
    ),
    // TypeScript throws at characters that it does not know.
    ask("completion", {
      position,
      context: { triggerKind: 2, triggerCharacter: TRIGGERS[at % TRIGGERS.length] },
    }),
    ask("references", { position, context: { includeDeclaration: true } }),
    ask("prepareRename", { position }).catch(() => "refused"),
    ask("selectionRange", { positions: [position] }),
    ask("onTypeFormatting", { position, ch: "}", options }),
    ...["documentSymbol", "foldingRange", "semanticTokens/full"].map((method) => ask(method, {})),
    ask("formatting", { options }),
    ask("inlayHint", { range }),
  ]);
}
