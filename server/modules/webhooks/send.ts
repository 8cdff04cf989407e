import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import type { Address, Target } from "./target.ts";

export type Answer = { code: number; text: string };

const TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Read before the connection is cut, so that a receiver is not cut off in the middle of a normal answer. */
const MAX_ANSWER_BYTES = 16 * 1024;
/** Of the answer, for the log of deliveries. */
const SHOWN_CHARACTERS = 500;

type Message = {
  body: string;
  headers: Readonly<Record<string, string>> /** Ends the try. */;
  stop: AbortSignal;
};

/**
 * Posts the body to the addresses that were checked, whatever the name resolves to by now. Follows no redirect.
 *
 * @throws Error of the connection, of TLS, or of ten seconds without an answer
 */
export function post({ url, addresses }: Target, { body, headers, stop }: Message): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const outgoing = send(url, {
    method: "POST",
    headers: { ...headers, "content-length": Buffer.byteLength(body) },
    // A connection of its own: none that was opened to another address is used again.
    agent: false,
    lookup: pinTo(addresses),
    maxHeaderSize: MAX_HEADER_BYTES,
    signal: AbortSignal.any([late, stop]),
  });
  let isAnswered = false;
  outgoing.on("error", (cause) => reject(late.aborted ? new Error("No answer in ten seconds") : cause));
  // Without a listener Node closes the connection and tells nobody.
  outgoing.on("upgrade", ({ statusCode = 0 }, socket) => {
    socket.destroy();
    resolve({ code: statusCode, text: "" });
  });
  outgoing.on("close", () => {
    if (!isAnswered) reject(new Error("The connection was closed without an answer"));
  });
  outgoing.on("response", (response) => {
    isAnswered = true;
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = () => {
      const text = Buffer.concat(chunks).toString("utf8").replaceAll("\0", "").slice(0, SHOWN_CHARACTERS);
      resolve({ code: response.statusCode ?? 0, text });
      outgoing.destroy();
    };
    response.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_ANSWER_BYTES) finish();
    });
    response.on("end", finish);
    // The status has been said, which is what counts.
    response.on("error", finish);
    response.on("close", finish);
  });
  outgoing.end(body);
  return promise;
}

function pinTo(addresses: readonly Address[]): LookupFunction {
  return (_hostname, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}
