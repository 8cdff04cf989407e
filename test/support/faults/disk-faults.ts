// Disks that fail, and programs that are killed: what is there afterwards is the old or the new, never nothing, and
// never what nobody signed.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findProgram } from "../browser-path.ts";
import { removeFolder } from "../remove-folder.ts";
import { find, type Saved } from "./saver.ts";

export type Kind = "state" | "folder";

/** A system call that fails from its nth time on, every so many times (strace's `when`). */
export type DiskFault = { name: string; kind: Kind; inject: string };

const CALLS = "rename,renameat,renameat2";

/** Each file that is replaced is synced, then its folder: failures of every kind hit the one, the other, or both. */
export const DISK_FAULTS: readonly DiskFault[] = (["state", "folder"] as const).flatMap((kind) => [
  { kind, name: `${kind}: EIO on every fsync after the first save`, inject: "fsync:error=EIO:when=3+" },
  { kind, name: `${kind}: EIO on every second fsync, folders first`, inject: "fsync:error=EIO:when=2+2" },
  { kind, name: `${kind}: EIO on every third fsync`, inject: "fsync:error=EIO:when=3+3" },
  { kind, name: `${kind}: EIO on every fsync from the beginning`, inject: "fsync:error=EIO:when=1+" },
  { kind, name: `${kind}: ENOSPC on every third fsync`, inject: "fsync:error=ENOSPC:when=4+3" },
  { kind, name: `${kind}: EIO on every second rename`, inject: `${CALLS}:error=EIO:when=2+2` },
  { kind, name: `${kind}: ENOSPC on every rename after some`, inject: `${CALLS}:error=ENOSPC:when=6+` },
]);

/** The code by which each program tells of a disk that fails: the SDK's own, or the system's for a publisher. */
const CODES: Record<Kind, readonly string[]> = {
  state: ["CLIENT_STATE"],
  folder: ["EIO", "ENOSPC"],
};

export const STRACE: string | undefined = process.platform === "linux" ? findProgram(["strace"]) : undefined;

/** Saves `count` times over a failing disk. Returns how many saves failed, and what was wrong after any of them. */
export async function saveUnder(
  { kind, inject }: DiskFault,
  count: number,
): Promise<{ faults: number; wrong: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-fault-"));
  try {
    const path = join(folder, "there");
    const calls = inject.slice(0, inject.indexOf(":"));
    const strace = ["-f", "-qq", "-o", "/dev/null", "-e", `trace=${calls}`, "-e", `inject=${inject}`];
    const child = spawn(STRACE!, [...strace, ...saver(kind, path, count)], {
      stdio: ["ignore", "pipe", "inherit"],
      // strace counts calls by thread: with one, every failure is where its name says.
      env: { ...process.env, UV_THREADPOOL_SIZE: "1" },
    });
    const lines: Saved[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as Saved));
    const [code] = (await once(child, "close")) as [number | null];
    const wrong = lines.flatMap((line, index) => judge(kind, line, lines[index - 1]?.found ?? null));
    if (code !== 0) wrong.push(`the program ended with ${code}`);
    if (lines.length !== count) wrong.push(`${lines.length} of ${count} saves were told of`);
    return { faults: lines.filter(({ failed }) => failed !== null).length, wrong };
  } finally {
    await removeFolder(folder);
  }
}

/** Kills a program that saves, `afterMs` after its third save; returns what is wrong with what it has left. */
export async function killWhileSaving(kind: Kind, afterMs: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-kill-"));
  try {
    const path = join(folder, "there");
    const child = spawn(process.execPath, saver(kind, path, 1_000_000).slice(1), {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let last = 0;
    const told = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      last = (JSON.parse(line) as Saved).version;
      if (last === 3) told.resolve();
    });
    await told.promise;
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    child.kill("SIGKILL");
    await once(child, "close");
    const found = await find(kind, path);
    // It may have saved once more than it has told of.
    return found === last || found === last + 1 ? [] : [`version ${found} after ${last} was saved`];
  } finally {
    await removeFolder(folder);
  }
}

function judge(kind: Kind, { version, failed, found }: Saved, before: number | null): string[] {
  if (failed === null) return found === version ? [] : [`saved ${version}, and found ${found}`];
  const wrong: string[] = [];
  if (!CODES[kind].includes(failed)) wrong.push(`saving ${version} failed by ${failed}`);
  if (found !== before && found !== version) {
    wrong.push(`saving ${version} over ${before} failed, and found ${found}`);
  }
  return wrong;
}

function saver(kind: Kind, path: string, count: number): string[] {
  const program = new URL("saver.ts", import.meta.url).pathname;
  return [process.execPath, "--conditions=haggle-source", program, kind, path, String(count)];
}
