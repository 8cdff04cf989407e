// The documents into which definitions lead when what is looked for is part of the language: read-only texts that come
// with the extension, which the language server has.

import { workspace } from "vscode";
import { LIBRARY, LIBRARY_SCHEME } from "../shared/protocol.ts";
import type { Extension } from "./activate.ts";

export function registerLibraryDocuments({ client, context }: Extension): void {
  context.subscriptions.push(
    workspace.registerTextDocumentContentProvider(LIBRARY_SCHEME, {
      provideTextDocumentContent: async ({ path }) =>
        (await client.sendRequest<string | null>(LIBRARY, { path })) ?? undefined,
    }),
  );
}
