// `npm test`: everything that proves the product, in the order in which it is cheapest to fail.
//
//   npm test                 all of it
//   npm test -- sdk          only tests whose path contains "sdk"; skips the static checks
//   HAGGLE_TEST_SKIP=browser,redis,vscode npm test   a laptop without a Chromium, a Redis, a VS Code; refused where CI is set

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { provideChromium, provideJavaScriptCore, provideRedis, provideStrace } from "./provide.ts";
import { provideVscode } from "./provide-vscode.ts";
import { runVitest } from "./run-vitest.ts";

const ROOT = join(import.meta.dirname, "..");
const PROGRAMS: { skip: string; provide: () => boolean; wanted: string; debian?: string }[] = [
  {
    skip: "browser",
    provide: provideChromium,
    wanted: "a Chromium (chromium, google-chrome or the path in HAGGLE_CHROMIUM)",
    debian: "chromium",
  },
  {
    skip: "redis",
    provide: provideRedis,
    wanted: "a Redis (redis-server on the PATH)",
    debian: "redis-server",
  },
  {
    skip: "vscode",
    provide: provideVscodeForTests,
    wanted: "a VS Code, which is installed from npm on Linux",
  },
];
/** Each of the others can do without. */
const VSCODE_TESTS = [
  "test/e2e/extension-trust.test.ts",
  "test/e2e/extension.test.ts",
  "test/e2e/extension-web.test.ts",
  "test/extension/grammar.test.ts",
];
const bin = (name: string) => join(ROOT, "node_modules", ".bin", name);
const filters = process.argv.slice(2);
const skipped = (process.env.HAGGLE_TEST_SKIP ?? "").split(",").filter((name) => name !== "");

if (skipped.length > 0 && process.env.CI) stop("HAGGLE_TEST_SKIP is for laptops: CI proves everything.");
const unknown = skipped.find((name) => !PROGRAMS.some(({ skip }) => skip === name));
if (unknown !== undefined)
  stop(`HAGGLE_TEST_SKIP: nothing is called ${unknown}; browser, redis and vscode are.`);
requirePrograms();
requireStrace();
// One more engine for the proof of sameness, where CI can have it.
if (process.env.CI) provideJavaScriptCore();

if (filters.length === 0) {
  step("format and lint", bin("biome"), ["ci", "--error-on-warnings", "."]);
  step("types", bin("tsc"), ["-b"]);
  step("unused code and dependencies", "npm", ["run", "--silent", "knip", "-w", "scripts"]);
}
process.exit(await runVitest("test/vitest.config.ts", filters).catch(stopBroken));

/** Each of them, or the run ends here with what to do. */
function requirePrograms(): void {
  const missing: string[] = [];
  for (const { skip, provide, wanted, debian } of PROGRAMS) {
    if (skipped.includes(skip)) {
      console.warn(`\n!!! HAGGLE_TEST_SKIP: nothing that needs a ${skip} is proved by this run.\n`);
    } else if (!provide()) {
      missing.push(`  - ${wanted}`);
      if (debian !== undefined) missing.push(`    Debian and Ubuntu: apt-get install ${debian}`);
    }
  }
  if (missing.length === 0) return;
  stop(
    [
      "The tests need from this machine, and did not find:",
      ...missing,
      "Or, on a laptop: HAGGLE_TEST_SKIP=browser,redis,vscode npm test",
    ].join("\n"),
  );
}

/** True when the tests of this run that need a VS Code have one. */
function provideVscodeForTests(): boolean {
  const isAsked = (file: string) => filters.length === 0 || filters.some((filter) => file.includes(filter));
  if (!VSCODE_TESTS.some(isAsked)) return true;
  const folder = provideVscode();
  if (folder !== undefined) process.env.HAGGLE_TEST_VSCODE = folder;
  return folder !== undefined;
}

/** Only Linux can let system calls fail, so that a Mac may be without; CI may not. */
function requireStrace(): void {
  if (provideStrace()) return;
  if (process.env.CI) stop("CI proves what a failing disk does, for which it needs Linux and strace.");
  console.warn("\n!!! No strace on this machine: nothing about failing disks is proved by this run.\n");
}

function step(what: string, command: string, args: string[]): void {
  console.log(`\n--- ${what}`);
  if (spawn(command, args) !== 0) stop(`${what} failed; the tests did not run.`);
}

function spawn(command: string, args: string[]): number {
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    shell: process.platform === "win32",
  });
  if (error) console.error(error.message);
  return status ?? 1;
}

/** Such as by a database that does not start. */
function stopBroken(cause: unknown): never {
  console.error(cause);
  stop("The tests did not run to their end.");
}

function stop(message: string): never {
  console.error(`\n${message}`);
  console.log("0 passed, 1 failed, 0 skipped");
  process.exit(1);
}
