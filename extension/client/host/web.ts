import type { RunProgram } from "./program.ts";

/** A browser runs no programs of the machine. */
export const runProgram: RunProgram | undefined = undefined;
