import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import pg from "pg";
import type { Mutant } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** A Vite plugin that loads the mutant's file with its defect. */
export function mutate({ file, edits }: Mutant) {
  const path = join(ROOT, file);
  return {
    name: "haggle-mutant",
    enforce: "pre" as const,
    transform(code: string, id: string): string | undefined {
      return id === path ? applyEdits(code, edits) : undefined;
    },
  };
}

/** @throws Error when a text does not stand there exactly once: the source has changed, and the mutant must follow */
export function applyEdits(code: string, edits: Mutant["edits"]): string {
  let mutated = code;
  for (const [from, to] of edits) {
    if (mutated.split(from).length !== 2) throw new Error(`not once in the source: ${from}`);
    mutated = mutated.replace(from, () => to);
  }
  return mutated;
}

/**
 * Runs a suite over a mutant, or all of it over the source as it is. Resolves with the number of tests that passed and that
 * failed.
 */
export async function runSuite(
  suite: string,
  mutant?: Mutant,
): Promise<{ passed: number; failed: number; told: string }> {
  const database = await createDatabase();
  try {
    return await runOn(database.url, suite, mutant);
  } finally {
    await database.drop();
  }
}

/**
 * The same suite may be running beside this one, over the source as it is, with the same names for its tenants: in a
 * database of its own neither meets what the other has written.
 */
async function createDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const url = new URL(process.env.HAGGLE_TEST_DATABASE ?? "");
  const name = `suite_${randomUUID().replaceAll("-", "")}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await run(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.href, drop: () => run(`drop database ${name} with (force)`) };
}

async function runOn(
  database: string,
  suite: string,
  mutant: Mutant | undefined,
): Promise<{ passed: number; failed: number; told: string }> {
  const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
  const only = mutant?.only ? ["-t", mutant.only] : [];
  const child = spawn(
    process.execPath,
    [vitest, "run", "--config", "test/mutants/vitest.config.ts", "--maxWorkers=1", suite, ...only],
    {
      cwd: ROOT,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        NO_COLOR: "1",
        HAGGLE_TEST_DATABASE: database,
        ...(mutant && { HAGGLE_MUTANT: mutant.name }),
      },
    },
  );
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
  await once(child, "close");
  const [output, errors] = await outputs;
  const counts = /(\d+) passed, (\d+) failed, \d+ skipped\s*$/.exec(output);
  if (counts === null) throw new Error(`the run of ${suite} did not end as it should:\n${errors}`);
  return { passed: Number(counts[1]), failed: Number(counts[2]), told: errors };
}

/** What is wrong with the tests, seen by this mutant; undefined when every one of its suites sees it. */
export async function survival(mutant: Mutant): Promise<string | undefined> {
  applyEdits(await readFile(join(ROOT, mutant.file), "utf8"), mutant.edits);
  for (const suite of mutant.suites) {
    const { passed, failed, told } = await runSuite(suite, mutant);
    if (failed === 0) return `${suite} passes`;
    // A file that does not even load would see every mutant.
    if (passed === 0)
      return `nothing in ${suite} passes, so that it says nothing about this defect:\n${told}`;
  }
  return undefined;
}
