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
import { keepRunning } from "./embedded-keeper.ts";

/** A running PostgreSQL that nobody else can reach. */
export type EmbeddedPostgres = {
  /** For its superuser. */
  url: string;
  /** From now on it is not started again when it ends. */
  expectEnd(): void;
  /** Resolves when it has written everything and ended. */
  stop(): Promise<void>;
};

const run = promisify(execFile);
const USER = "haggle";
const DATABASE = "postgres";

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

  const isWindows = process.platform === "win32";
  const socketFolder = isWindows ? undefined : await mkdtemp(join(tmpdir(), "haggle-pg-"));
  const port = isWindows ? await findFreePort() : 5432;
  const keeper = keepRunning({ data, log, launch: () => launch(binaries, data, { socketFolder, port }) });
  const stop = async () => {
    await keeper.stop();
    if (socketFolder !== undefined) await rm(socketFolder, { recursive: true, force: true });
  };
  try {
    await keeper.start();
  } catch (cause) {
    await stop();
    throw cause;
  }
  const authority = `${USER}:${encodeURIComponent(password)}@`;
  const url = socketFolder
    ? `postgres://${authority}localhost/${DATABASE}?host=${encodeURIComponent(socketFolder)}&port=${port}`
    : `postgres://${authority}127.0.0.1:${port}/${DATABASE}`;
  return { url, expectEnd: keeper.expectEnd, stop };
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

/**
 * The shell that starts it waits for this process to end, and then ends it: nothing stays when a server is killed. It
 * asks again, since a signal that comes before PostgreSQL listens is lost, and in the end it does not ask. Whoever ends a
 * whole tree or group of processes does not end the shell, without which PostgreSQL could stay behind.
 */
const KEEPER = `trap "" HUP INT TERM; exec 3<&0; socket=$1; shift; "$@" & child=$!
(cat >/dev/null; tries=0
while kill -0 $child 2>/dev/null; do
  if [ $tries -lt 5 ]; then kill -INT $child; else kill -QUIT $child; fi
  tries=$((tries + 1)); sleep 1
done) <&3 2>/dev/null &
wait $child; code=$?; rmdir "$socket" 2>/dev/null; exit $code`;

type Listen = { socketFolder: string | undefined; port: number };

async function launch(
  { postgres, prefix }: Binaries,
  data: string,
  { socketFolder, port }: Listen,
): Promise<ChildProcess> {
  if (socketFolder !== undefined) await mkdir(socketFolder, { recursive: true, mode: 0o700 });
  const settings = [
    `listen_addresses=${socketFolder === undefined ? "127.0.0.1" : ""}`,
    `port=${port}`,
    ...(socketFolder === undefined ? [] : [`unix_socket_directories=${socketFolder}`]),
    "unix_socket_permissions=0700",
    "max_connections=100",
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
