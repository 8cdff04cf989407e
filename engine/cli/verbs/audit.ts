import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { readPublicKey } from "@haggle/sdk/node";
import { type AuditVerdict, verifyAuditChain } from "@haggle/toolchain";
import { API_FLAGS, API_HELP, openApi } from "../api.ts";
import { getFile } from "../files.ts";
import type { Verb } from "../main.ts";
import { counted, printable, type Terminal, usageError } from "../terminal.ts";

export const audit: Verb = {
  usage: `Usage: haggle audit verify --url URL | --file EXPORT [--heads FILE] [--key FILE ...] [--json]

Whether the audit log of a server is whole: each record is hashed again and must follow the one before it. That finds what was
changed, deleted, put in or moved. A log that was written anew as a whole, or restored from an older copy, is found by the
heads that the server keeps outside of its database, signed by its audit key.

  --file FILE   what GET /v1/audit/export answered; - for standard input
  --heads FILE  HAGGLE_DATA/audit/heads.jsonl of the server, or a copy of it from elsewhere
  --key FILE    the public audit key; only heads that it signed count, and there must be one
${API_HELP}
                   The key needs the scope audit.

Exits with 1 when anything is wrong.`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...API_FLAGS,
        file: { type: "string" },
        heads: { type: "string" },
        key: { type: "string", multiple: true },
        json: { type: "boolean" },
      },
    });
    const { file, heads, key = [], json } = values;
    const url = values.url ?? (file === undefined ? terminal.env.HAGGLE_URL : undefined);
    if (positionals.join() !== "verify") throw usageError("audit verify", positionals.join(" "));
    if ((url === undefined) === (file === undefined)) throw usageError("Either --url URL or --file FILE");
    const at = (path: string) => resolve(terminal.cwd, path);
    const keys = await Promise.all(key.map(async (path) => importPublicKey(await readPublicKey(at(path)))));
    const kept = heads === undefined ? [] : linesOf(await getFile(at(heads)));
    const lines = url === undefined ? readExport(terminal, file!) : fetchExport(terminal, values);
    const verdict = await verifyAuditChain(lines, { heads: kept, keys });
    if (json) terminal.out(JSON.stringify({ ok: verdict.findings.length === 0, ...verdict }, null, 2));
    else print(terminal, verdict);
    return verdict.findings.length === 0 ? 0 : 1;
  },
};

async function* fetchExport(
  terminal: Terminal,
  values: { url?: string; "key-file"?: string },
): AsyncGenerator<string> {
  const { url, send } = await openApi(terminal, values);
  const { body } = await send("/v1/audit/export");
  try {
    yield* linesFrom(body!);
  } catch (cause) {
    throw new HaggleError("CLIENT_NETWORK", "The export broke off", { value: url, cause });
  }
}

async function* readExport(terminal: Terminal, file: string): AsyncGenerator<string> {
  try {
    yield* linesFrom(file === "-" ? terminal.stdin : createReadStream(resolve(terminal.cwd, file)));
  } catch (cause) {
    throw new HaggleError("CLI_FILE", "The export cannot be read", { at: file, cause });
  }
}

async function* linesFrom(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

function linesOf(bytes: Uint8Array): string[] {
  return new TextDecoder()
    .decode(bytes)
    .split("\n")
    .filter((line) => line !== "");
}

function print(terminal: Terminal, { tenant, records, hash, heads, findings }: AuditVerdict): void {
  const { out, paint } = terminal;
  for (const { code, message } of findings) out(`${paint("red", code)} ${printable(message)}`);
  out(`tenant ${printable(tenant ?? "unknown")}, ${counted(records, "record")}, ends with ${hash}`);
  out(`${counted(heads, "head")} kept elsewhere ${heads === 1 ? "is" : "are"} in it`);
  out(findings.length === 0 ? paint("green", "whole") : paint("red", "not the log that was written"));
}
