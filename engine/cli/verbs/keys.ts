import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { importPublicKey } from "@haggle/sdk";
import { createKeyPair } from "../keys.ts";
import type { Verb } from "../main.ts";
import { shown, type Terminal, usageError } from "../terminal.ts";
import { listKeys } from "../trust/keys-list.ts";
import { newRoot, rotateRoot } from "../trust/keys-root.ts";
import { newPassphrase } from "../trust/passphrase.ts";

export const keys: Verb = {
  usage: `Usage: haggle keys new [--out DIR] [--name NAME] [--encrypt] [--passphrase-file FILE] [--json]
       haggle keys list [DIR|FILE ...] [--root FILE] [--json]
       haggle keys root --role NAME=FILE,FILE:N ... [--tenant NAME] [--expires WHEN] [--out FILE] [--json]
       haggle keys rotate --root FILE [--role NAME] [--add FILE] [--remove KEY] [--threshold N] ... [--out FILE] [--json]

new     makes an Ed25519 key pair: NAME.sk (secret, mode 600) and NAME.pk. Never overwrites one.
list    tells the keys that lie here, and what a root lets them sign.
root    writes the first root of several people, for them to sign: which keys count for what, and how many of them.
rotate  writes the root after the one that is served, for the old keys and its own to sign.

  --out DIR|FILE  where to write; the current folder, root.json or root-VERSION.json when left out
  --name NAME     of the key's files; author when left out
  --encrypt       puts the secret key under a passphrase (scrypt, AES-256-GCM), which is asked for twice
  --passphrase-file FILE  first line: the passphrase; - for standard input
  --role NAME=FILE,FILE:N  the public keys of a role (root, release, channel, prices, receipt, audit), N of which must
                  sign; 1 when left out. prices and receipt have the channel's keys when left out
  --role NAME     the role that the flags behind it are about
  --add FILE      a public key more
  --remove KEY    a key less, by file or by the beginning of its id; in all roles when no --role stands before it
  --threshold N   how many of the role's keys must sign
  --expires WHEN  a date, or a time like 90d; a year when left out
  --tenant NAME   whose promotions these are: documents of others are refused, whoever signed them
  --allow-shared-keys  lets one key have an offline role (root, release) and an online one`,

  async run(args, terminal) {
    const [action, ...rest] = args;
    if (action === "new") return newKey(rest, terminal);
    if (action === "list") return listKeys(rest, terminal);
    if (action === "root") return newRoot(rest, terminal);
    if (action === "rotate") return rotateRoot(rest, terminal);
    throw usageError("keys new, list, root or rotate", action);
  },
};

async function newKey(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      out: { type: "string" },
      name: { type: "string" },
      encrypt: { type: "boolean" },
      "passphrase-file": { type: "string" },
      json: { type: "boolean" },
    },
  });
  if (positionals.length > 0) throw usageError("keys new: use --out DIR", positionals[0]);
  const { name = "author" } = values;
  if (!/^[\w-][\w.-]{0,63}$/.test(name)) throw usageError("--name takes letters, digits, - and _", name);
  const folder = resolve(terminal.cwd, values.out ?? ".");
  const file = values["passphrase-file"];
  if (file !== undefined && !values.encrypt) throw usageError("--passphrase-file goes with --encrypt");
  const passphrase = values.encrypt
    ? await newPassphrase(terminal, file, join(folder, `${name}.sk`))
    : undefined;
  const made = await createKeyPair(folder, name, passphrase).finally(() => passphrase?.fill(0));
  const { keyid } = await importPublicKey(made.publicKey);
  if (values.json) {
    terminal.out(
      JSON.stringify({ keyid, secret: made.secret, public: made.public, encrypted: values.encrypt === true }),
    );
    return 0;
  }
  const kept = values.encrypt
    ? "encrypted; keep the passphrase elsewhere"
    : "not encrypted: whoever reads it can sign; keys new --encrypt asks for a passphrase. Keep it out of git";
  terminal.out(`secret  ${shown(terminal, made.secret)}  (${kept})`);
  terminal.out(`public  ${shown(terminal, made.public)}`);
  terminal.out(`key id  ${keyid}`);
  return 0;
}
