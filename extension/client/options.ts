// What client and server agree on when they start, in both hosts.

import { type ExtensionContext, workspace } from "vscode";
import type { BaseLanguageClient, LanguageClientOptions } from "vscode-languageclient";
import { BUNDLES, PROJECT_SOURCES } from "../shared/protocol.ts";
import { docsBaseOf } from "./docs.ts";
import { restartsOf } from "./restarts.ts";
import { chooseLenses } from "./runs/lens-choice.ts";
import { verifyBundle } from "./verify-bundle.ts";

/** Files that say which promotions run, and what they may cost. VS Code knows no braces within braces. */
const DATA_FILES = ["promotions/**/*", "promotions", "policy", "bounds"].flatMap((name) =>
  ["yaml", "yml", "json"].map((extension) => `**/${name}.${extension}`),
);
export const PROJECT_DATA = `{${DATA_FILES.join()}}`;
const STRATEGIES = "**/strategies.{yaml,yml}";
const CASES = "**/{cases,*.cases}.json";

/** `find` gives the client, once it is made by these. */
export function clientOptionsIn(
  context: ExtensionContext,
  find: () => BaseLanguageClient,
): LanguageClientOptions {
  const watchers = [PROJECT_SOURCES, PROJECT_DATA, STRATEGIES, CASES, BUNDLES].map((files) =>
    workspace.createFileSystemWatcher(files),
  );
  // Of a folder that goes, VS Code tells nothing but its own name, which is none of these.
  watchers.push(workspace.createFileSystemWatcher("**", true, true, false));
  context.subscriptions.push(...watchers);
  const { errorHandler, sendRequest } = restartsOf(find);
  return {
    documentSelector: [
      { language: "haggle-rule" },
      { language: "yaml", pattern: STRATEGIES },
      { language: "yaml", pattern: PROJECT_DATA },
      { language: "json", pattern: PROJECT_DATA },
      { language: "json", pattern: CASES },
    ],
    // Asked for each server: of one that comes later the workspace may be trusted.
    initializationOptions: () => ({ docsBase: docsBaseOf(context), trusted: workspace.isTrusted }),
    errorHandler,
    synchronize: { fileEvents: watchers, configurationSection: "haggle" },
    // The server's one command.
    middleware: {
      executeCommand: (command, args, next) => verifyBundle(args, (uri) => next(command, [uri])),
      ...chooseLenses,
      sendRequest,
    },
  };
}
