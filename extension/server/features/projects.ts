// The projects of the workspace, for whoever shows them.

import { PROJECTS, type ProjectInfo } from "../../shared/protocol.ts";
import type { Server } from "../serve.ts";

export function registerProjects({ answer, files }: Server): void {
  answer<void, ProjectInfo[]>(PROJECTS, async () =>
    (await files.findProjects()).map((root) => ({ root, name: nameOf(root) })),
  );
}

/** Its folder's. */
function nameOf(root: string): string {
  return decodeURIComponent(root.slice(root.lastIndexOf("/") + 1)) || root;
}
