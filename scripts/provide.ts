// Programs that tests need from the machine: found, or installed where this may install.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { findChromium, findProgram } from "../test/support/browser-path.ts";
import { findJavaScriptCore } from "../test/support/javascriptcore.ts";

/** True when there is a Chromium now. */
export function provideChromium(): boolean {
  return provide("Chromium", "chromium", () => findChromium() !== undefined);
}

/** True when there is a strace now, by which tests let system calls fail. Only Linux has it. */
export function provideStrace(): boolean {
  return (
    process.platform === "linux" && provide("strace", "strace", () => findProgram(["strace"]) !== undefined)
  );
}

/** True when there is a Redis now. */
export function provideRedis(): boolean {
  return provide("Redis", "redis-server", () => findProgram(["redis-server"]) !== undefined);
}

/** True when there is a JavaScriptCore now, which no machine needs; 7 MB, where a Debian has it under this name. */
export function provideJavaScriptCore(): boolean {
  return provide("JavaScriptCore", "libjavascriptcoregtk-4.0-bin", () => findJavaScriptCore() !== undefined);
}

function provide(name: string, debianPackage: string, isThere: () => boolean): boolean {
  if (isThere()) return true;
  if (!existsSync("/usr/bin/apt-get") || process.getuid?.() !== 0) return false;
  console.log(`No ${name} on this machine: installing Debian's.`);
  return apt("update") && apt("install", "-y", "--no-install-recommends", debianPackage) && isThere();
}

function apt(...args: string[]): boolean {
  const { status } = spawnSync("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-qq", ...args], {
    stdio: "inherit",
    // Where services are started by their packages, this level keeps them from it.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
  return status === 0;
}
