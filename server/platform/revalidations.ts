import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpServer } from "./http.ts";
import type { Telemetry } from "./telemetry.ts";

type Dependencies = {
  /** The strong tag, with its quotes, of what is public at a path now; undefined for every other path. */
  findTag: (path: string) => string | undefined;
  /** The pattern that metrics name it by. */
  route: string;
  telemetry: Telemetry;
  isDraining: () => boolean;
};

/**
 * Answers 304 before the framework is asked: every open page of every shop looks again and again whether there is something
 * new, and mostly there is not. Whatever is not exactly that goes the usual way. What is answered here is counted in the
 * metrics, and not logged.
 */
export function answerRevalidations(server: HttpServer, dependencies: Dependencies): void {
  const { findTag, route, telemetry, isDraining } = dependencies;
  const [handle] = server.server.listeners("request") as ((
    request: IncomingMessage,
    response: ServerResponse,
  ) => void)[];
  server.server.removeAllListeners("request");
  server.server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const wanted = request.headers["if-none-match"];
    if (wanted === undefined || request.method !== "GET" || isDraining()) return handle!(request, response);
    const tag = findTag(request.url!);
    if (tag === undefined || wanted !== tag) return handle!(request, response);
    const startedAt = performance.now();
    response.writeHead(304, { ...HEADERS, etag: tag, "x-request-id": randomUUID() }).end();
    telemetry.observeRequest({ method: "GET", route, status: 304 }, (performance.now() - startedAt) / 1_000);
  });
}

/** Those of the full answer that a cache, or a page of another origin, goes by. */
const HEADERS = {
  "access-control-allow-origin": "*",
  "cache-control": "public, no-cache",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
} as const;
