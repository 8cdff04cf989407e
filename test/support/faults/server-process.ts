import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readAdminKey } from "../api-keys.ts";
import { childEnv } from "../child-env.ts";
import type { Shop } from "../release.ts";
import { type Call, caller } from "../rollout.ts";
import { tenantOf, testDatabaseUrl, until } from "../server.ts";

export const SERVER = dirname(createRequire(import.meta.url).resolve("@haggle/server/package.json"));

/** Far above what a test asks. */
const RATES = { HAGGLE_KEY_PER_MINUTE: "1000000", HAGGLE_ADDRESS_PER_MINUTE: "1000000" };

export type ServerProcess = {
  url: string;
  /** The admin's. */
  key: string;
  call: Call;
  get(path: string): Promise<Response>;
  isRunning(): boolean;
  /** How it ended, where nobody ended it and nobody killed it. */
  ownEnd(): string | undefined;
  /** As an operator ends it; throws when it has ended before, or ends otherwise. */
  stop(): Promise<void>;
  /** With signal 9. */
  kill(): Promise<void>;
};

/** Starts the server as `npm start` does, over a shop's data folder; resolves when it can sign, if it has what for. */
export async function startServerProcess(
  { dataFolder }: Pick<Shop, "dataFolder">,
  env: Readonly<Record<string, string>> = {},
  { signs = true } = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ["--conditions=haggle-source", join(SERVER, "main.ts")], {
    env: {
      ...childEnv(),
      HAGGLE_DATA: dataFolder,
      HAGGLE_TENANT: tenantOf(dataFolder),
      DATABASE_URL: testDatabaseUrl(),
      PORT: "0",
      ...RATES,
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let ownEnd: string | undefined;
  let isStopped = false;
  child.once("exit", (code, signal) => {
    if (!isStopped && signal !== "SIGKILL") ownEnd = `a server ended by itself with ${code ?? signal}`;
  });
  const ended = once(child, "exit");
  let url: string | undefined;
  let beginning = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (url !== undefined) return;
    beginning += text;
    url = /Haggle listens on (\S+)/.exec(beginning)?.[1];
  });
  const address = await until(() => url).catch((cause: unknown) => {
    child.kill("SIGKILL");
    throw cause;
  });
  const key = await readAdminKey(dataFolder);
  const call = caller({ url: address }, { authorization: `Bearer ${key}` });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const canSign = async () =>
    (await call<{ keys: { channel: string } }>("/readyz")).body.keys.channel === "ready";
  if (signs) await until(canSign);
  return {
    url: address,
    key,
    call,
    get: (path) => fetch(address + path),
    isRunning,
    ownEnd: () => ownEnd,
    async stop() {
      if (!isRunning()) throw new Error(`the server ended with ${child.exitCode ?? child.signalCode}`);
      isStopped = true;
      child.kill("SIGTERM");
      const [code, signal] = await ended;
      if (code !== 0) throw new Error(`the server ended with ${code ?? signal}`);
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
