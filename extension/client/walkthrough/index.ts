import type { Extension } from "../activate.ts";

/** The first rule, step by step. */
export async function registerWalkthrough(_extension: Extension): Promise<void> {}
