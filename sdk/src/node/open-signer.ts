import { HaggleError } from "@haggle/abi";
import type { Signer } from "../sign/signer.ts";
import { commandSigner } from "./command-signer.ts";
import { type Passphrase, readPublicKey, readSigner } from "./key-file.ts";

const FILE = "file:";
const COMMAND = "command:";

/**
 * The signer that a setting names: `file:PATH` or a path for a secret key file, `command:...` for a program that signs,
 * which needs the path of its public key.
 *
 * @throws HaggleError CLI_USAGE, CLI_FILE, CLI_BAD_KEY, CLI_KEY_LOCKED, SIGNATURE_BAD_KEY
 */
export async function openSigner(
  spec: string,
  options: {
    /** Path of the public key file of a command. */
    publicKey?: string | undefined;
    passphrase?: Passphrase | undefined;
    /** These two: see `commandSigner`. */
    interactive?: boolean;
    onStderr?: ((line: string) => void) | undefined;
  } = {},
): Promise<Signer> {
  const { publicKey, passphrase, interactive = false, onStderr } = options;
  if (!spec.startsWith(COMMAND)) {
    return readSigner(spec.startsWith(FILE) ? spec.slice(FILE.length) : spec, { passphrase });
  }
  if (publicKey === undefined) {
    throw new HaggleError("CLI_USAGE", "A command that signs needs the file of its public key");
  }
  const command = spec.slice(COMMAND.length);
  return commandSigner({ command, publicKey: await readPublicKey(publicKey), interactive, onStderr });
}
