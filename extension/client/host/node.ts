import { commandSigner, decryptSecretKey, readPublicKey } from "@haggle/sdk/node";
import { encodeSecretKey } from "@haggle/sdk/sign";
import type { KeyHost } from "./keys.ts";

/** With Node there are commands, and scrypt for encrypted key files. */
export const keyHost: KeyHost | undefined = {
  async openCommand({ command, publicKeyFile, onStderr }) {
    return commandSigner({ command, publicKey: await readPublicKey(publicKeyFile), onStderr });
  },
  async decrypt(file, passphrase) {
    const secret = await decryptSecretKey(file, passphrase);
    const plain = encodeSecretKey(secret);
    secret.seed.fill(0);
    return plain;
  },
};
