import type { Verb } from "../main.ts";
import { usageError } from "../terminal.ts";
import { listKeys } from "../trust/keys-list.ts";
import { importKey, newKey } from "../trust/keys-new.ts";
import { newRoot, rotateRoot } from "../trust/keys-root.ts";

const KEY_FILES = `  --out DIR       where to write; the current folder when left out
  --name NAME     of the two files; author when left out
  --encrypt       puts the secret key under a passphrase (scrypt, AES-256-GCM), which is asked for twice
  --passphrase-file FILE  first line: the passphrase; - for standard input
  --json          key id and paths as JSON`;

const ROOT_FLAGS = `  --expires WHEN  a date, or a time like 90d; a year when left out
  --out FILE      where to write; root.json or root-VERSION.json when left out. Never overwrites one
  --allow-shared-keys  lets one key have an offline role (root, release) and an online one
  --json          path, digest and whose signatures it needs, as JSON`;

export const keys: Verb = {
  usage: `Usage: haggle keys new [--out DIR] [--name NAME] [--encrypt] [--passphrase-file FILE] [--json]
       haggle keys import PEM [--out DIR] [--name NAME] [--encrypt] [--passphrase-file FILE] [--json]
       haggle keys list [DIR|FILE ...] [--root FILE] [--json]
       haggle keys root --role NAME=FILE,FILE:N ... [--tenant NAME] [--expires WHEN] [--out FILE] [--json]
       haggle keys rotate --root FILE [--role NAME] [--add FILE] [--remove KEY] [--threshold N] ... [--out FILE] [--json]

new     makes an Ed25519 key pair: NAME.sk (secret, mode 600) and NAME.pk. Never overwrites one.
import  makes the same two files of a private key in PEM.
list    tells the keys that lie here, and what a root lets them sign.
root    writes the first root of several people, for them to sign: which keys count for what, and how many of them.
rotate  writes the root after the one that is served, for the old keys and its own to sign.

haggle keys new --help, and so on, tells the flags of each.`,

  pages: {
    new: `Usage: haggle keys new [--out DIR] [--name NAME] [--encrypt] [--passphrase-file FILE] [--json]

Makes an Ed25519 key pair: NAME.sk (secret, mode 600) and NAME.pk. Never overwrites one.

${KEY_FILES}`,

    import: `Usage: haggle keys import PEM [--out DIR] [--name NAME] [--encrypt] [--passphrase-file FILE] [--json]

Makes NAME.sk and NAME.pk of an Ed25519 private key in PEM (PKCS #8), as \`openssl genpkey -algorithm ed25519\` writes it.
The PEM file stays. A public key in PEM needs no import: every flag that takes a public key takes it. A key that shall
not leave OpenSSL, an agent or an HSM needs none either: --signer COMMAND signs with it.

${KEY_FILES}`,

    list: `Usage: haggle keys list [DIR|FILE ...] [--root FILE] [--json]

Tells the keys that lie here, and what a root lets them sign: key files (.sk, .pk) and Ed25519 keys in PEM (.pem, .key, .pub).
A path that is not there, cannot be read or holds no key is told with its code, behind the others; the exit code is then 1.

  --root FILE     tells the roles of each key, and which keys of the root are elsewhere
  --json          whole key ids, as JSON`,

    root: `Usage: haggle keys root --role NAME=FILE,FILE:N ... [--tenant NAME] [--expires WHEN] [--out FILE] [--json]

Writes the first root of several people, for them to sign: which keys count for what, and how many of them must sign.

  --role NAME=FILE,FILE:N  the public keys of a role (root, release, channel, prices, receipt, audit), N of which must
                  sign; 1 when left out. prices and receipt have the channel's keys when left out
  --tenant NAME   whose promotions these are: documents of others are refused, whoever signed them
${ROOT_FLAGS}`,

    rotate: `Usage: haggle keys rotate --root FILE [--role NAME] [--add FILE] [--remove KEY] [--threshold N] ... [--out FILE] [--json]

Writes the root after the one that is served, for the old keys and its own to sign.

  --root FILE     the root that is served
  --role NAME     the role that the flags behind it are about
  --role NAME=FILE,FILE:N  all keys of a role anew
  --add FILE      a public key more
  --remove KEY    a key less, by file or by the beginning of its id; in all roles when no --role stands before it
  --threshold N   how many of the role's keys must sign
${ROOT_FLAGS}

A release that is live must have enough signatures under the new root too; release publish says when it has not.`,
  },

  async run(args, terminal) {
    const [action, ...rest] = args;
    if (action === "new") return newKey(rest, terminal);
    if (action === "import") return importKey(rest, terminal);
    if (action === "list") return listKeys(rest, terminal);
    if (action === "root") return newRoot(rest, terminal);
    if (action === "rotate") return rotateRoot(rest, terminal);
    throw usageError("keys new, import, list, root or rotate", action);
  },
};
