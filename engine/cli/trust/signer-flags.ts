// The flags by which somebody says with what to sign, the same for every verb.

import { resolve } from "node:path";
import { openSigner, readSigner } from "@haggle/sdk/node";
import type { Signer } from "@haggle/sdk/sign";
import { type Terminal, usageError } from "../terminal.ts";
import { canAsk } from "./ask.ts";
import { passphraseFrom } from "./passphrase.ts";

/** For `parseArgs`. */
export const SIGNER_FLAGS = {
  key: { type: "string" },
  signer: { type: "string" },
  public: { type: "string" },
  "passphrase-file": { type: "string" },
} as const;

export const SIGNER_HELP = `  --key FILE              secret key to sign with, plain or encrypted
  --signer COMMAND        or a command that signs: the bytes on its standard input, the signature on its output
  --public FILE           the public key of that command
  --passphrase-file FILE  first line: the passphrase of an encrypted key; - for standard input`;

export type SignerFlags = { [Flag in keyof typeof SIGNER_FLAGS]?: string | undefined };

/** The signer that the flags name, undefined when they name none. @throws HaggleError CLI_*, SIGNATURE_* */
export async function findSigner(terminal: Terminal, flags: SignerFlags): Promise<Signer | undefined> {
  const { key, signer, public: publicKey } = flags;
  if (key !== undefined && signer !== undefined) throw usageError("--key or --signer, not both");
  if ((signer === undefined) !== (publicKey === undefined)) {
    throw usageError("--signer COMMAND and --public FILE go together");
  }
  const passphrase = passphraseFrom(terminal, flags["passphrase-file"]);
  if (key !== undefined) return readSigner(resolve(terminal.cwd, key), { passphrase });
  if (signer === undefined) return undefined;
  return openSigner(`command:${signer}`, {
    publicKey: resolve(terminal.cwd, publicKey!),
    interactive: canAsk(terminal),
  });
}

/** @throws HaggleError CLI_USAGE when the flags name no signer */
export async function getSigner(terminal: Terminal, flags: SignerFlags): Promise<Signer> {
  const signer = await findSigner(terminal, flags);
  if (signer === undefined) throw usageError("With what? Say --key FILE, or --signer COMMAND --public FILE");
  return signer;
}
