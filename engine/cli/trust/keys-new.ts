// `keys new` and `keys import`: a key pair in two files, made here or taken over from OpenSSL.

import { createPrivateKey } from "node:crypto";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { HaggleError } from "@haggle/abi";
import { importPublicKey } from "@haggle/sdk";
import { getFile } from "../files.ts";
import { createKeyPair } from "../keys.ts";
import { shown, type Terminal, usageError } from "../terminal.ts";
import { newPassphrase } from "./passphrase.ts";

const FLAGS = {
  out: { type: "string" },
  name: { type: "string" },
  encrypt: { type: "boolean" },
  "passphrase-file": { type: "string" },
  json: { type: "boolean" },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof FLAGS }>>["values"];

export async function newKey(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  if (positionals.length > 0) throw usageError("keys new: use --out DIR", positionals[0]);
  return write(terminal, values);
}

/** A private key in PEM becomes one of our key files. The PEM file stays as it is. */
export async function importKey(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: FLAGS });
  const [given, ...more] = positionals;
  if (given === undefined || more.length > 0) throw usageError("keys import takes one PEM file", more[0]);
  const pem = await getFile(resolve(terminal.cwd, given));
  const seed = seedOf(pem, given);
  pem.fill(0);
  return write(terminal, values, seed).finally(() => seed.fill(0));
}

/** @throws HaggleError CLI_BAD_KEY; the message shows nothing of the file */
function seedOf(pem: Uint8Array, at: string): Uint8Array {
  let key: ReturnType<typeof createPrivateKey>;
  try {
    key = createPrivateKey({ key: Buffer.from(pem), format: "pem" });
  } catch {
    // The parser's own error may quote what it read.
    const message = "Not a private key in PEM (PKCS #8) without a passphrase of its own";
    throw new HaggleError("CLI_BAD_KEY", message, { at });
  }
  if (key.asymmetricKeyType !== "ed25519") {
    const value = key.asymmetricKeyType;
    throw new HaggleError("CLI_BAD_KEY", "A key of another algorithm than Ed25519", { at, value });
  }
  return new Uint8Array(Buffer.from(key.export({ format: "jwk" }).d!, "base64url"));
}

async function write(terminal: Terminal, values: Flags, seed?: Uint8Array): Promise<number> {
  const { name = "author", encrypt = false } = values;
  if (!/^[\w-][\w.-]{0,63}$/.test(name)) throw usageError("--name takes letters, digits, - and _", name);
  const folder = resolve(terminal.cwd, values.out ?? ".");
  const file = values["passphrase-file"];
  if (file !== undefined && !encrypt) throw usageError("--passphrase-file goes with --encrypt");
  const passphrase = encrypt ? await newPassphrase(terminal, file, resolve(folder, `${name}.sk`)) : undefined;
  const made = await createKeyPair(folder, name, { passphrase, seed }).finally(() => passphrase?.fill(0));
  const { keyid } = await importPublicKey(made.publicKey);
  if (values.json) {
    terminal.out(JSON.stringify({ keyid, secret: made.secret, public: made.public, encrypted: encrypt }));
    return 0;
  }
  const kept = encrypt
    ? "encrypted; keep the passphrase elsewhere"
    : "not encrypted: whoever reads it can sign; --encrypt asks for a passphrase. Keep it out of git";
  terminal.out(`secret  ${shown(terminal, made.secret)}  (${kept})`);
  terminal.out(`public  ${shown(terminal, made.public)}`);
  terminal.out(`key id  ${keyid}`);
  return 0;
}
