import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";

// asc and binaryen are 15 MB, of which a second start of the server, and whoever only signs, needs nothing.

const LIST_LOADED = `
  import { registerHooks } from "node:module";
  registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
  await import(process.argv[1]);
`;

function listLoaded(entry: string): string[] {
  const flags = ["--conditions=haggle-source", "--input-type=module", "--eval", LIST_LOADED, entry];
  return execFileSync(process.execPath, flags, { cwd: import.meta.dirname, encoding: "utf8" }).split("\n");
}

it.each(["@haggle/toolchain", "haggle-cli"])("importing %s loads no compiler", (name) => {
  const loaded = listLoaded(import.meta.resolve(name));
  expect(loaded.length).toBeGreaterThan(20);
  expect(loaded.filter((url) => /binaryen|assemblyscript/.test(url))).toEqual([]);
});
