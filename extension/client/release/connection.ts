// Which server this window talks to. The address is a setting; the key of each address is in the editor's secret storage
// under that address, so that a workspace that names another server is given no key of mine.

import {
  ConfigurationTarget,
  EventEmitter,
  l10n,
  ProgressLocation,
  type QuickPickItem,
  Uri,
  window,
  workspace,
} from "vscode";
import type { Extension } from "../activate.ts";
import { showError, showWarning } from "../messages.ts";
import { say } from "../say.ts";
import { AddressError, type Api, createApi, isThisMachine, parseAddress, ServerError } from "./api.ts";
import { loadBoard } from "./board.ts";
import { isChannelName } from "./documents.ts";
import { explainError } from "./explain-error.ts";

const SECTION = "haggle.server";
const DEFAULT_URL = "http://127.0.0.1:8787";
const DEFAULT_CHANNEL = "stable";
/** Where a server of this machine puts its first key. */
const ADMIN_KEY = [".haggle", "admin.key"];
/** No key is longer. */
const MOST_KEY_BYTES = 512;

export type Connection = ReturnType<typeof createConnection>;

/** For whoever connects without being asked. */
export type ConnectOptions = { url?: string; key?: string };

export function createConnection({ context, client }: Extension) {
  const ask = (url: string, key: string) => createApi(url, key, (refusal) => say(client, refusal));
  const changed = new EventEmitter<void>();
  let api: Api | undefined;
  let used: { url: string; key: string } | undefined;
  let latest: symbol | undefined;

  /** Follows the setting and the secrets, of other windows too. Of several at once the last one counts. */
  async function open(): Promise<void> {
    const turn = Symbol("open");
    latest = turn;
    const url = findUrl();
    const key =
      workspace.isTrusted && url !== undefined ? await context.secrets.get(secretOf(url)) : undefined;
    if (latest !== turn) return;
    use(url, key);
  }

  /** Whoever is told asks the server anew, so that nobody is told of what stays. */
  function use(url: string | undefined, key: string | undefined): void {
    const next = url === undefined || key === undefined ? undefined : { url, key };
    if (next?.url === used?.url && next?.key === used?.key) return;
    used = next;
    api = next && ask(next.url, next.key);
    changed.fire();
  }

  async function connect(given: ConnectOptions = {}): Promise<boolean> {
    if (!workspace.isTrusted) {
      void showWarning(l10n.t("No server is asked before you trust this workspace."));
      return false;
    }
    const url = given.url === undefined ? await askUrl() : parseAddress(given.url);
    if (url === undefined) return false;
    const key = given.key ?? (await askKey(url));
    if (key === undefined) return false;
    await window.withProgress(
      { location: ProgressLocation.Notification, title: l10n.t("Connecting to {0}", url) },
      () => loadBoard(ask(url, key), { channel: channelOf(), known: new Map() }),
    );
    await context.secrets.store(secretOf(url), key);
    if (findUrl() !== url) await rememberUrl(url);
    // What the setting and the secret tell by themselves may come later, and says the same.
    latest = undefined;
    use(url, key);
    return true;
  }

  /** A secret storage that is locked is told of, and is no reason to go without the rest of the extension. */
  function follow(): Promise<void> {
    return open().catch((error: unknown) => void showError(explainError(error, l10n)));
  }

  async function disconnect(): Promise<void> {
    const url = findUrl();
    if (url !== undefined) await context.secrets.delete(secretOf(url));
    await open();
  }

  context.subscriptions.push(
    changed,
    context.secrets.onDidChange(({ key }) => {
      const url = findUrl();
      if (url !== undefined && key === secretOf(url)) void follow();
    }),
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${SECTION}.url`)) void follow();
      if (event.affectsConfiguration(`${SECTION}.channel`)) changed.fire();
    }),
    workspace.onDidGrantWorkspaceTrust(() => void follow()),
  );

  return {
    follow,
    connect,
    disconnect,
    /** Undefined where nobody has connected, or the workspace is not trusted. */
    find: (): Api | undefined => api,
    /** The channel that the status bar tells of, and that commands mean when nothing else is said. */
    channel: channelOf,
    onDidChange: changed.event,
  };
}

function secretOf(url: string): string {
  return `haggle.apiKey ${url}`;
}

function channelOf(): string {
  const channel = workspace.getConfiguration(SECTION).get<string>("channel") ?? DEFAULT_CHANNEL;
  return isChannelName(channel) ? channel : DEFAULT_CHANNEL;
}

/** One that no key may go to counts as none; `connect` says why. */
function findUrl(): string | undefined {
  const url = workspace.getConfiguration(SECTION).get<string>("url");
  if (!url) return undefined;
  try {
    return parseAddress(url);
  } catch (cause) {
    if (!(cause instanceof AddressError)) throw cause;
    return undefined;
  }
}

/** Where the setting is made already, else for all windows. */
async function rememberUrl(url: string): Promise<void> {
  const settings = workspace.getConfiguration(SECTION);
  const made = settings.inspect<string>("url");
  const target =
    made?.workspaceValue === undefined ? ConfigurationTarget.Global : ConfigurationTarget.Workspace;
  await settings.update("url", url, target);
}

async function askUrl(): Promise<string | undefined> {
  const given = await window.showInputBox({
    title: l10n.t("Connect to a Haggle server"),
    prompt: l10n.t("Its address"),
    value: workspace.getConfiguration(SECTION).get<string>("url") || DEFAULT_URL,
    ignoreFocusOut: true,
    validateInput(value) {
      try {
        parseAddress(value);
        return undefined;
      } catch (cause) {
        if (!(cause instanceof AddressError)) throw cause;
        return explainError(cause, l10n);
      }
    },
  });
  return given === undefined ? undefined : parseAddress(given);
}

async function askKey(url: string): Promise<string | undefined> {
  const found = isThisMachine(new URL(url).hostname) ? await findAdminKey() : undefined;
  if (found !== undefined) {
    const here: QuickPickItem = {
      label: l10n.t("The key of this machine's server"),
      description: workspace.asRelativePath(found.file),
    };
    const other: QuickPickItem = { label: l10n.t("Another key") };
    const title = l10n.t("With which API key?");
    const chosen = await window.showQuickPick([here, other], { title, ignoreFocusOut: true });
    if (chosen === undefined) return undefined;
    if (chosen === here) return found.key;
  }
  const given = await window.showInputBox({
    title: l10n.t("API key for {0}", url),
    prompt: l10n.t("It is kept in the editor's secret storage, and sent to this address alone."),
    placeHolder: "hg_live_…",
    password: true,
    ignoreFocusOut: true,
    validateInput: (value) =>
      isKey(value.trim()) ? undefined : l10n.t("A key has no spaces and is not empty."),
  });
  return given?.trim();
}

/** As the command line does it for a server on this machine. */
async function findAdminKey(): Promise<{ file: Uri; key: string } | undefined> {
  for (const { uri } of workspace.workspaceFolders ?? []) {
    const file = Uri.joinPath(uri, ...ADMIN_KEY);
    const bytes = await workspace.fs.readFile(file).then(
      (read) => read,
      // There is none, which is how it is in most workspaces.
      () => undefined,
    );
    if (bytes === undefined || bytes.length > MOST_KEY_BYTES) continue;
    const key = new TextDecoder().decode(bytes).trim();
    if (isKey(key)) return { file, key };
  }
  return undefined;
}

/** What may stand in a header. */
function isKey(text: string): boolean {
  return /^[\x21-\x7e]{1,512}$/.test(text);
}

/** Says what went wrong; a refused key is asked for anew. */
export async function showFailure(error: unknown, connection: Pick<Connection, "connect">): Promise<void> {
  const text = explainError(error, l10n);
  if (!(error instanceof ServerError && error.status === 401)) return void showError(text);
  const again = l10n.t("Connect Again");
  if ((await showError(text, again)) === again) await connection.connect();
}
