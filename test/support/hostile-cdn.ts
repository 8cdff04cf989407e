// A web server on this machine that gives a client what it must not have. It serves a tree like a release folder's, and
// lets any path be answered in another way.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Answers a request for a path. `file` is what the tree has there. */
export type Answer = (response: ServerResponse, file: Uint8Array | undefined) => void | Promise<void>;

export type HostileCdn = {
  url: string;
  /** From now on these files are there, and these paths are answered otherwise. */
  show(files: ReadonlyMap<string, Uint8Array>, answers?: Readonly<Record<string, Answer>>): void;
  /** Bytes that were handed to the system for bodies since the last `show`. */
  sent(): number;
  close(): Promise<void>;
};

export type CdnOptions = {
  /** Served beside the tree, for a browser that needs a page of the same origin. */
  pages?: Readonly<Record<string, { type: string; body: string }>>;
  /** What a page posts, and where. */
  onPost?: (path: string, body: string) => void;
};

export async function serveHostileCdn({ pages = {}, onPost }: CdnOptions = {}): Promise<HostileCdn> {
  let files: ReadonlyMap<string, Uint8Array> = new Map();
  let answers: Readonly<Record<string, Answer>> = {};
  let sent = 0;

  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (request.method === "POST") {
      onPost?.(path, await text(request));
      response.writeHead(204).end();
      return;
    }
    const page = pages[path];
    if (page) {
      response.writeHead(200, { "content-type": page.type }).end(page.body);
      return;
    }
    const name = path.slice(1);
    countWrites(response, (bytes) => {
      sent += bytes;
    });
    // A client that has had enough ends the connection; that is not this server's failure.
    response.on("error", () => {});
    void (answers[name] ?? whole)(response, files.get(name));
  });
  await packBomb();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    show(shown, others = {}) {
      files = shown;
      answers = others;
      sent = 0;
    },
    sent: () => sent,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function countWrites(response: ServerResponse, count: (bytes: number) => void): void {
  const write = response.write.bind(response) as (chunk: Uint8Array, done?: () => void) => boolean;
  response.write = ((chunk: Uint8Array, done?: () => void) => {
    count(chunk.length);
    return write(chunk, done);
  }) as ServerResponse["write"];
}

const whole: Answer = (response, file) => {
  if (file === undefined) response.writeHead(404).end();
  else response.writeHead(200, NOT_KEPT).end(file);
};

/** Half of the body, and then the connection is gone. */
export const cut: Answer = (response, file = new Uint8Array()) => {
  response.writeHead(200, { ...NOT_KEPT, "content-length": file.length });
  response.write(file.subarray(0, file.length / 2), () => response.destroy());
};

/** Half of the body, and a length that says that this is all. */
export const half: Answer = (response, file = new Uint8Array()) => {
  response.writeHead(200, NOT_KEPT).end(file.subarray(0, file.length / 2));
};

/** A length of ten times the body, which is never sent. */
export const promised: Answer = (response, file = new Uint8Array()) => {
  response.writeHead(200, { ...NOT_KEPT, "content-length": file.length * 10 });
  response.write(file, () => response.destroy());
};

/** Spaces without end, as fast as they are read. */
export const endless: Answer = (response) => stream(response, Number.POSITIVE_INFINITY);

/** A hundred megabytes. */
export const huge: Answer = (response) => stream(response, 100 * 1024 * 1024);

/** Small on the wire, two hundred megabytes behind it. */
export const bomb: Answer = async (response) => {
  response.writeHead(200, { ...NOT_KEPT, "content-encoding": "gzip" }).end(await packBomb());
};

export const badGzip: Answer = (response, file) => {
  response.writeHead(200, { ...NOT_KEPT, "content-encoding": "gzip" }).end(file);
};

/** Headers, a byte, and nothing more for as long as the client waits. */
export const silent: Answer = (response) => {
  response.writeHead(200, { ...NOT_KEPT, "content-length": 1000 });
  response.write(SPACES.subarray(0, 1));
};

export const page: Answer = (response) => {
  response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Welcome</title>");
};

export const nothing: Answer = (response) => {
  response.writeHead(200, NOT_KEPT).end();
};

export function status(code: number): Answer {
  return (response) => {
    response.writeHead(code, { "content-type": "application/json" }).end('{"error":"no"}');
  };
}

export function redirect(path: string): Answer {
  return (response) => {
    response.writeHead(302, { location: `/${path}` }).end();
  };
}

/** One thing, then another, and so on in turn. */
export function inTurn(...files: Uint8Array[]): Answer {
  let count = 0;
  return (response) => whole(response, files[count++ % files.length]);
}

/** Another file of the tree's kind. */
export function instead(file: Uint8Array): Answer {
  return (response) => whole(response, file);
}

const NOT_KEPT = { "cache-control": "no-store" };
const SPACES = new Uint8Array(64 * 1024).fill(0x20);

async function stream(response: ServerResponse, length: number): Promise<void> {
  response.writeHead(200, NOT_KEPT);
  let isGone = false;
  let wake = () => {};
  response.on("drain", () => wake());
  response.on("close", () => {
    isGone = true;
    wake();
  });
  for (let at = 0; at < length && !isGone; at += SPACES.length) {
    if (response.write(SPACES) || isGone) continue;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  response.end();
}

const UNPACKED_BYTES = 200 * 1024 * 1024;
let packing: Promise<Buffer> | undefined;

/** Packed once, before anybody waits for it. */
function packBomb(): Promise<Buffer> {
  packing ??= promisify(gzip)(Buffer.alloc(UNPACKED_BYTES, 0x20));
  return packing;
}
