import type { Extension } from "../activate.ts";

/** Releases, rollouts and experiments of a server: tree, commands, status bar. */
export async function registerRelease(_extension: Extension): Promise<void> {}
