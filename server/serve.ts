import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
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
  const address = await server.listen({ host: config.host, port: config.port, backlog: BACKLOG });

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

/** Beside this file in the package, under `dist` when run from source. */
function findStorefront(): string | undefined {
  const relative = import.meta.url.endsWith(".ts") ? "./dist/storefront/" : "./storefront/";
  const folder = fileURLToPath(new URL(relative, import.meta.url));
  return existsSync(folder) ? folder : undefined;
}
