import { createPublicKey } from "node:crypto";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError, type Root } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { isEncryptedKey, pemLabelOf, readPublicKey } from "@haggle/sdk/node";
import { getFile, readFolder } from "../files.ts";
import { printable, showError, shown, type Terminal } from "../terminal.ts";
import { ROLES } from "./role-flags.ts";
import { readDocumentOf } from "./signed-file.ts";
import { shortKey } from "./tally-text.ts";

type Listed = {
  keyid: string;
  file?: string;
  kind: "secret" | "encrypted" | "public" | "pem" | "elsewhere";
  roles: string[];
};

/** What a path came to: its keys, or what is wrong with it. */
type Found = Listed | HaggleError;

/**
 * `keys list`: which keys are here, and what the root lets them sign. What is wrong with a path is told behind the keys,
 * and makes the exit code 1.
 */
export async function listKeys(args: string[], terminal: Terminal): Promise<number> {
  const options = { root: { type: "string" }, json: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const root =
    values.root === undefined
      ? undefined
      : (await readDocumentOf("root", resolve(terminal.cwd, values.root))).document;
  const given = positionals.length > 0 ? positionals : ["."];
  const found = (await Promise.all(given.map((path) => findKeys(resolve(terminal.cwd, path), root)))).flat();
  const here = found.filter((one): one is Listed => !(one instanceof HaggleError));
  const failures = found.filter((one): one is HaggleError => one instanceof HaggleError);
  const seen = new Set(here.map(({ keyid }) => keyid));
  const away = Object.keys(root?.keys ?? {})
    .filter((keyid) => !seen.has(keyid))
    .map((keyid): Listed => ({ keyid, kind: "elsewhere", roles: rolesOf(keyid, root) }));
  const keys = [...here, ...away];
  if (values.json) terminal.out(JSON.stringify(keys, null, 2));
  else print(terminal, keys, root);
  if (!values.json && found.length === 0) terminal.out("no keys here");
  for (const failure of failures) showError(terminal, failure);
  return failures.length === 0 ? 0 : 1;
}

function print(terminal: Terminal, keys: readonly Listed[], root: Root | undefined): void {
  for (const { keyid, file, kind, roles } of keys) {
    const place = file === undefined ? "" : `  ${printable(shown(terminal, file))}`;
    const may = root === undefined ? "" : `  ${roles.join(", ") || terminal.paint("yellow", "no role")}`;
    const hint = kind === "pem" ? "  (a private key in PEM: keys import makes a key file of it)" : "";
    terminal.out(`${shortKey(keyid)}  ${kind.padEnd(9)}${may}${place}${hint}`);
  }
}

/** Of a file, or of the files of a folder that are named like keys. */
async function findKeys(path: string, root: Root | undefined): Promise<Found[]> {
  const entries = await failing(() => readFolder(path));
  if (entries instanceof HaggleError) return [entries];
  if (entries === undefined) return [await failing(() => listedFrom(path, root))];
  const found: (Found | undefined)[] = await Promise.all(
    entries
      .filter((entry) => entry.isFile() && KEY_FILE.test(entry.name))
      .map((entry) => join(path, entry.name))
      .sort()
      .map((file) => failing(() => findListed(file, root))),
  );
  return found.filter((one) => one !== undefined);
}

const KEY_FILE = /\.(?:[ps]k|pem|key|pub)$/;
/** Names that files of other programs have too. */
const SHARED_NAME = /\.(?:pem|key|pub)$/;

/** A file of a folder, undefined when it is no key of ours: certificates are PEM files too. */
async function findListed(file: string, root: Root | undefined): Promise<Listed | undefined> {
  if (!SHARED_NAME.test(file)) return listedFrom(file, root);
  const bytes = await getFile(file);
  const isOurs = isEd25519Pem(bytes);
  bytes.fill(0);
  return isOurs ? listedFrom(file, root) : undefined;
}

function isEd25519Pem(bytes: Uint8Array): boolean {
  try {
    return createPublicKey({ key: Buffer.from(bytes), format: "pem" }).asymmetricKeyType === "ed25519";
  } catch {
    return false; // whatever it is, it was found and not named
  }
}

async function listedFrom(file: string, root: Root | undefined): Promise<Listed> {
  const bytes = await getFile(file);
  const isEncrypted = isEncryptedKey(bytes);
  const label = pemLabelOf(bytes);
  const isSecret = bytes.length > PUBLIC_FILE_BYTES && label === undefined;
  bytes.fill(0);
  const { keyid } = await importPublicKey(await readPublicKey(file)).catch((cause: unknown) => {
    if (!(cause instanceof HaggleError) || cause.at !== undefined) throw cause;
    throw new HaggleError(cause.code, cause.message, { at: file, cause });
  });
  const roles = rolesOf(keyid, root);
  if (label === "PRIVATE KEY") return { keyid, file, kind: "pem", roles };
  return { keyid, file, kind: isEncrypted ? "encrypted" : isSecret ? "secret" : "public", roles };
}

const PUBLIC_FILE_BYTES = 33;

/** What `work` gives, or the refusal itself. */
async function failing<T>(work: () => Promise<T>): Promise<T | HaggleError> {
  return work().catch((cause: unknown) => {
    if (!(cause instanceof HaggleError)) throw cause;
    return cause;
  });
}

function rolesOf(keyid: string, root: Root | undefined): string[] {
  return ROLES.filter((name) => root?.roles[name]?.keyids.includes(keyid));
}
