import type { ChildProcess } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";

type Options = {
  /** The cluster's folder. */
  data: string;
  launch: () => Promise<ChildProcess>;
  log: Logger;
};

/** A clean start takes 60 ms; after a crash it first reads its log. */
const START_MS = 60_000;
/** It ends in a tenth of a second; what takes longer is being ended by its shell. */
const STOP_MS = 15_000;
const POLL_MS = 20;
/** What a server that was killed has left needs so long to end by itself. */
const HANDOVER_MS = 5_000;
const MIN_REST_MS = 500;
const MAX_REST_MS = 10_000;

/** Starts PostgreSQL, starts it again whenever it ends without being asked to, and stops it. */
export function keepRunning({ data, launch, log }: Options) {
  const statePath = join(data, "postmaster.pid");
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let isEndExpected = false;
  let isStopping = false;
  let restarting: Promise<void> | undefined;

  /** @throws HaggleError SERVER_DATABASE_LOCKED when another process has the folder, SERVER_DATABASE when it does not start */
  async function start(): Promise<void> {
    await waitForHandover();
    // What a dead one has left would say "ready" before this one is.
    await rm(statePath, { force: true });
    const next = await launch();
    child = next;
    ended = new Promise((resolve) => next.once("exit", () => resolve()));
    let output = "";
    next.stderr?.on("data", (chunk: Buffer) => {
      const text = chunk.toString("utf8");
      output = (output + text).slice(-4_000);
      log.debug({ postgres: text.trimEnd() }, "postgres");
    });
    await waitUntilReady(next, () => output.trim());
    void ended.then(() => {
      if (isStopping) return;
      if (isEndExpected) {
        log.info("the database ended before its server");
        return;
      }
      log.error({ code: "SERVER_DATABASE", postgres: output.trim().slice(-500) }, "the database ended");
      restarting = restart();
    });
  }

  async function restart(): Promise<void> {
    for (let rest = MIN_REST_MS; !isStopping && !isEndExpected; rest = Math.min(2 * rest, MAX_REST_MS)) {
      try {
        await start();
        log.info("the database runs again");
        return;
      } catch (cause) {
        // A start that is broken off is no failure.
        if (isStopping) return end();
        log.error({ err: cause, code: "SERVER_DATABASE" }, "the database does not start again");
        child?.stdin?.end();
        await pause(rest);
      }
    }
  }

  /** A folder whose PostgreSQL runs is in use; one that ends at this moment is not. */
  async function waitForHandover(): Promise<void> {
    const until = Date.now() + HANDOVER_MS;
    for (;;) {
      const pid = await readPid(statePath);
      if (pid === undefined || !(await isPostgres(pid))) return;
      if (Date.now() > until) {
        const message = "Another server has this data folder; stop it, or set HAGGLE_DATA or DATABASE_URL";
        throw new HaggleError("SERVER_DATABASE_LOCKED", message, { at: data, value: pid });
      }
      await pause(POLL_MS);
    }
  }

  /** The last line of its file of state says so. */
  async function waitUntilReady(started: ChildProcess, output: () => string): Promise<void> {
    const until = Date.now() + START_MS;
    for (;;) {
      const state = await readFile(statePath, "utf8").catch(() => "");
      if (/^ready\s*$/m.test(state)) return;
      const isOver = started.exitCode !== null || started.signalCode !== null;
      if (isOver || isStopping || Date.now() > until) {
        const message = `The embedded PostgreSQL does not start: ${output()}`;
        throw new HaggleError("SERVER_DATABASE", message, { at: data });
      }
      await pause(POLL_MS);
    }
  }

  async function end(): Promise<void> {
    if (process.platform === "win32") child?.kill("SIGINT");
    else child?.stdin?.end();
    await Promise.race([ended, pause(STOP_MS, undefined, { ref: false })]);
  }

  return {
    start,
    /** What ends the process may end the database as well, as Ctrl-C does where both are in one group. */
    expectEnd(): void {
      isEndExpected = true;
    },
    async stop(): Promise<void> {
      isStopping = true;
      await end();
      await restarting;
    },
  };
}

async function readPid(path: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(path, "utf8").catch(() => ""), 10);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/** After a power cut the number may be another program's. */
async function isPostgres(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform !== "linux") return true;
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  return name.trim() === "postgres";
}
