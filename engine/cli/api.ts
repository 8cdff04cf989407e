// What the verbs that talk to a server share: whose key, and what is said when it refuses.

import { join, resolve } from "node:path";
import { CODES, type Code, HaggleError } from "@haggle/abi";
import { dataFolder } from "./arguments.ts";
import { findFile, getFile } from "./files.ts";
import { type Terminal, usageError } from "./terminal.ts";

export const API_FLAGS = {
  url: { type: "string" },
  "key-file": { type: "string" },
} as const;

export const API_HELP = `  --url URL        of the server; HAGGLE_URL when left out
  --key-file FILE  its API key; HAGGLE_KEY when left out, and for a server on this machine admin.key in HAGGLE_DATA, where it
                   puts its first one. A key is never an argument, which other people on the machine could see.`;

export type Api = {
  /** Where the server is, without a slash at its end. */
  url: string;
  /**
   * The response of a success.
   *
   * @throws HaggleError with the server's own code when it refuses, CLIENT_NETWORK, CLIENT_STATUS
   */
  send(path: string, request?: ApiRequest): Promise<Response>;
  /** Its JSON; undefined where the answer is empty. @throws HaggleError as `send` does, CLI_NOT_JSON */
  ask(method: Method, path: string, body?: Body): Promise<unknown>;
};

type Method = "GET" | "POST" | "PUT" | "DELETE";

/** An object goes as JSON; a text is JSON already, down to the byte that was signed; bytes are a bundle's. */
type Body = object | string | Uint8Array | Yaml | Upload;

type Yaml = { yaml: string };

/** A file as it is read. Its answer may begin before it is sent. */
type Upload = { chunks: AsyncIterable<Uint8Array>; type: string };

type ApiRequest = {
  method?: Method;
  body?: Body | undefined /** The type of the answer. */;
  accept?: string;
};

const THIS_MACHINE = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Of the first byte of an answer. */
const TIMEOUT_MS = 60_000;
const NO_KEY = "none was found: say --key-file FILE or HAGGLE_KEY";

/** @throws HaggleError CLI_USAGE without an address, or where a key would go in the clear; CLI_FILE */
export async function openApi(
  terminal: Terminal,
  { url: given = terminal.env.HAGGLE_URL, "key-file": keyFile }: { url?: string; "key-file"?: string },
): Promise<Api> {
  if (!given) throw usageError("--url URL, or HAGGLE_URL: where is the server?");
  const { protocol, hostname, href } = parseAddress(given);
  const url = href.replace(/\/+$/, "");
  const isHere = isThisMachine(hostname);
  const key = await findKey(terminal, keyFile, isHere);
  if (key !== undefined && protocol === "http:" && !isHere) {
    throw usageError("An API key goes over https only, but to this machine", given);
  }

  async function send(path: string, { method = "GET", body, accept }: ApiRequest = {}): Promise<Response> {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    const response = await fetch(url + path, {
      method,
      // A key goes to the address that was meant, and nowhere else.
      redirect: "error",
      signal: timeout.signal,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(accept !== undefined && { accept }),
        ...(body !== undefined && { "content-type": typeOf(body) }),
      },
      ...(body !== undefined && contentOf(body)),
    })
      .catch((cause: unknown) => {
        throw new HaggleError("CLIENT_NETWORK", "The server does not answer", { value: url, cause });
      })
      .finally(() => clearTimeout(timer));
    if (response.ok) return response;
    const refusal = await refusalOf(response);
    throw refusal.code === "SERVER_UNAUTHORIZED" && key === undefined ? withHint(refusal, NO_KEY) : refusal;
  }

  return {
    url,
    send,
    async ask(method, path, body) {
      const text = await (await send(path, { method, body })).text();
      return text === "" ? undefined : parseJson(text, path);
    },
  };
}

export function isThisMachine(hostname: string): boolean {
  return THIS_MACHINE.test(hostname);
}

function parseAddress(given: string): URL {
  const url = URL.parse(given);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw usageError("Not the http address of a server", given);
  // What is given is not told: it may be a password.
  if (url.username !== "" || url.password !== "")
    throw usageError("An address has no key in it; see --key-file");
  return url;
}

async function findKey(
  terminal: Terminal,
  keyFile: string | undefined,
  isHere: boolean,
): Promise<string | undefined> {
  const { HAGGLE_KEY } = terminal.env;
  if (keyFile === undefined && HAGGLE_KEY) return HAGGLE_KEY.trim();
  if (keyFile === undefined && !isHere) return undefined;
  const bytes =
    keyFile === undefined
      ? await findFile(join(dataFolder(terminal, terminal.cwd), "admin.key"))
      : await getFile(resolve(terminal.cwd, keyFile));
  return bytes && new TextDecoder().decode(bytes).trim();
}

/** Of a program that is no Haggle server, perhaps. @throws HaggleError CLI_NOT_JSON */
function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HaggleError("CLI_NOT_JSON", "What the server answers is not JSON", { at: path, cause });
  }
}

function typeOf(body: Body): string {
  if (isBytes(body)) return "application/wasm";
  if (isUpload(body)) return body.type;
  return isYaml(body) ? "application/yaml" : "application/json";
}

function contentOf(body: Body): Pick<RequestInit, "body" | "duplex"> {
  if (isUpload(body)) return { body: ReadableStream.from(body.chunks), duplex: "half" };
  if (isBytes(body) || typeof body === "string") return { body };
  return { body: isYaml(body) ? body.yaml : JSON.stringify(body) };
}

function isUpload(body: Body): body is Upload {
  return typeof body === "object" && "chunks" in body;
}

function isYaml(body: Body): body is Yaml {
  return typeof body === "object" && "yaml" in body;
}

function isBytes(body: Body): body is Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array;
}

/** The server's own code and sentence. What another program behind the address answers has neither. */
async function refusalOf(response: Response): Promise<HaggleError> {
  return toRefusal(await response.json().catch(() => undefined), response.status);
}

/** A refusal of the server, and what whoever is at the command line can do. */
export function withHint(cause: HaggleError, hint: string): HaggleError {
  return new HaggleError(cause.code, `${cause.message}; ${hint}`, { cause });
}

/** What an answer says that is none. */
export function toRefusal(answer: unknown, status: number): HaggleError {
  const { code, message = "" } =
    (answer as { error?: { code?: string; message?: string } } | undefined)?.error ?? {};
  const known = CODES.find((one): one is Code => one === code);
  // Its sentence has the place and the value in it.
  if (known !== undefined) return new HaggleError(known, message);
  return new HaggleError("CLIENT_STATUS", "The server refused", { value: status });
}
