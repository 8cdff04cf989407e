// The author's key: in the editor's secret storage, or behind a command of the machine. What signs is made of it for one
// act and then let go. An encrypted key stays encrypted in the storage too: its passphrase is asked for at each act.

import {
  encodePublicKey,
  encodeSecretKey,
  type Signer,
  signerFromSecretKey,
  signerFromSeed,
} from "@haggle/sdk/sign";
import { type ExtensionContext, env, type LogOutputChannel, l10n, Uri, window, workspace } from "vscode";
import { keyHost } from "#host";
import { showError, showInformation } from "../messages.ts";
import { fromBase64, shortDigest, toBase64 } from "./documents.ts";
import { explainError } from "./explain-error.ts";
import { keyIdOf } from "./sign-draft.ts";

const SECRET = "haggle.signingKey";
const SECTION = "haggle.signing";
const SEED_BYTES = 32;
/** More than any form of a key takes. */
const MOST_FILE_BYTES = 4_096;

export type SigningKey = ReturnType<typeof createSigningKey>;

export function createSigningKey(context: ExtensionContext, log: LogOutputChannel) {
  const { secrets } = context;

  /** Undefined where the person has none and wants none now, or gives no passphrase. @throws HaggleError */
  async function open(): Promise<Signer | undefined> {
    const { command, publicKeyFile } = readSettings();
    if (command !== "") {
      if (keyHost === undefined)
        throw new Error(l10n.t("A browser runs no command that signs; import a key."));
      if (publicKeyFile === "")
        throw new Error(l10n.t("A command that signs needs the setting haggle.signing.publicKey."));
      return keyHost.openCommand({ command, publicKeyFile, onStderr: (line) => log.warn(line) });
    }
    const kept = await secrets.get(SECRET);
    if (kept !== undefined) return openFile(fromBase64(kept));
    const [choose, make] = [l10n.t("Import a Key"), l10n.t("Generate a Key")];
    const text = l10n.t("There is no signing key yet.");
    const detail = l10n.t("It stays in the editor's secret storage: neither a file nor a server gets it.");
    const chosen = await window.showInformationMessage(text, { modal: true, detail }, choose, make);
    if (chosen === choose) return importKey();
    return chosen === make ? generate() : undefined;
  }

  /** From a key file that is chosen, or from its bytes in base64 (or its JSON), pasted or given. */
  async function importKey(given?: string): Promise<Signer | undefined> {
    const file = given === undefined ? await askFile() : parseKeyText(given);
    if (file === undefined) return undefined;
    try {
      // Opened before it is kept: what does not sign is of no use later either.
      const signer = await openFile(file);
      if (signer === undefined || !(await mayReplace(file))) return undefined;
      await secrets.store(SECRET, toBase64(file));
      await tell(signer, l10n.t("The signing key is imported."));
      return signer;
    } finally {
      file.fill(0);
    }
  }

  /** A key of this editor. A root has to name it before what it signs counts. */
  async function generate(): Promise<Signer | undefined> {
    if (!(await mayReplace())) return undefined;
    const seed = crypto.getRandomValues(new Uint8Array(SEED_BYTES));
    try {
      const signer = await signerFromSeed(seed);
      const file = encodeSecretKey({ seed, publicKey: signer.publicKey });
      await secrets.store(SECRET, toBase64(file));
      file.fill(0);
      await tell(signer, l10n.t("A signing key is made. What it signs counts where a root names it."));
      return signer;
    } finally {
      seed.fill(0);
    }
  }

  async function forget(): Promise<void> {
    if ((await secrets.get(SECRET)) === undefined) {
      void showInformation(l10n.t("There is no signing key."));
      return;
    }
    const yes = l10n.t("Forget It");
    const text = l10n.t("Forget the signing key?");
    const detail = l10n.t(
      "There is no copy of it here. Without one elsewhere nobody can sign with it any more.",
    );
    if ((await window.showWarningMessage(text, { modal: true, detail }, yes)) === yes)
      await secrets.delete(SECRET);
  }

  /** A key that is lost cannot be made again, so none is replaced unasked. */
  async function mayReplace(file?: Uint8Array): Promise<boolean> {
    const kept = await secrets.get(SECRET);
    if (kept === undefined || (file !== undefined && kept === toBase64(file))) return true;
    const yes = l10n.t("Replace It");
    const text = l10n.t("There is a signing key already.");
    const detail = l10n.t(
      "It is replaced for good. Without a copy elsewhere nobody can sign with it any more.",
    );
    return (await window.showWarningMessage(text, { modal: true, detail }, yes)) === yes;
  }

  return { open, importKey, generate, forget };
}

