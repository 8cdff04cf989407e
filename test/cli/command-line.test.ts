import { once } from "node:events";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli, startCli } from "../support/cli.ts";

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
const haggle = (...args: string[]) => runCli(args, { cwd: folder.path });

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await haggle("init", "shop");
});
afterAll(() => folder.remove());

describe("the command line", () => {
  it("explains itself", async () => {
    expect(await haggle("--version")).toMatchObject({ code: 0, out: "0.1.0\n" });
    const help = await haggle("--help");
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).not.toMatch(/^ {2}serve /m);
    expect((await haggle("keys", "new", "folder")).err).toContain("use --out DIR");
    const page = await haggle("build", "--help");
    expect(await haggle("help", "build")).toEqual(page);
    expect((await haggle("help", "keys", "new")).out).toMatch(/^Usage: haggle keys new /);
    expect(await haggle("-v")).toEqual(await haggle("--version"));
    for (const verb of ["init", "dev", "build", "run", "test", "bundle", "keys"]) {
      expect(help.out).toContain(`  ${verb} `);
      expect(await haggle(verb, "--help")).toMatchObject({
        code: 0,
        out: expect.stringMatching(/^Usage: haggle /),
      });
    }
  });

  it.each([
    [["buidl"], 'No such verb; perhaps build is meant, see haggle --help, got "buidl"'],
    [["help", "buidl"], 'No such verb; perhaps build is meant, see haggle --help, got "buidl"'],
    [["run", "--sever"], 'No such flag; perhaps --server is meant, see haggle run --help, got "--sever"'],
    [
      ["keys", "new", "--encript"],
      'No such flag; perhaps --encrypt is meant, see haggle keys --help, got "--encript"',
    ],
    [["check", "--quiet"], 'No such flag; see haggle check --help, got "--quiet"'],
    [["check", "--cost", "-5"], "Option '--cost' argument is ambiguous; see haggle check --help"],
    [["bundle"], "bundle inspect FILE, or bundle verify FILE --key FILE"],
  ])("says what may be meant by %j, in one line", async (args, text) => {
    expect(await haggle(...args)).toEqual({ code: 2, out: "", err: `CLI_USAGE ${text}\n` });
  });

  it("goes on where nobody reads any more, and says by its code how it went", async () => {
    const ended = async (...args: string[]) => {
      const child = startCli(args, { cwd: folder.path });
      let err = "";
      child.stdout!.destroy();
      child.stderr!.on("data", (chunk: Buffer) => {
        err += chunk.toString("utf8");
      });
      const [code] = await once(child, "close");
      return [code, err];
    };
    expect(await ended("--help")).toEqual([0, ""]);
    expect(await ended("schema", "shop")).toEqual([0, ""]);
    expect(await ended()).toEqual([2, ""]);
  });

  it("exits with 2 when it is misused", async () => {
    for (const args of [
      ["bogus"],
      ["build", "--bogus"],
      ["build", "a", "b"],
      ["keys"],
      ["bundle", "look", "x"],
      ["run"],
      [],
    ]) {
      const { code, err } = await haggle(...args);
      expect(code, args.join(" ")).toBe(2);
      if (args.length > 0) expect(err).toMatch(/^CLI_USAGE /);
    }
  });
});

describe("what the file system refuses", () => {
  it("is told in a line, as all that is refused", async () => {
    const at = (...path: string[]) => join(folder.path, ...path);
    await writeFile(at("file"), "");
    await mkdir(at("circle"));
    await symlink("promotions", at("circle", "promotions"));
    const refusals: [args: string[], err: string][] = [
      [["init", "file"], `The system refuses: something of this name is there already at ${at("file")}`],
      [["init", "file/shop"], `The system refuses: a file is where a folder would be at ${at("file/shop")}`],
      [
        ["keys", "new", "--out", "file/x"],
        `Cannot be read: a file is where a folder would be at ${at("file/x/author.pk")}`,
      ],
      [
        ["docs", "shop", "--out", "file/docs"],
        `The system refuses: a file is where a folder would be at ${at("file/docs")}`,
      ],
      [
        ["build", "shop", "--out", "file"],
        `Cannot be read: a file is where a folder would be at ${at("file/.build.json")}`,
      ],
      [["test", "circle"], `The system refuses: links lead in a circle at ${at("circle/promotions")}`],
      [["dev", "circle"], `The system refuses: links lead in a circle at ${at("circle/promotions")}`],
    ];
    for (const [args, err] of refusals) {
      const refused = await haggle(...args);
      expect(refused, args.join(" ")).toEqual({ code: 1, out: "", err: `CLI_FILE ${err}\n` });
    }
  });

  it("is said of a folder without rights", async () => {
    const rules = join(folder.path, "shop", "rules");
    await chmod(rules, 0o000);
    const refused = await runCli(["build", "shop"], { cwd: folder.path, obeysRights: true });
    await chmod(rules, 0o755);
    expect(refused).toEqual({
      code: 1,
      out: "",
      err: `CLI_FILE The system refuses: no permission at ${rules}\n`,
    });
  });
});
