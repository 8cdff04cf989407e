import type { Extension } from "../activate.ts";

/** The panel of what the static analysis finds in a whole promotion table. */
export async function registerConflictView(_extension: Extension): Promise<void> {}
