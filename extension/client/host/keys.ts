import type { Signer } from "@haggle/sdk/sign";

/** What a host can do for keys beyond what all hosts can. */
export type KeyHost = {
  /**
   * A signer that runs a command of the machine for each signature, as the command line's `--signer` does: the bytes on
   * its standard input, the signature on its output.
   *
   * @throws HaggleError CLI_FILE, CLI_BAD_KEY, SIGNATURE_BAD_KEY
   */
  openCommand(options: {
    command: string;
    /** Path of the file of its public key. */
    publicKeyFile: string;
    /** Gets what the command writes on its standard error, line by line. */
    onStderr: (line: string) => void;
  }): Promise<Signer>;
  /**
   * The plain form of a secret key file that a passphrase protects. The caller overwrites what it gave and got.
   *
   * @throws HaggleError CLI_BAD_KEY, CLI_KEY_LOCKED
   */
  decrypt(file: Uint8Array, passphrase: Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
};
