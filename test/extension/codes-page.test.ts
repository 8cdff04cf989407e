import { BUILD_CODES, CODES } from "@haggle/abi";
import { type Compiler, createCompiler } from "@haggle/toolchain";
import { readRuntimeSources } from "haggle-cli";
import { beforeAll, describe, expect, it } from "vitest";
import { CODE_EXAMPLES } from "../../scripts/code-examples.ts";
import { codesPage } from "../../scripts/codes-page.ts";

// The page that codes of diagnostics lead to: what it shows is what the build says.

/** What no single source can show: the project's files, the bundle's size, and a mistake of ours. */
const WITHOUT_EXAMPLE = ["BUILD_NO_RULES", "BUILD_PROJECT_CODE", "BUILD_TOO_LARGE", "BUILD_METER"];

let compiler: Compiler;
beforeAll(async () => {
  compiler = createCompiler({ runtime: await readRuntimeSources() });
});

describe("the page of codes", () => {
  it("has one heading for each code that a rule, a promotion or a case may show", () => {
    const headings = [...codesPage().matchAll(/^### (.+)$/gm)].map(([, code]) => code);
    expect(headings.filter((code, at) => headings.indexOf(code) !== at)).toEqual([]);
    const shown = CODES.filter((code) => /^(?:BUILD|PROMOTION|STRATEGY|CART|PROFILE)_/.test(code));
    expect(headings).toEqual(expect.arrayContaining(shown));
    expect(headings.filter((code) => code!.startsWith("CHECK_")).length).toBe(9);
  });

  it("says the same of the same codes in Chinese", () => {
    const partsOf = (page: string) => page.split(/^### /m).slice(1);
    const [english, chinese] = [partsOf(codesPage()), partsOf(codesPage("zh-CN"))];
    const headOf = (part: string) => part.slice(0, part.indexOf("\n"));
    const untold = english.map(headOf).filter((code) => !chinese.map(headOf).includes(code));
    // What is said on a command line, and nowhere in an editor.
    expect(untold.filter((code) => !code.startsWith("CLI_"))).toEqual([]);
    const codeOf = (part: string) => [...part.matchAll(/^```ts\n.*?^```/gms)].map(([code]) => code);
    for (const part of chinese) {
      const same = english.find((each) => headOf(each) === headOf(part))!;
      expect(codeOf(part)).toEqual(codeOf(same));
      expect(part).toMatch(/\p{Script=Han}/u);
    }
  });

  it("has an example for each code of a source", () => {
    const without = BUILD_CODES.filter((code) => CODE_EXAMPLES[code] === undefined);
    expect(without).toEqual(WITHOUT_EXAMPLE);
  });

  it.each(Object.entries(CODE_EXAMPLES))(
    "shows what leads to %s, and what does not",
    async (code, example) => {
      const codesOf = async (source: string) =>
        (await compiler.check({ files: { "rules/example.rule.ts": source } })).diagnostics.map(
          (each) => each.code,
        );
      expect(await codesOf(example.wrong)).toContain(code);
      expect(await codesOf(example.right)).toEqual([]);
    },
  );
});
