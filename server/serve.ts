import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { HaggleError } from "@haggle/abi";
import { createApp } from "./app.ts";
import type { Config } from "./config.ts";
import { systemClock } from "./platform/clock.ts";
import { createLog } from "./platform/log.ts";

/** A drain that takes longer is stuck on a connection that will not end. */
const HARD_EXIT_MS = 10_000;
/**
 * Connections that wait to be taken. All who are told of a release come at once, with three requests each; whom the system
 * turns away (Node's own 511 are few) tries again after a second, then three, then seven.
 */
const BACKLOG = 4_096;

/**
 * Runs the server until SIGTERM or SIGINT: then not ready, `Connection: close` on every answer, no new connections,
 * exit. A second signal ends it at once. Resolves with the address when it listens. With `isDemo` it is the demo
 * shop, where nothing was ever sold.
 *
 * @throws HaggleError SERVER_ADDRESS when it cannot listen there; it has ended then
 */
export async function serve(config: Config, { isDemo = false } = {}): Promise<string> {
  const log = createLog(config.logLevel);
  const storefrontFolder = findStorefront();
  if (storefrontFolder === undefined) log.warn("the storefront is not built; / is not served");
  const { server, drain } = await createApp(config, {
    clock: systemClock,
    log,
    isDemo,
    ...(storefrontFolder && { storefrontFolder }),
  });
  const { host, port } = config;
  const address = await server.listen({ host, port, backlog: BACKLOG }).catch(async (cause: unknown) => {
    await server.close();
    throw refusedAddress(cause, host, port);
  });

  const exit = (code: number, message: string, details: object = {}): never => {
    log[code === 0 ? "info" : "error"](details, message);
    process.exit(code);
  };
  const stop = (signal: NodeJS.Signals): void => {
    log.info({ signal }, "draining");
    drain();
    setTimeout(() => exit(1, "the drain took too long"), HARD_EXIT_MS).unref();
    setTimeout(() => {
      server.close().then(
        () => exit(0, "closed"),
        (cause: unknown) => exit(1, "closing failed", { err: cause }),
      );
    }, config.drainMs);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  return address;
}

/** What somebody at the shell can do about it; anything else is a bug, and stays what it is. */
const ADDRESS_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: "Another program listens there; stop it, or set PORT to another (0 takes a free one)",
  EACCES: "The system lets nobody but root listen there; set PORT to one from 1024 on",
  EADDRNOTAVAIL: "This machine has no such address; set HOST",
  ENOTFOUND: "This machine has no such address; set HOST",
};

function refusedAddress(cause: unknown, host: string, port: number): unknown {
  const message = ADDRESS_FAULTS[String((cause as NodeJS.ErrnoException).code)];
  if (message === undefined) return cause;
  return new HaggleError("SERVER_ADDRESS", message, { at: `${host}:${port}`, cause });
}

/** Beside this file in the package, under `dist` when run from source. */
function findStorefront(): string | undefined {
  const relative = import.meta.url.endsWith(".ts") ? "./dist/storefront/" : "./storefront/";
  const folder = fileURLToPath(new URL(relative, import.meta.url));
  return existsSync(folder) ? folder : undefined;
}
