import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RuleMetadata } from "@haggle/abi";
import type { DecisionJson } from "@haggle/sdk";
import { signerFromSeed } from "@haggle/sdk/sign";
import { build, createCompiler, RULE_SUFFIX } from "@haggle/toolchain";
import type { CaseResult } from "@haggle/toolchain/cases";
import { readProject, readRuntimeSources } from "haggle-cli";
import { beforeAll, describe, expect, it } from "vitest";
import { runProjectCases } from "../../engine/cli/cases.ts";

// The standard library: in one bundle of allowed size, told of, and shown by cases that hold.

const REPO = join(import.meta.dirname, "../..");
/** The demo shop's own. Everything else waits until a promotion names it. */
const LIVE = [
  "bundle-percent",
  "buy-x-get-y",
  "category-percent",
  "coupon-amount",
  "free-shipping",
  "segment-percent",
  "tiered-percent",
  "满300减50",
];

let library: readonly RuleMetadata[];
let results: readonly CaseResult[];
let sources: string[];
beforeAll(async () => {
  const project = await readProject(REPO);
  const outcome = await runProjectCases(project);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.diagnostics, null, 1));
  library = outcome.rules.filter(({ file }) => file.startsWith("rules/promotions/"));
  results = outcome.results.filter(({ file }) => file.startsWith("rules/promotions/"));
  sources = library.map(({ file }) => project.files[file]!);
});

describe("the library", () => {
  it("has its rules as templates, but for the demo shop's own", () => {
    const live = library.filter(({ template }) => template !== true);
    expect(live.map(({ name }) => name).sort()).toEqual(LIVE);
    expect(library.length - live.length).toBeGreaterThanOrEqual(24);
  });

  it("makes templates no promotions, unless one names them", async () => {
    const { files } = await readProject(REPO);
    const [name, other] = ["order-amount", "order-percent"];
    const pathOf = (each: string) => `rules/promotions/${each}/${each}${RULE_SUFFIX}`;
    const two = Object.fromEntries([name!, other!].map((each) => [pathOf(each), files[pathOf(each)]!]));
    const options = {
      compiler: createCompiler({ runtime: await readRuntimeSources() }),
      signer: await signerFromSeed(new Uint8Array(32).fill(7)),
      version: 1,
      now: 1_790_000_000_000,
    };
    const promotion = { id: "p", rule: name!, priority: 0 };
    const built = await build({ files: two }, { ...options, promotions: [promotion] });
    expect(built).toMatchObject({ ok: true, promotions: [promotion] });
    expect(await build({ files: two }, options)).toMatchObject({ ok: true, promotions: [] });
  });

  it("uses everything that a rule can return", async () => {
    const result = await readFile(join(REPO, "engine/runtime/haggle/result.ts"), "utf8");
    const makers = [...result.matchAll(/^ {2}static (\w+)\(/gm)].map(([, name]) => name!);
    expect(makers.length).toBeGreaterThan(20);
    const text = sources.join("\n");
    expect(makers.filter((name) => !text.includes(`Result.${name}(`))).toEqual([]);
  });

  it("says what each template and each of its parameters is for", () => {
    const untold = library
      .filter(({ template }) => template === true)
      .flatMap(({ name, description, parameters }) => [
        ...(description === undefined ? [name] : []),
        ...Object.entries(parameters.properties)
          .filter(([, schema]) => schema.description === undefined)
          .map(([parameter]) => `${name}.${parameter}`),
      ]);
    expect(untold).toEqual([]);
  });
});

describe("the cases", () => {
  it("hold", () => {
    const failed = results.filter(({ problems }) => problems.length > 0);
    expect(failed.map(({ file, name, problems }) => ({ file, name, problems }))).toEqual([]);
  });

  it("show each rule giving something, giving nothing, and at a boundary", () => {
    const poor = library.filter(({ name }) => {
      const own = results.filter(({ rules }) => rules.some((rule) => rule.name === name));
      const giving = own.filter(({ decision }) => givesSomething(decision as DecisionJson));
      return own.length < 3 || giving.length === 0 || giving.length === own.length;
    });
    expect(poor.map(({ name }) => name)).toEqual([]);
  });
});

function givesSomething({ discountTotal, added, grants }: DecisionJson): boolean {
  return discountTotal > 0 || added.length > 0 || grants.length > 0;
}
