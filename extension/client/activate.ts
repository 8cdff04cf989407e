// What both hosts do once the language server answers: a list of registers, one for each area.

import type { ExtensionContext } from "vscode";
import type { BaseLanguageClient } from "vscode-languageclient";
import { registerCartView } from "./cart-view/index.ts";
import { registerConflictView } from "./conflict-view/index.ts";
import { registerDocs } from "./docs.ts";
import { registerRelease } from "./release/index.ts";
import { registerRuns } from "./runs/index.ts";
import { registerWalkthrough } from "./walkthrough/index.ts";

/** What every register is given. The client has started. */
export type Extension = {
  context: ExtensionContext;
  client: BaseLanguageClient;
  /** The web host has no files of its own, no programs and no addresses that other origins may not ask. */
  host: "node" | "web";
};

export async function activateIn(extension: Extension): Promise<void> {
  registerDocs(extension);
  await registerRuns(extension);
  await registerCartView(extension);
  await registerConflictView(extension);
  await registerRelease(extension);
  await registerWalkthrough(extension);
}
