// What the verbs that talk to a server share: whose key, and what is said when it refuses.

import { join, resolve } from "node:path";
import { CODES, type Code, HaggleError } from "@haggle/abi";
import { dataFolder } from "./arguments.ts";
import { findFile, getFile } from "./files.ts";
import type { Terminal } from "./terminal.ts";

export const API_HELP = `The API key is HAGGLE_API_KEY, else what is in the file HAGGLE_API_KEY_FILE, else in HAGGLE_DATA/admin.key, where a
server puts its first one. It is never an argument, which other people on the machine could see.`;

export type ApiRequest = { method?: "GET" | "POST" | "PUT" | "DELETE"; body?: object };

/**
 * Asks a server with the person's key and answers with the response of a success.
 *
 * @throws HaggleError with the server's own code when it refuses, CLIENT_NETWORK, CLIENT_STATUS, CLI_USAGE for an address
 */
export async function askApi(
  terminal: Terminal,
  server: string,
  path: string,
  { method = "GET", body }: ApiRequest = {},
): Promise<Response> {
  const base = URL.parse(server);
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new HaggleError("CLI_USAGE", "Not the http address of a server", { value: server });
  }
  const key = await findApiKey(terminal);
  const url = new URL(base.pathname.replace(/\/?$/, path), base);
  const response = await fetch(url, {
    method,
    // A key goes to the address that was meant, and nowhere else.
    redirect: "error",
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new HaggleError("CLIENT_NETWORK", "The server does not answer", { value: base.origin, cause });
  });
  if (response.ok) return response;
  throw await refusalOf(response);
}

async function findApiKey(terminal: Terminal): Promise<string | undefined> {
  const { HAGGLE_API_KEY, HAGGLE_API_KEY_FILE } = terminal.env;
  if (HAGGLE_API_KEY) return HAGGLE_API_KEY;
  const bytes = HAGGLE_API_KEY_FILE
    ? await getFile(resolve(terminal.cwd, HAGGLE_API_KEY_FILE))
    : await findFile(join(dataFolder(terminal, terminal.cwd), "admin.key"));
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes).trim();
}

async function refusalOf(response: Response): Promise<HaggleError> {
  const { status } = response;
  const body = (await response.json().catch(() => undefined)) as
    | { error?: { code?: string; message?: string } }
    | undefined;
  const { code, message = "" } = body?.error ?? {};
  const known = CODES.find((one): one is Code => one === code);
  if (known !== undefined) return new HaggleError(known, message);
  return new HaggleError("CLIENT_STATUS", "The server refused", { value: status });
}
