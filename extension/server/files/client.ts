// Projects that only the client can read: those of a workspace on the web.

import { MAX_PROJECT_FILE_BYTES } from "@haggle/abi";
import type { Connection } from "vscode-languageserver";
import { FIND_PROJECTS, READ_PROJECT } from "../../shared/protocol.ts";
import type { FileSource } from "../files.ts";

export function clientSource(connection: Connection): FileSource {
  return {
    findProjects: () => connection.sendRequest(FIND_PROJECTS),
    // Of a file that is too large, so much that whoever looks sees that it is.
    readProject: (root) =>
      connection.sendRequest(READ_PROJECT, { root, mostBytes: MAX_PROJECT_FILE_BYTES + 1 }),
  };
}
