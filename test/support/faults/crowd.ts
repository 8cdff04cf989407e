import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { now } from "../../bench/rollout-processes.ts";
import type { FromCrowd, ToCrowd } from "./sdk-crowd.ts";

/** A server gives one address 50 streams. */
const CLIENTS_EACH = 40;
/** After that they hang; it is no limit to be kept. */
const MAX_WAIT_MS = 60_000;

/** Connects SDK clients to a server, from as many addresses as it takes, some at a time. */
export async function startCrowd(count: number, url: string, rootFile: string) {
  const children: ChildProcess[] = [];
  const wrong: string[] = [];
  for (let started = 0; started < count; started += CLIENTS_EACH) {
    const clients = String(Math.min(CLIENTS_EACH, count - started));
    const address = `127.0.0.${children.length + 1}`;
    const child = fork(join(import.meta.dirname, "sdk-crowd.ts"), [clients, address, url, rootFile], {
      execArgv: ["--conditions=haggle-source"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("message", (message: FromCrowd) => {
      if (message.is === "wrong") wrong.push(`an SDK came to ${message.price}`);
    });
    children.push(child);
    await hear(child, "ready");
  }

  async function close(): Promise<void> {
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      if (child.connected) child.disconnect();
      await ended;
    }
  }

  return {
    /** What somebody priced otherwise than was right at that moment. */
    wrong,
    /**
     * Does what brings everybody to another price.
     *
     * @returns how long after it was done the last client got there, in milliseconds
     */
    async follow(price: string, act: () => Promise<unknown>): Promise<number> {
      const there = children.map((child) => hear(child, "there"));
      await Promise.all(
        children.map((child) => {
          const ready = hear(child, "ready");
          child.send({ price } satisfies ToCrowd);
          return ready;
        }),
      );
      await act();
      const doneAt = now();
      // Those who hang say where.
      const late = setTimeout(() => {
        for (const child of children) child.kill();
      }, MAX_WAIT_MS);
      const last = Math.max(
        ...(await Promise.all(there).catch((cause: unknown) => {
          throw new Error(`not everybody came to ${price}: ${wrong.slice(0, 3)}`, { cause });
        })),
      );
      clearTimeout(late);
      return last - doneAt;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The next message of that kind; its time, if it has one. */
function hear(child: ChildProcess, is: FromCrowd["is"]): Promise<number> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new Error("the clients ended"));
    child.once("exit", end);
    child.on("message", function take(message: FromCrowd) {
      if (message.is !== is) return;
      child.off("message", take);
      child.off("exit", end);
      resolve("at" in message ? message.at : 0);
    });
  });
}
