import { commands, window } from "vscode";
import type { Extension } from "../activate.ts";
import { isAbsent, messageOf } from "../messages.ts";
import { type Said, say } from "../say.ts";
import { type CompareTarget, compareReleases } from "./compare.ts";
import { type ConnectOptions, createConnection, showFailure } from "./connection.ts";
import { followLocalRules } from "./local-rules.ts";
import { buildRelease, publishRelease } from "./publish.ts";
import { createReportDocuments } from "./report-documents.ts";
import {
  approveStep,
  giveToEverybody,
  pauseRollout,
  promote,
  resumeRollout,
  rollBack,
  startCanary,
} from "./rollout-commands.ts";
import { createSigningKey } from "./signing-key.ts";
import { showStatus } from "./status-bar.ts";
import type { Target, Tools } from "./tools.ts";
import { createTree } from "./tree.ts";
import { createWatcher } from "./watcher.ts";

const CONNECTED = "haggle.connected";

/** Releases, rollouts and experiments of a server: tree, commands, status bar. */
export async function registerRelease(extension: Extension): Promise<void> {
  const { context } = extension;
  const log = window.createOutputChannel("Haggle", { log: true });
  const connection = createConnection(extension);
  const signingKey = createSigningKey(context, log);
  const watcher = createWatcher(connection);
  const reports = createReportDocuments(context);
  const rules = followLocalRules(extension, () => tree.refresh());
  const tree = createTree(watcher, rules);
  const view = window.createTreeView("haggle.releases", { treeDataProvider: tree, showCollapseAll: true });
  const status = showStatus(context, watcher, connection);
  const tools: Tools = { extension, connection, watcher, signingKey, log, run };

  context.subscriptions.push(
    log,
    watcher,
    view,
    view.onDidChangeVisibility(({ visible }) => {
      watcher.setSeen(visible);
      if (visible) void rules.refresh().catch(logged);
    }),
    connection.onDidChange(() => void tellConnected()),
    ...Object.entries(commandsOf(tools)).map(([name, work]) =>
      commands.registerCommand(name, (target: unknown) => run(() => work(target))),
    ),
  );
  await connection.follow();
  await tellConnected();
  watcher.setSeen(view.visible);

  /** Of the commands that tests and other parts of the extension ask: nothing is thrown at who clicked. */
  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isCancellation(error)) return undefined;
      log.error(error instanceof Error ? error : String(error));
      // Whoever waits for the command does not wait for the message to be closed.
      void inWords(error)
        .then((said) => showFailure(said, connection))
        .catch(logged);
      return undefined;
    }
  }

  /** Those of keys and of the language server; a shop server's are told as they come. */
  async function inWords(error: unknown): Promise<unknown> {
    if (isAbsent(error)) return new Error(messageOf(error));
    if (!isOfHaggle(error)) return error;
    return Object.assign(error, { message: await say(extension.client, error) });
  }

  function logged(error: unknown): void {
    log.warn(error instanceof Error ? error.message : String(error));
  }

  async function tellConnected(): Promise<void> {
    await commands.executeCommand("setContext", CONNECTED, connection.find() !== undefined);
  }

  function commandsOf(all: Tools): Record<string, (target: unknown) => Promise<unknown>> {
    return {
      "haggle.server.connect": (given) => connection.connect(asConnectOptions(given)),
      "haggle.server.disconnect": () => connection.disconnect(),
      "haggle.signing.importKey": (given) =>
        signingKey.importKey(typeof given === "string" ? given : undefined),
      "haggle.signing.generateKey": () => signingKey.generate(),
      "haggle.signing.forgetKey": () => signingKey.forget(),
      "haggle.release.build": (target) => buildRelease(all, asTarget(target)),
      "haggle.release.publish": (target) => publishRelease(all, asTarget(target)),
      "haggle.release.startCanary": (target) => startCanary(all, asTarget(target)),
      "haggle.release.giveToEverybody": (target) => giveToEverybody(all, asTarget(target)),
      "haggle.release.pause": (target) => pauseRollout(all, asTarget(target)),
      "haggle.release.resume": (target) => resumeRollout(all, asTarget(target)),
      "haggle.release.approve": (target) => approveStep(all, asTarget(target)),
      "haggle.release.promote": (target) => promote(all, asTarget(target)),
      "haggle.release.rollBack": (target) => rollBack(all, asTarget(target)),
      "haggle.release.compare": (target) => compareReleases(all, reports, asTarget(target) as CompareTarget),
      "haggle.release.refresh": async () => {
        await Promise.all([watcher.refresh(), rules.refresh().catch(logged)]);
        // What is shown now, for whoever has asked.
        return { status: status.text(), items: (await tree.getChildren()) ?? [] };
      },
    };
  }
}

/** An item of the tree has more fields than these; a command from a button has no argument, or one that is none of ours. */
function asTarget(given: unknown): Target {
  return typeof given === "object" && given !== null ? (given as Target) : {};
}

function asConnectOptions(given: unknown): ConnectOptions {
  const { url, key } = asTarget(given) as { url?: unknown; key?: unknown };
  return { ...(typeof url === "string" && { url }), ...(typeof key === "string" && { key }) };
}

function isOfHaggle(error: unknown): error is Error & Said {
  return error instanceof Error && error.name === "HaggleError" && "code" in error;
}

/** Of the editor's own, such as a question that was closed; nobody needs to be told. */
function isCancellation(error: unknown): boolean {
  return error instanceof Error && /^Cancell?ed$/i.test(error.name === "Error" ? error.message : error.name);
}
