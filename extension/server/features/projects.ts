// The projects of the workspace, for whoever shows them.

import { RequestType0 } from "vscode-languageserver";
import { PROJECTS, type ProjectInfo } from "../../shared/protocol.ts";
import type { Server } from "../serve.ts";

export function registerProjects({ connection, files }: Server): void {
  connection.onRequest(new RequestType0<ProjectInfo[], void>(PROJECTS), async () =>
    (await files.findProjects()).map((root) => ({ root, name: nameOf(root) })),
  );
}

/** Its folder's. */
function nameOf(root: string): string {
  return decodeURIComponent(root.slice(root.lastIndexOf("/") + 1)) || root;
}
