// Where passphrases come from: a file, a pipe, or a person. Never the command line, which every process of a machine can
// read, and never a variable's own value, which is inherited, dumped and logged.

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { HaggleError } from "@haggle/abi";
import { type Passphrase, parsePassphrase, readPassphrase } from "@haggle/sdk/node";
import { shown, type Terminal } from "../terminal.ts";
import { askHidden, canAsk } from "./ask.ts";

const STDIN = "-";
const OTHERS = 0o077;
const MAX_PIPED_BYTES = 4096;

/**
 * Gets the passphrase from `file` (`-` for standard input), else from the file that `HAGGLE_PASSPHRASE_FILE` names, else
 * from the person at the terminal.
 */
export function passphraseFrom(terminal: Terminal, file: string | undefined): Passphrase {
  const source = file ?? (terminal.env.HAGGLE_PASSPHRASE_FILE || undefined);
  let piped: Promise<Uint8Array> | undefined;
  return async (path) => {
    if (source === STDIN) {
      piped ??= readPiped(terminal);
      return (await piped).slice(); // one pipe may open several keys, and each overwrites its copy
    }
    if (source !== undefined) return readFrom(terminal, resolve(terminal.cwd, source));
    if (canAsk(terminal)) return askHidden(terminal, `Passphrase of ${shown(terminal, path)}: `);
    const message = "The key is encrypted: say --passphrase-file FILE, or set HAGGLE_PASSPHRASE_FILE";
    throw new HaggleError("CLI_KEY_LOCKED", message, { at: shown(terminal, path) });
  };
}

/** A passphrase for a key that is made now. A person says it twice: what is mistyped here is lost for ever. */
export async function newPassphrase(
  terminal: Terminal,
  file: string | undefined,
  path: string,
): Promise<Uint8Array> {
  const passphrase = await passphraseFrom(terminal, file)(path);
  if (file !== undefined || terminal.env.HAGGLE_PASSPHRASE_FILE) return passphrase;
  const again = await askHidden(terminal, "The same again: ");
  const isSame = Buffer.compare(passphrase, again) === 0;
  again.fill(0);
  if (isSame) return passphrase;
  passphrase.fill(0);
  throw new HaggleError("CLI_USAGE", "The two passphrases differ; no key was made");
}

async function readFrom(terminal: Terminal, path: string): Promise<Uint8Array> {
  const passphrase = await readPassphrase(path);
  if (process.platform !== "win32" && ((await stat(path)).mode & OTHERS) !== 0) {
    const label = terminal.paint("yellow", "warning");
    terminal.err(`${label} others can read ${shown(terminal, path)}; chmod 600 it`);
  }
  return passphrase;
}

/** Everything that is piped in; its first line is the passphrase. */
async function readPiped({ stdin }: Terminal): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    length += chunk.length;
    if (length > MAX_PIPED_BYTES) throw new HaggleError("CLI_USAGE", "This is too long for a passphrase");
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return parsePassphrase(bytes);
}
