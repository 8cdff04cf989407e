import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";

// What authors read who have no editor that completes: the page has all that a rule can name, and its example runs.

const ENGINE = join(import.meta.dirname, "../../engine");
const CLASSES = "Context Cart Lines Line Shipping Customer Percent Sym Tags Result".split(" ");
/** `==` and `!=`. */
const OPERATORS = ["equals", "differs"];

const page = await readFile(join(ENGINE, "cli/RULES.md"), "utf8");

describe("the page about writing rules", () => {
  it("has all that a rule can name, and nothing else", async () => {
    const members = await readMembers();
    expect(Object.keys(members).sort()).toEqual([...CLASSES].sort());
    const named = readTables();
    for (const [heading, names] of Object.entries(named)) {
      const classes = heading.split(", ");
      const known = classes.flatMap((name) => members[name]!);
      const own = classes.includes("Percent") ? [...known, "mulDiv", "any", "of"] : known;
      expect([...new Set(names)].sort(), `the table of ${heading} in engine/cli/RULES.md`).toEqual(
        [...new Set(own)].sort(),
      );
    }
    expect(
      Object.keys(named)
        .flatMap((heading) => heading.split(", "))
        .sort(),
    ).toEqual([...CLASSES].sort());
  });

  it("has an example that passes its cases", async () => {
    const folder = await createTemporaryFolder();
    const [rule, cases] = [/^```ts\n(.*?)^```/ms, /^```json\n(.*?)^```/ms].map(
      (fence) => fence.exec(page)![1]!,
    );
    await mkdir(join(folder.path, "rules"));
    await writeFile(join(folder.path, "rules/shoes-and-socks.rule.ts"), rule!);
    await writeFile(join(folder.path, "rules/shoes-and-socks.cases.json"), cases!);
    const tested = await runCli(["test", "."], { cwd: folder.path });
    await folder.remove();
    expect(tested).toEqual({ code: 0, out: "1 passed, 0 failed\n", err: "" });
  });
});

/** Of each class that rules see, its public names, from the sources of the runtime. */
async function readMembers(): Promise<Record<string, string[]>> {
  const folder = join(ENGINE, "runtime/haggle");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), "utf8")));
  const classes = texts.flatMap((text) => [...text.matchAll(/^export class (\w+) {\n(.*?)^}/gms)]);
  const seen = classes.filter(([, name]) => CLASSES.includes(name!));
  return Object.fromEntries(
    seen.map(([, name, body]) => {
      const all = [...body!.matchAll(/^ {2}(?:static |get )?([a-z]\w*)\(.*\): \w+ {$/gm)];
      const names = all.map(([, member]) => member!);
      return [name!, names.filter((member) => !OPERATORS.includes(member))];
    }),
  );
}

/** The names in the first columns, under the classes that the head of the table names; all of `Result` together. */
function readTables(): Record<string, string[]> {
  const tables: Record<string, string[]> = {};
  let heading = "";
  for (const line of page.split("\n")) {
    const [, first] = /^\| (.*?) \|/.exec(line) ?? [];
    if (first === undefined) heading = "";
    if (first === undefined || first === "---") continue;
    const named = [...first.matchAll(/`([^`]*)`/g)].map(([, name]) => name!);
    if (heading === "")
      heading = named.length === 0 ? "Result" : named.join(", ").replace("Result.", "Result");
    else tables[heading] = [...(tables[heading] ?? []), ...named.map(nameOf)];
  }
  tables.Result?.push("none");
  return tables;
}

/** `of` in `Percent.of(10)`. */
function nameOf(shown: string): string {
  return shown.replace(/\(.*/, "").replace(/^.*\./, "");
}
