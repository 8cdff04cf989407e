import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Compiler, createCompiler } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { beforeAll, describe, expect, it } from "vitest";

// One folder per case: sources under rules/ and what the compiler says about them. A new case is a new folder.
const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));

type Expected = {
  diagnostics: { at: string; code: string; hint?: string }[];
  rules?: unknown;
  symbols?: string[];
  reads?: number;
};

let compiler: Compiler;
beforeAll(async () => {
  compiler = createCompiler({ runtime: await readRuntimeSources() });
});

describe("rule sources", async () => {
  for (const name of (await readdir(FIXTURES)).sort()) {
    it(name, async () => {
      const expected = JSON.parse(await readFile(join(FIXTURES, name, "expected.json"), "utf8")) as Expected;
      const files = await readSources(join(FIXTURES, name), "rules");
      const compiled = await compiler.compile({ files });
      const diagnostics = compiled.diagnostics.map(({ file, line, column, code, hint }) => ({
        at: `${file}:${line}:${column}`,
        code,
        ...(hint === undefined ? {} : { hint }),
      }));
      expect(diagnostics).toEqual(expected.diagnostics);
      expect(compiled.ok).toBe(expected.rules !== undefined);
      if (!compiled.ok) return;
      const { rules, symbols, reads } = compiled.metadata;
      expect({ rules, symbols, reads }).toEqual({
        rules: expected.rules,
        symbols: expected.symbols,
        reads: expected.reads,
      });
    });
  }

  it("are the same to an editor as to a build", async () => {
    for (const name of ["many-errors", "uncalled"]) {
      const files = await readSources(join(FIXTURES, name), "rules");
      const compiled = await compiler.compile({ files });
      expect((await compiler.check({ files })).diagnostics, name).toEqual(compiled.diagnostics);
    }
    const good = await readSources(join(FIXTURES, "seed"), "rules");
    expect(await compiler.check({ files: good })).toMatchObject({ diagnostics: [], stage: "types" });
  });

  it("make the same bundle with a function that nobody calls, whatever texts are in it", async () => {
    const seed = await readSources(join(FIXTURES, "seed"), "rules");
    const spare = '\nfunction spare(): Result {\n  return Result.order(1_00, "SPARE");\n}\n';
    const more = Object.fromEntries(Object.entries(seed).map(([path, text]) => [path, text + spare]));
    expect(await compiler.compile({ files: more })).toEqual(await compiler.compile({ files: seed }));
  });

  it("say where an error ends", async () => {
    const files = await readSources(join(FIXTURES, "float-literal"), "rules");
    const { diagnostics } = await compiler.check({ files });
    expect(diagnostics[0]).toMatchObject({ line: 3, column: 13, endLine: 3, endColumn: 16 });
  });

  it("may be nested deeper than anybody can read, and are refused then", async () => {
    const seed = await readSources(join(FIXTURES, "seed"), "rules");
    for (const text of [`const a = ${"(".repeat(30_000)}`, `const a = ${"-".repeat(30_001)}1;`]) {
      const files = { ...seed, "rules/deep.rule.ts": text };
      const expected = [{ code: "BUILD_SYNTAX", file: "rules/deep.rule.ts" }];
      expect(await compiler.compile({ files })).toMatchObject({ ok: false, diagnostics: expected });
      expect(await compiler.check({ files })).toMatchObject({ diagnostics: expected, stage: "syntax" });
    }
    expect(await compiler.compile({ files: seed })).toMatchObject({ ok: true });
  });

  it("must lie under rules/", async () => {
    for (const path of [
      "asconfig.json",
      "rules/../x.rule.ts",
      "src/a.rule.ts",
      "rules\\a.rule.ts",
      "rules/a.js",
    ]) {
      const compiled = await compiler.compile({ files: { [path]: "" } });
      expect(compiled.diagnostics, path).toMatchObject([{ code: "BUILD_PROJECT_CODE", file: path }]);
    }
    const empty = await compiler.compile({ files: {} });
    expect(empty.diagnostics).toMatchObject([{ code: "BUILD_NO_RULES" }]);
  });
});

async function readSources(root: string, folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) Object.assign(files, await readSources(root, path));
    else files[path] = await readFile(join(root, path), "utf8");
  }
  return files;
}