function readSettings(): { command: string; publicKeyFile: string } {
  const settings = workspace.getConfiguration(SECTION);
  return {
    command: (settings.get<string>("command") ?? "").trim(),
    publicKeyFile: (settings.get<string>("publicKey") ?? "").trim(),
  };
}

/** Undefined where no passphrase is given. The bytes are the caller's. @throws HaggleError CLI_BAD_KEY, CLI_KEY_LOCKED */
async function openFile(file: Uint8Array<ArrayBuffer>): Promise<Signer | undefined> {
  if (!isEncrypted(file)) return signerFromSecretKey(file);
  if (keyHost === undefined) {
    throw new Error(l10n.t("An encrypted key opens where VS Code has Node, and not in a browser."));
  }
  const given = await window.showInputBox({
    title: l10n.t("Passphrase of the signing key"),
    password: true,
    ignoreFocusOut: true,
  });
  if (given === undefined) return undefined;
  const passphrase = new TextEncoder().encode(given);
  const plain = await keyHost.decrypt(file, passphrase).finally(() => passphrase.fill(0));
  return signerFromSecretKey(plain).finally(() => plain.fill(0));
}

/** JSON, where a plain key file begins with a byte that no JSON has. */
function isEncrypted(file: Uint8Array): boolean {
  return file[0] === "{".charCodeAt(0);
}

async function askFile(): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const choose = { label: l10n.t("$(file) Choose a key file…"), description: ".sk" };
  const paste = {
    label: l10n.t("$(clippy) Paste a key…"),
    description: l10n.t("its bytes in base64, or its JSON"),
  };
  const chosen = await window.showQuickPick([choose, paste], {
    title: l10n.t("Import a signing key"),
    ignoreFocusOut: true,
  });
  if (chosen === choose) {
    const [uri] = (await window.showOpenDialog({ title: l10n.t("Import a signing key") })) ?? [];
    return uri && readKeyFile(uri);
  }
  if (chosen !== paste) return undefined;
  const text = await window.showInputBox({
    title: l10n.t("Import a signing key"),
    prompt: l10n.t("its bytes in base64, or its JSON"),
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) =>
      parseKeyText(value) ? undefined : l10n.t("This is neither base64 nor a key file."),
  });
  return text === undefined ? undefined : parseKeyText(text);
}

async function readKeyFile(uri: Uri): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await workspace.fs.stat(uri);
  if (size > MOST_FILE_BYTES) throw new Error(l10n.t("{0} is too large for a key file.", uri.path));
  const bytes = new Uint8Array(await workspace.fs.readFile(uri));
  if (bytes[0] !== "-".charCodeAt(0)) return bytes;
  bytes.fill(0);
  throw new Error(l10n.t("This is a key in PEM; `haggle keys import` makes a key file of it."));
}

function parseKeyText(text: string): Uint8Array<ArrayBuffer> | undefined {
  const given = text.trim();
  if (given === "" || given.length > MOST_FILE_BYTES) return undefined;
  if (given.startsWith("{")) return new TextEncoder().encode(given);
  return /^[A-Za-z0-9+/]+={0,2}$/.test(given) && given.length % 4 === 0 ? fromBase64(given) : undefined;
}

async function tell(signer: Signer, text: string): Promise<void> {
  const keyId = await keyIdOf(signer);
  const file = encodePublicKey(signer.publicKey);
  const [copy, save] = [l10n.t("Copy Key Id"), l10n.t("Save Public Key")];
  const answer = showInformation(`${text} ${l10n.t("Key id {0}", shortDigest(keyId))}`, copy, save);
  // Whoever waits for the key does not wait for the message to be closed.
  void answer.then(async (chosen) => {
    try {
      if (chosen === copy) await env.clipboard.writeText(keyId);
      if (chosen === save) await savePublicKey(file);
    } catch (error) {
      void showError(explainError(error, l10n));
    }
  });
}

async function savePublicKey(file: Uint8Array): Promise<void> {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  const target = await window.showSaveDialog({
    title: l10n.t("Save Public Key"),
    ...(folder && { defaultUri: Uri.joinPath(folder, "author.pk") }),
  });
  if (target !== undefined) await workspace.fs.writeFile(target, file);
}
