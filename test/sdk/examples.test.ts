import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { EXAMPLES, listExamples, PRELUDE } from "../support/examples.ts";

// Whoever reads an example copies it: each one compiles, on the SDK's pages and in its docstrings.

const TSC = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");

const OPTIONS = {
  ...{ module: "nodenext", target: "es2024", lib: ["es2024", "dom", "dom.iterable"], types: ["node"] },
  ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: true, jsx: "react-jsx" },
  // The sources of this repository, whose own checks are not asked for again.
  ...{
    customConditions: ["haggle-source"],
    allowImportingTsExtensions: true,
    noUncheckedIndexedAccess: true,
  },
};

it("all examples compile", () => {
  const examples = listExamples();
  expect(examples.length).toBeGreaterThan(20);
  rmSync(EXAMPLES, { recursive: true, force: true });
  mkdirSync(EXAMPLES, { recursive: true });
  const files = ["prelude.ts"];
  writeFileSync(join(EXAMPLES, "prelude.ts"), PRELUDE);
  for (const [index, { code, extension }] of examples.entries()) {
    const file = `example-${index}.${extension}`;
    files.push(file);
    writeFileSync(join(EXAMPLES, file), code);
  }
  writeFileSync(join(EXAMPLES, "tsconfig.json"), JSON.stringify({ compilerOptions: OPTIONS, files }));
  let said = "";
  try {
    execFileSync(process.execPath, [TSC, "-p", EXAMPLES, "--pretty", "false"], { encoding: "utf8" });
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  // By the place of the example, which is where it is to be mended.
  const named = said.replace(/(?:.*\/)?example-(\d+)\.tsx?/g, (_, index) => examples[index]!.at);
  expect(named).toBe("");
}, 120_000);
