// The processes of the bench: servers whose CPU time is their own, and clients that are not all in one.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { FromClients } from "./rollout-clients.ts";
import type { FromServer } from "./rollout-server.ts";

export type Server = { url: string; cpuMs(): Promise<number>; close(): Promise<void> };

/** Milliseconds of the machine's clock: the same in all processes. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Each `next` is one message of that kind, in the order in which they come. */
export async function startClients(count: number, ...args: string[]) {
  const child = forkHere("rollout-clients.ts", [String(count), ...args]);
  const failed = once(child, "exit").then(() => Promise.reject(new Error("the clients ended")));
  failed.catch(() => {});
  const next = (is: FromClients["is"]): Promise<number> => {
    const message = new Promise<number>((resolve) => {
      child.on("message", function hear(message: FromClients) {
        if (message.is !== is) return;
        child.off("message", hear);
        resolve("at" in message ? message.at : 0);
      });
    });
    return Promise.race([message, failed]);
  };
  await next("ready");
  return {
    next,
    async close() {
      if (child.connected) child.disconnect();
      await failed.catch(() => {});
    },
  };
}

function forkHere(program: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  return fork(join(import.meta.dirname, program), args, {
    env: { ...process.env, ...env },
    execArgv: ["--conditions=haggle-source"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

export function start(...args: string[]): Promise<Server> {
  return startProgram("rollout-server.ts", args);
}

/** A program beside this one, which says what a `FromServer` is. */
export async function startProgram(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Server> {
  const child = forkHere(program, args, env);
  const { url } = (await hear(child)) as { url: string };
  return {
    url,
    async cpuMs() {
      child.send("cpu");
      return ((await hear(child)) as { cpuMs: number }).cpuMs;
    },
    async close() {
      const ended = once(child, "exit");
      child.disconnect();
      await ended;
    },
  };
}

function hear(child: ChildProcess): Promise<FromServer> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error("the server ended"));
    child.once("exit", end);
    child.once("message", (message) => {
      child.off("exit", end);
      resolve(message as FromServer);
    });
  });
}
