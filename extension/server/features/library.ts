// The texts that definitions of the runtime and the standard library lead into.

import { RequestType } from "vscode-languageserver";
import { LIBRARY } from "../../shared/protocol.ts";
import type { Server } from "../serve.ts";

export function registerLibrary({ connection, language }: Server): void {
  connection.onRequest(
    new RequestType<{ path: string }, string | null, void>(LIBRARY),
    ({ path }) => language.library(path.replace(/^\//, "")) ?? null,
  );
}
