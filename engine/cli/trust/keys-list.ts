import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError, type Root } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { isEncryptedKey, readPublicKey } from "@haggle/sdk/node";
import { getFile, listFolder } from "../files.ts";
import { printable, shown, type Terminal } from "../terminal.ts";
import { ROLES } from "./role-flags.ts";
import { readDocumentOf } from "./signed-file.ts";
import { shortKey } from "./tally-text.ts";

type Listed = {
  keyid: string;
  file?: string;
  kind: "secret" | "encrypted" | "public" | "elsewhere";
  roles: string[];
};

/** `keys list`: which keys are here, and what the root lets them sign. */
export async function listKeys(args: string[], terminal: Terminal): Promise<number> {
  const options = { root: { type: "string" }, json: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const root =
    values.root === undefined
      ? undefined
      : (await readDocumentOf("root", resolve(terminal.cwd, values.root))).document;
  const given = positionals.length > 0 ? positionals : ["."];
  const files = (await Promise.all(given.map((path) => keyFiles(resolve(terminal.cwd, path))))).flat();
  const here = await Promise.all(files.map((file) => listedFrom(file, root)));
  const seen = new Set(here.map(({ keyid }) => keyid));
  const away = Object.keys(root?.keys ?? {})
    .filter((keyid) => !seen.has(keyid))
    .map((keyid): Listed => ({ keyid, kind: "elsewhere", roles: rolesOf(keyid, root) }));
  const keys = [...here, ...away];
  if (values.json) {
    terminal.out(JSON.stringify(keys, null, 2));
    return 0;
  }
  if (keys.length === 0) terminal.out("no keys here");
  for (const { keyid, file, kind, roles } of keys) {
    const place = file === undefined ? "" : `  ${printable(shown(terminal, file))}`;
    const may = root === undefined ? "" : `  ${roles.join(", ") || terminal.paint("yellow", "no role")}`;
    terminal.out(`${shortKey(keyid)}  ${kind.padEnd(9)}${may}${place}`);
  }
  return 0;
}

/** A file, or the key files of a folder. */
async function keyFiles(path: string): Promise<string[]> {
  const entries = await listFolder(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "ENOTDIR") throw cause;
    return undefined;
  });
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile() && /\.[ps]k$/.test(entry.name))
    .map((entry) => join(path, entry.name))
    .sort();
}

async function listedFrom(file: string, root: Root | undefined): Promise<Listed> {
  const bytes = await getFile(file);
  const isEncrypted = isEncryptedKey(bytes);
  const isSecret = bytes.length > PUBLIC_FILE_BYTES;
  bytes.fill(0);
  const { keyid } = await importPublicKey(await readPublicKey(file)).catch((cause: unknown) => {
    if (!(cause instanceof HaggleError)) throw cause;
    throw new HaggleError(cause.code, cause.message, { at: file, cause });
  });
  const kind = isEncrypted ? "encrypted" : isSecret ? "secret" : "public";
  return { keyid, file, kind, roles: rolesOf(keyid, root) };
}

const PUBLIC_FILE_BYTES = 33;

function rolesOf(keyid: string, root: Root | undefined): string[] {
  return ROLES.filter((name) => root?.roles[name]?.keyids.includes(keyid));
}
