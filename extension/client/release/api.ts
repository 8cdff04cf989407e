// A Haggle server as the extension asks it: the same rules on addresses and keys as the command line has. Nothing here
// knows VS Code, and `fetch` is all that it needs, so that both hosts and the tests have the same client.

import type { Said } from "../say.ts";

/** What a request failed with: the server's code and its sentence, or one of the three below and what it is about. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: string;
  readonly status: number | undefined;

  constructor(code: string, message: string, { status, cause }: { status?: number; cause?: unknown } = {}) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.status = status;
  }
}

// What no server says of itself. The message is an address, a status, or a path; `explainError` makes a sentence of it.
export const NO_ANSWER = "CLIENT_NETWORK";
export const NO_HAGGLE = "CLIENT_STATUS";
export const NO_JSON = "CLI_NOT_JSON";

/** An answer that is none of a Haggle server's: of another shape, or without end. The message is the path. */
export class StrangeAnswer extends Error {
  override readonly name = "StrangeAnswer";
}

/** Why a key is not sent to an address. */
export class AddressError extends Error {
  override readonly name = "AddressError";
  readonly fault: "notHttp" | "hasKey" | "inTheClear";

  constructor(fault: AddressError["fault"], given: string) {
    super(given);
    this.fault = fault;
  }
}

export type Api = {
  /** Where the server is, without a slash at its end. */
  readonly url: string;
  /** The object that a success has; one without fields where the answer is empty. @throws ServerError, StrangeAnswer */
  ask<T>(method: Method, path: string, body?: Body, signal?: AbortSignal): Promise<T>;
  /** Bytes as they are served. @throws ServerError, StrangeAnswer */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
};

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** An object goes as JSON; bytes of a document are JSON already, down to the byte that was signed. */
type Body = object | { wasm: Uint8Array<ArrayBuffer> } | { document: Uint8Array<ArrayBuffer> };

const THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Of a whole answer: one that stops in the middle would be waited for without end. */
const TIMEOUT_MS = 60_000;
/** A bundle has a few megabytes at most; what sends more is no Haggle server. */
const MOST_ANSWER_BYTES = 64 * 1024 * 1024;

/** Whoever asked does not want to know any more. The name is the one that VS Code gives to such errors. */
class Canceled extends Error {
  override readonly name = "Canceled";
}

/** Without a slash at its end. @throws AddressError where a key must not go */
export function parseAddress(given: string): string {
  const text = given.trim();
  // Not `URL.parse`: the oldest VS Code that this runs in does not have it.
  if (!URL.canParse(text)) throw new AddressError("notHttp", given);
  const url = new URL(text);
  if (!/^https?:$/.test(url.protocol)) throw new AddressError("notHttp", given);
  // What is given is not told: it may be a password.
  if (url.username !== "" || url.password !== "") throw new AddressError("hasKey", "");
  if (url.protocol === "http:" && !isThisMachine(url.hostname)) throw new AddressError("inTheClear", given);
  url.hash = "";
  url.search = "";
  return url.href.replace(/\/+$/, "");
}

/** Whether what is sent there leaves the machine. */
export function isThisMachine(hostname: string): boolean {
  return THIS_MACHINE.test(hostname);
}

/** `say` is told each refusal, and gives its sentence in the reader's language. @throws AddressError */
export function createApi(
  address: string,
  key: string,
  say: (refusal: Said) => Promise<string> = async ({ message }) => message,
): Api {
  const url = parseAddress(address);

  async function send(
    method: Method,
    path: string,
    { body, signal }: { body?: Body | undefined; signal?: AbortSignal | undefined },
  ): Promise<Uint8Array<ArrayBuffer>> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, TIMEOUT_MS);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    try {
      const response = await fetch(url + path, {
        method,
        // A key goes to the address that was meant, and nowhere else.
        redirect: "error",
        signal: controller.signal,
        // What a rollout has come to is never what it was a minute ago.
        cache: "no-store",
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && { "content-type": typeOf(body) }),
        },
        ...(body !== undefined && { body: contentOf(body) }),
      });
      const bytes = await bytesOf(response, path);
      if (response.ok) return bytes;
      const refusal = refusalOf(bytes);
      const { status } = response;
      if (refusal === undefined) throw new ServerError(NO_HAGGLE, String(status), { status });
      throw new ServerError(refusal.code, await say(refusal), { status });
    } catch (cause) {
      if (signal?.aborted) throw new Canceled();
      if (cause instanceof ServerError || cause instanceof StrangeAnswer) throw cause;
      throw new ServerError(NO_ANSWER, url, { cause });
    } finally {
      // Of what is too long nobody waits for the rest.
      abort();
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }

  return {
    url,
    async ask<T>(method: Method, path: string, body?: Body, signal?: AbortSignal) {
      const text = new TextDecoder().decode(await send(method, path, { body, signal }));
      return (text === "" ? {} : parseJson(text, path)) as T;
    },
    read: (path, signal) => send("GET", path, { signal }),
  };
}

async function bytesOf({ body }: Response, path: string): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  for (;;) {
    const piece = await reader?.read();
    if (piece?.value === undefined) break;
    pieces.push(piece.value);
    length += piece.value.length;
    if (length > MOST_ANSWER_BYTES) throw new StrangeAnswer(path);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function typeOf(body: Body): string {
  return "wasm" in body ? "application/wasm" : "application/json";
}

function contentOf(body: Body): BodyInit {
  if ("wasm" in body) return body.wasm as BodyInit;
  if ("document" in body) return body.document as BodyInit;
  return JSON.stringify(body);
}

/** Of a program that is no Haggle server, perhaps. */
function parseJson(text: string, path: string): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (cause) {
    throw new ServerError(NO_JSON, path, { cause });
  }
  if (typeof answer !== "object" || answer === null) throw new StrangeAnswer(path);
  return answer;
}

/** The server's own code and sentence. What another program behind the address answers has neither. */
function refusalOf(bytes: Uint8Array): Said | undefined {
  const { code, message } = errorIn(new TextDecoder().decode(bytes)) ?? {};
  const isHaggles = typeof code === "string" && /^[A-Z][A-Z0-9_]{2,63}$/.test(code);
  return isHaggles && typeof message === "string" ? { code, message } : undefined;
}

function errorIn(text: string): { code?: unknown; message?: unknown } | undefined {
  try {
    return (JSON.parse(text) as { error?: { code?: unknown; message?: unknown } } | null)?.error;
  } catch {
    return undefined;
  }
}
