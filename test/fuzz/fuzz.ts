import { runWatched } from "../support/watched-worker.ts";
import { makeFixtures } from "./fixtures.ts";
import type { FuzzAnswer, FuzzInput } from "./worker.ts";

/** What npm test runs: the same cases every time, in less than a minute. */
export const CI_CASES = 1_000;

/**
 * Fuzzes for so long, or so many cases of each kind. A case that hangs, crashes, throws what has no code, takes too
 * much memory or is accepted and should not be is an error, whose message names the file with the case's arguments.
 */
export async function fuzz(input: Omit<FuzzInput, "fixtures">): Promise<FuzzAnswer> {
  const data: FuzzInput = { ...input, fixtures: await makeFixtures() };
  return runWatched<FuzzAnswer>({ module: new URL("./worker.ts", import.meta.url), data });
}
