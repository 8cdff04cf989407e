// What both hosts do once the language server answers: a list of registers, one for each area.

import { type Event, EventEmitter, type ExtensionContext, workspace } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { RULES_CHANGED, TRUST_GRANTED } from "../shared/protocol.ts";
import { registerCartView } from "./cart-view/index.ts";
import { registerConflictView } from "./conflict-view/index.ts";
import { registerDocs } from "./docs.ts";
import { registerLibraryDocuments } from "./library-documents.ts";
import { registerRelease } from "./release/index.ts";
import { registerRuns } from "./runs/index.ts";
import { registerWalkthrough } from "./walkthrough/index.ts";

/** What every register is given. The client has started. */
export type Extension = {
  context: ExtensionContext;
  client: BaseLanguageClient;
  /** The web host has no files of its own, no programs and no addresses that other origins may not ask. */
  host: "node" | "web";
  /** The root of a project whose rules are others than before. */
  onRulesChanged: Event<string>;
};

export async function activateIn(beginning: Omit<Extension, "onRulesChanged">): Promise<void> {
  // A client has room for one listener to each notification, and several areas want to know.
  const rulesChanged = new EventEmitter<string>();
  const { client, context } = beginning;
  const tellTrust = () => void client.sendNotification(TRUST_GRANTED);
  context.subscriptions.push(
    rulesChanged,
    workspace.onDidGrantWorkspaceTrust(tellTrust),
    client.onNotification(RULES_CHANGED, ({ root }: { root: string }) => rulesChanged.fire(root)),
  );
  // The server was told when it began to start, and the question is answered while it does. Said twice it is said once.
  if (workspace.isTrusted) tellTrust();
  const extension: Extension = { ...beginning, onRulesChanged: rulesChanged.event };
  registerDocs(extension);
  registerLibraryDocuments(extension);
  await registerRuns(extension);
  await registerCartView(extension);
  await registerConflictView(extension);
  await registerRelease(extension);
  await registerWalkthrough(extension);
}
