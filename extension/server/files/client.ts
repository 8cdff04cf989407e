// Projects that only the client can read: those of a workspace on the web.

import type { Connection } from "vscode-languageserver";
import { FIND_PROJECTS, READ_PROJECT } from "../../shared/protocol.ts";
import type { FileSource } from "../files.ts";

export function clientSource(connection: Connection): FileSource {
  return {
    findProjects: () => connection.sendRequest(FIND_PROJECTS),
    readProject: (root) => connection.sendRequest(READ_PROJECT, { root }),
  };
}
