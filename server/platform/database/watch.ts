import { HaggleError } from "@haggle/abi";
import type { Logger } from "pino";
import type { Database } from "./database.ts";

const EVERY_MS = 2_000;

/** Looks whether the database answers, and tells when that changes. */
export function watchDatabase(database: Database, log: Logger) {
  let isLost = false;
  let looking: Promise<void> | undefined;

  async function look(): Promise<void> {
    const failure = await database.query("select 1").then(
      () => undefined,
      (cause: unknown) => cause,
    );
    const wasLost = isLost;
    isLost = failure !== undefined;
    if (isLost === wasLost) return;
    const code = failure instanceof HaggleError ? failure.code : "SERVER_DATABASE";
    if (isLost) log.error({ err: failure, code }, "the database is lost: what is in memory goes on");
    else log.info("the database is back");
  }

  const timer = setInterval(() => {
    looking ??= look().finally(() => {
      looking = undefined;
    });
  }, EVERY_MS).unref();

  return {
    isLost: () => isLost,
    async stop(): Promise<void> {
      clearInterval(timer);
      await looking;
    },
  };
}
