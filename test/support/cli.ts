import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { childEnv } from "./child-env.ts";
import { removeFolder } from "./remove-folder.ts";

export const MAIN = join(
  dirname(createRequire(import.meta.url).resolve("haggle-cli/package.json")),
  "main.ts",
);

/** What is run for the real command: the program and its arguments. */
export function commandOf(...args: string[]): [string, ...string[]] {
  return [process.execPath, "--conditions=haggle-source", MAIN, ...args];
}

type CliOptions = {
  cwd: string;
  env?: Record<string, string>;
  /** What is piped into it. */
  input?: string;
  /** Rights on files hold for it also where it is root that runs the tests. */
  obeysRights?: boolean;
};

/** Root without what lets it pass over rights. */
const OBEYS_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] as const;

export type CliResult = { code: number | null; out: string; err: string };

/**
 * Starts the real command, as a person would, with no colours and no settings of this machine. Only what
 * was compiled is kept from one to the next: a run starts hundreds of them.
 */
export function startCli(
  args: string[],
  { cwd, env = {}, input, obeysRights = false }: CliOptions,
): ChildProcess {
  const isRoot = process.getuid?.() === 0;
  const [program, ...given] = [
    ...(obeysRights && isRoot ? OBEYS_RIGHTS : []),
    ...commandOf(...args),
  ] as const;
  return spawn(program, given, {
    cwd,
    env: {
      ...childEnv(),
      NO_COLOR: "1",
      ...env,
    },
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
}

/** Runs it to its end. */
export async function runCli(args: string[], options: CliOptions): Promise<CliResult> {
  const child = startCli(args, options);
  child.stdin?.end(options.input);
  const [out, err, code] = await Promise.all([
    readAll(child.stdout!),
    readAll(child.stderr!),
    new Promise<number | null>((done) => child.on("close", done)),
  ]);
  return { code, out, err };
}

/** An empty folder that `remove` takes away again. */
export async function createTemporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "haggle-cli-"));
  return { path, remove: () => removeFolder(path) };
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
