// A Haggle server as the extension asks it: the same rules on addresses and keys as the command line has. Nothing here
// knows VS Code, and `fetch` is all that it needs, so that both hosts and the tests have the same client.

/** What a request failed with: the server's own code and sentence, or one of the three below and what it is about. */
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
  /** The JSON of a success; undefined where the answer is empty. @throws ServerError */
  ask<T>(method: Method, path: string, body?: Body, signal?: AbortSignal): Promise<T>;
  /** Bytes as they are served. @throws ServerError */
  read(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
};

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** An object goes as JSON; bytes of a document are JSON already, down to the byte that was signed. */
type Body = object | { wasm: Uint8Array<ArrayBuffer> } | { document: Uint8Array<ArrayBuffer> };

const THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Of the first byte of an answer. */
const TIMEOUT_MS = 60_000;

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

/** @throws AddressError */
export function createApi(address: string, key: string): Api {
  const url = parseAddress(address);

  async function send(method: Method, path: string, body?: Body, signal?: AbortSignal): Promise<Response> {
    const timeout = new AbortController();
    const abort = () => timeout.abort();
    const timer = setTimeout(abort, TIMEOUT_MS);
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    const response = await fetch(url + path, {
      method,
      // A key goes to the address that was meant, and nowhere else.
      redirect: "error",
      signal: timeout.signal,
      // What a rollout has come to is never what it was a minute ago.
      cache: "no-store",
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && { "content-type": typeOf(body) }),
      },
      ...(body !== undefined && { body: contentOf(body) }),
    })
      .catch((cause: unknown) => {
        throw new ServerError(NO_ANSWER, url, { cause });
      })
      .finally(() => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      });
    if (response.ok) return response;
    throw await refusalOf(response);
  }

  return {
    url,
    async ask<T>(method: Method, path: string, body?: Body, signal?: AbortSignal) {
      const text = await textOf(await send(method, path, body, signal), url);
      return (text === "" ? undefined : parseJson(text, path)) as T;
    },
    async read(path, signal) {
      const response = await send("GET", path, undefined, signal);
      return new Uint8Array(await response.arrayBuffer().catch(broken(url)));
    },
  };
}

function textOf(response: Response, url: string): Promise<string> {
  return response.text().catch(broken(url));
}

/** An answer that breaks off is no answer. */
function broken(url: string): (cause: unknown) => never {
  return (cause) => {
    throw new ServerError(NO_ANSWER, url, { cause });
  };
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
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ServerError(NO_JSON, path, { cause });
  }
}

/** The server's own code and sentence. What another program behind the address answers has neither. */
async function refusalOf(response: Response): Promise<ServerError> {
  const { status } = response;
  const answer: unknown = await response.json().catch(() => undefined);
  const { code, message } =
    (answer as { error?: { code?: unknown; message?: unknown } } | undefined)?.error ?? {};
  if (typeof code === "string" && /^[A-Z][A-Z0-9_]{2,63}$/.test(code) && typeof message === "string") {
    return new ServerError(code, message, { status });
  }
  return new ServerError(NO_HAGGLE, String(status), { status });
}
