import type { Extension } from "../activate.ts";

/** Test Explorer, the commands of the lenses, and what a run shows inline. */
export async function registerRuns(_extension: Extension): Promise<void> {}
