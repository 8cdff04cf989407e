// The texts that definitions of the runtime and the standard library lead into.

import { LIBRARY } from "../../shared/protocol.ts";
import type { Server } from "../serve.ts";

export function registerLibrary({ answer, language }: Server): void {
  answer<{ path: string }, string | null>(
    LIBRARY,
    ({ path }) => language.library(path.replace(/^\//, "")) ?? null,
  );
}
