import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";

/** Pages in front of a server, on one origin with it, as a shop has it. */
export type ClientFront = {
  url: string;
  /** Event streams that are open now. */
  streams: ReadonlySet<ServerResponse>;
  /** Paths that were asked for. */
  asked: string[];
  /** Nothing is answered any more but the pages themselves. */
  isOffline: boolean;
  /** By the beginning of a path: what is answered there, to be kept for a year, as by somebody who has the CDN for a minute. */
  poison: Map<string, Uint8Array | string>;
  /** What begins so is answered when it is taken out of `held` and called. */
  holds: string | undefined;
  held: (() => void)[];
  close(): Promise<void>;
};

const POLICY = "default-src 'none'; connect-src 'self'; script-src 'self'";
const POLICIES: Readonly<Record<string, string>> = {
  "/": `${POLICY} 'wasm-unsafe-eval'`,
  "/blocked": POLICY,
  "/elsewhere": POLICY.replace("connect-src 'self'", "connect-src http://127.0.0.1:*"),
};

/** `/` is a page that may run WebAssembly, `/blocked` one that may not, `/elsewhere` neither but asks servers of other origins. */
export async function serveClientPage(serverUrl: string): Promise<ClientFront> {
  const script = await bundlePage();
  const streams = new Set<ServerResponse>();
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const path = incoming.url!;
    if (path === "/page.js") return void outgoing.setHeader("content-type", "text/javascript").end(script);
    const policy = POLICIES[path];
    if (policy !== undefined) {
      outgoing.setHeader("content-security-policy", policy).setHeader("content-type", "text/html");
      outgoing.end(
        `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>`,
      );
      return;
    }
    asked.push(path);
    if (front.isOffline) return void outgoing.destroy();
    const [, poison] = [...front.poison].find(([start]) => path.startsWith(start)) ?? [];
    if (poison !== undefined) {
      outgoing.setHeader("cache-control", "public, max-age=31536000, immutable").end(poison);
      return;
    }
    if (front.holds !== undefined && path.startsWith(front.holds))
      return void front.held.push(() => answer(incoming, outgoing));
    answer(incoming, outgoing);
  });

  function answer(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method, headers } = incoming;
    const path = incoming.url!;
    const onward = request(`${serverUrl}${path}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => {
      streams.delete(outgoing);
      onward.destroy();
    });
    if (path.endsWith("/events")) streams.add(outgoing);
    incoming.pipe(onward);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const front: ClientFront = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    streams,
    asked,
    isOffline: false,
    poison: new Map(),
    holds: undefined,
    held: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return front;
}

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL("./client-page.ts", import.meta.url).pathname],
    ...{ bundle: true, format: "esm", platform: "browser", target: "chrome137", write: false },
    conditions: ["haggle-source"],
    logLevel: "warning",
  });
  return outputFiles[0]!.text;
}
