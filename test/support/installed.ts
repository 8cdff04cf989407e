// The rooms as npm delivers them, in a folder that knows nothing of this repository. Node refuses to strip types below
// node_modules, so everything that runs there is built JavaScript.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { removeFolder } from "./remove-folder.ts";

export const REPO = join(import.meta.dirname, "../..");
const ROOMS = ["sdk", "engine/toolchain", "engine/cli", "server"];

/**
 * The repository's Node first, and nothing of the npm that runs these tests. Whom its machine trusts stays: npm asks the
 * registry for what nobody has asked for yet.
 */
export const ENV: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local)|^NODE_(?!EXTRA_CA_CERTS)/.test(name),
    ),
  ),
  PATH: [join(REPO, "node_modules/.bin"), process.env.PATH].join(delimiter),
  NO_COLOR: "1",
};

export type Installed = {
  /** A project that has the packages as its dependencies. */
  home: string;
  tarballs: string[];
  /** Standard output of a command in the project that has to succeed. */
  must(command: string, ...args: string[]): Promise<string>;
  /** `haggle` without npx, which takes a second each time. */
  haggle(...args: string[]): Promise<string>;
  run(command: string, ...args: string[]): Promise<Ran>;
  write(name: string, text: string): Promise<void>;
  /** Installs more, in the versions that this repository has. */
  add(...names: string[]): Promise<void>;
  remove(): Promise<void>;
};

type Ran = { code: number; stdout: string; stderr: string };

/** Packs the rooms and installs what came of it into a fresh project; `remove` it. */
export async function installPackages(): Promise<Installed> {
  const home = await mkdtemp(join(tmpdir(), "haggle-install-"));
  const packs = join(home, "packs");
  await mkdir(packs);
  await must(REPO, "npm", "pack", ...ROOMS.map((room) => `./${room}`), "--pack-destination", packs);
  const tarballs = (await readdir(packs)).map((name) => join(packs, name));
  await writeFile(join(home, "package.json"), '{ "private": true, "type": "module" }');
  const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  await must(home, "npm", "install", ...quiet, ...tarballs);
  const versioned = async (name: string) => {
    const { version } = JSON.parse(await readFile(join(REPO, "node_modules", name, "package.json"), "utf8"));
    return `${name}@${version}`;
  };
  const inHome = (command: string, ...args: string[]) => must(home, command, ...args);
  return {
    home,
    tarballs,
    must: inHome,
    haggle: (...args) => inHome("node_modules/.bin/haggle", ...args),
    run: (command, ...args) => run(home, command, ...args),
    write: (name, text) => writeFile(join(home, name), text),
    add: async (...names) => {
      await must(home, "npm", "install", ...quiet, ...(await Promise.all(names.map(versioned))));
    },
    remove: () => removeFolder(home),
  };
}

async function run(cwd: string, command: string, ...args: string[]): Promise<Ran> {
  try {
    const { stdout, stderr } = await promisify(execFile)(command, args, {
      cwd,
      env: ENV,
      shell: process.platform === "win32",
    });
    return { code: 0, stdout, stderr };
  } catch (cause) {
    const { code, stdout, stderr } = cause as Ran;
    if (typeof code !== "number") throw cause;
    return { code, stdout, stderr };
  }
}

async function must(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(cwd, command, ...args);
  expect(code, `${command} ${args.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}
