import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Compiled, type Compiler, createCompiler, type Project } from "@haggle/toolchain";
import { readProject, readRuntimeSources } from "haggle-cli";
import { beforeAll, describe, expect, it, vi } from "vitest";

// A compiler that keeps the trees of its libraries says and makes what one says and makes that parses them every time. The
// projects are all rules of this repository, programs of the kinds that people write in AssemblyScript, and every fixture.

// Every fixture is compiled four times: a quarter of a minute where nothing else runs.
vi.setConfig({ testTimeout: 600_000 });

const HERE = import.meta.dirname;
const RULES_AT_ONCE = 11;

let fresh: Compiler;
let kept: Compiler;
let programs: Map<string, Project>;
let fixtures: Map<string, Project>;

beforeAll(async () => {
  const runtime = await readRuntimeSources();
  fresh = createCompiler({ runtime, isPlain: true });
  kept = createCompiler({ runtime });
  const { files } = await readProject(join(HERE, "../.."));
  programs = new Map(chunksOf(files));
  for (const name of await readdir(join(HERE, "programs"))) {
    const file = `rules/${name}`;
    programs.set(name, { files: { [file]: await readFile(join(HERE, "programs", name), "utf8") } });
  }
  fixtures = new Map();
  for (const name of await readdir(join(HERE, "fixtures"))) {
    fixtures.set(name, { files: await readSources(join(HERE, "fixtures", name), "rules") });
  }
});

describe("kept libraries", () => {
  it("make the same bytes and say the same, in whatever order projects come", async () => {
    const expected = new Map<string, Compiled>();
    for (const [name, project] of programs) {
      expected.set(name, await fresh.compile(project, { debug: true }));
      expect(await kept.compile(project, { debug: true }), name).toEqual(expected.get(name));
    }
    for (const [name, project] of [...programs].reverse()) {
      expect(await kept.compile(project, { debug: true }), `${name}, again`).toEqual(expected.get(name));
    }
    const compiled = [...expected.values()].filter(({ ok }) => ok);
    expect(compiled.length).toBe(programs.size - 2);
  });

  it("make the same bundle of all rules for release, with its map", async () => {
    const project = await readProject(join(HERE, "../.."));
    const options = { sourceMap: true };
    expect(await kept.compile(project, options)).toEqual(await fresh.compile(project, options));
  });

  it("say the same of what is wrong, in whatever order mistakes come", async () => {
    const all = new Map([...programs, ...fixtures]);
    const expected = new Map<string, unknown>();
    for (const [name, project] of all) {
      expected.set(name, await fresh.check(project));
      expect(await kept.check(project), name).toEqual(expected.get(name));
    }
    for (const [name, project] of [...all].reverse()) {
      expect(await kept.check(project), `${name}, again`).toEqual(expected.get(name));
    }
  });

  it("take no more memory with every check", async () => {
    const project = programs.get("classes.rule.ts")!;
    const measure = async (checks: number) => {
      for (let i = 0; i < checks; i++) {
        const text = `${project.files["rules/classes.rule.ts"]}\nfunction f${i}(): i32 {\n  return ${i};\n}\n`;
        await kept.check({ files: { "rules/classes.rule.ts": text } });
      }
      collect();
      return process.memoryUsage().rss;
    };
    // What nobody holds is gone before it is measured: when a collector comes by itself depends on what else the machine does.
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const warm = await measure(40);
    // A module that nobody ends is half a megabyte.
    expect((await measure(80)) - warm).toBeLessThan(30 * 1024 * 1024);
  });
});

function* chunksOf(files: Readonly<Record<string, string>>): Generator<[string, Project]> {
  const all = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  for (let at = 0; at < all.length; at += RULES_AT_ONCE) {
    yield [`rules from ${at}`, { files: Object.fromEntries(all.slice(at, at + RULES_AT_ONCE)) }];
  }
}

async function readSources(root: string, folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) Object.assign(files, await readSources(root, path));
    else files[path] = await readFile(join(root, path), "utf8");
  }
  return files;
}
