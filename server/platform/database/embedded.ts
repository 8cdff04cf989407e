import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import { type Binaries, findBinaries } from "./embedded-binaries.ts";

/** A running PostgreSQL that nobody else can reach. */
export type EmbeddedPostgres = {
  /** For its superuser. */
  url: string;
  /** Resolves when it has written everything and ended. */
  stop(): Promise<void>;
};

const run = promisify(execFile);
const USER = "haggle";
const DATABASE = "postgres";
/** A clean start takes 60 ms; after a crash it first reads its log. */
const START_MS = 60_000;
const POLL_MS = 20;
/** What a server that was killed has left needs so long to end by itself. */
const HANDOVER_MS = 5_000;

/**
 * Runs PostgreSQL over a data folder: makes the cluster when there is none, in a folder of another name first, so that
 * an interrupted start leaves nothing half made. It listens on a Unix socket in a folder of its own (Windows: a free port
 * of the loopback interface) with a random password, and ends when this process ends, in whatever way.
 *
 * @throws HaggleError SERVER_DATABASE when it cannot run here; SERVER_DATABASE_LOCKED when another process has the folder
 */
export async function startEmbedded(folder: string, log: Logger): Promise<EmbeddedPostgres> {
  const binaries = await findBinaries();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const password = await readPassword(join(folder, "password"));
  const data = join(folder, "cluster");
  if (!(await exists(join(data, "PG_VERSION")))) await initialise(binaries, folder, data);
  await waitForHandover(data);

  const isWindows = process.platform === "win32";
  const socketFolder = isWindows ? undefined : await mkdtemp(join(tmpdir(), "haggle-pg-"));
  const port = isWindows ? await findFreePort() : 5432;
  const child = launch(binaries, data, { socketFolder, port });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    const text = chunk.toString("utf8");
    output = (output + text).slice(-4_000);
    log.debug({ postgres: text.trimEnd() }, "postgres");
  });

  const removeSocket = async () => {
    if (socketFolder !== undefined) await rm(socketFolder, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(data, child, () => output);
  } catch (cause) {
    child.stdin?.end();
    await removeSocket();
    throw cause;
  }
  const authority = `${USER}:${encodeURIComponent(password)}@`;
  const url = socketFolder
    ? `postgres://${authority}localhost/${DATABASE}?host=${encodeURIComponent(socketFolder)}&port=${port}`
    : `postgres://${authority}127.0.0.1:${port}/${DATABASE}`;
  return {
    url,
    async stop() {
      if (isWindows) child.kill("SIGINT");
      else child.stdin?.end();
      await ended;
      await removeSocket();
    },
  };
}

async function readPassword(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw broken(path, cause);
    const password = randomBytes(24).toString("base64url");
    await writeFile(path, password, { mode: 0o600 });
    return password;
  }
}

async function initialise(binaries: Binaries, folder: string, data: string): Promise<void> {
  const fresh = `${data}.new`;
  await rm(fresh, { recursive: true, force: true });
  const options = ["-D", fresh, "-U", USER, "-A", "scram-sha-256", "--pwfile", join(folder, "password")];
  const [program, ...prefix] = [...binaries.prefix, binaries.initdb];
  try {
    await run(program!, [...prefix, ...options, "-E", "UTF8", "--locale=C", "--no-instructions"]);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    throw broken(folder, cause);
  }
  await rename(fresh, data);
}

/** The shell that starts it waits for this process to end, and then ends it: nothing stays when a server is killed. */
const KEEPER = `exec 3<&0; socket=$1; shift; "$@" & child=$!
(cat >/dev/null; kill -INT $child 2>/dev/null) <&3 &
wait $child; code=$?; rmdir "$socket" 2>/dev/null; exit $code`;

type Listen = { socketFolder: string | undefined; port: number };

function launch({ postgres, prefix }: Binaries, data: string, { socketFolder, port }: Listen): ChildProcess {
  const settings = [
    `listen_addresses=${socketFolder === undefined ? "127.0.0.1" : ""}`,
    `port=${port}`,
    ...(socketFolder === undefined ? [] : [`unix_socket_directories=${socketFolder}`]),
    "unix_socket_permissions=0700",
    "max_connections=60",
    "timezone=UTC",
  ];
  const command = [...prefix, postgres, "-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  if (socketFolder === undefined) {
    return spawn(command[0]!, command.slice(1), { stdio: ["ignore", "ignore", "pipe"], windowsHide: true });
  }
  // A session of its own: Ctrl-C in a terminal is for the server, which ends its database last.
  return spawn("sh", ["-c", KEEPER, "sh", socketFolder, ...command], {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
  });
}

/** A folder whose PostgreSQL runs is in use; one that ends at this moment is not. */
async function waitForHandover(data: string): Promise<void> {
  const path = join(data, "postmaster.pid");
  const until = Date.now() + HANDOVER_MS;
  for (;;) {
    const pid = await readPid(path);
    if (pid === undefined || !isAlive(pid)) return;
    if (Date.now() > until) {
      const message = "Another server has this data folder; stop it, or set HAGGLE_DATA or DATABASE_URL";
      throw new HaggleError("SERVER_DATABASE_LOCKED", message, { at: data, value: pid });
    }
    await pause();
  }
}

/** The last line of its file of state says so. */
async function waitUntilReady(data: string, child: ChildProcess, output: () => string): Promise<void> {
  const until = Date.now() + START_MS;
  for (;;) {
    const state = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
    if (/^ready\s*$/m.test(state)) return;
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
      throw new HaggleError("SERVER_DATABASE", `The embedded PostgreSQL does not start: ${output().trim()}`, {
        at: data,
      });
    }
    await pause();
  }
}

async function readPid(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function broken(at: string, cause: unknown): HaggleError {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return new HaggleError(
    "SERVER_DATABASE",
    `The embedded PostgreSQL cannot be used: ${(stderr || message).trim()}`,
    {
      at,
      cause,
    },
  );
}
