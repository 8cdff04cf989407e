// What a server and the tools need of Node: files and signers.

export { commandSigner } from "./node/command-signer.ts";
export { decryptSecretKey, encryptSecretKey, isEncryptedKey } from "./node/encrypted-key.ts";
export { fileStore } from "./node/file-store.ts";
export { folderSource } from "./node/folder-source.ts";
export { folderStore } from "./node/folder-store.ts";
export {
  type Passphrase,
  parsePassphrase,
  pemLabelOf,
  readPassphrase,
  readPublicKey,
  readSigner,
} from "./node/key-file.ts";
export { openSigner } from "./node/open-signer.ts";
export { type ReplaceOptions, replaceFile } from "./node/replace-file.ts";
