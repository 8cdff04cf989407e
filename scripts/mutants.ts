// `npm run test:mutants`: puts known defects into the source, one after another, and sees that the tests fail. First, that
// they pass without.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog, startEmbedded } from "@haggle/server";
import { MUTANTS } from "../test/mutants/mutants.ts";
import { runSuite, survival } from "../test/mutants/mutate.ts";

const filter = process.argv[2] ?? "";
const mutants = MUTANTS.filter(({ name }) => name.includes(filter));
let survived = 0;

const folder = await mkdtemp(join(tmpdir(), "haggle-mutants-"));
const postgres = await startEmbedded(folder, createLog("warn"));
// Of all suites, as `npm test` has it.
process.env.HAGGLE_TEST_DATABASE = postgres.url;

async function end(code: number): Promise<never> {
  await postgres.stop();
  await rm(folder, { recursive: true });
  process.exit(code);
}

for (const suite of new Set(mutants.flatMap(({ suites }) => suites))) {
  const { passed, failed } = await runSuite(suite);
  if (failed === 0 && passed > 0) continue;
  console.error(`${suite} does not pass without any mutant: ${passed} passed, ${failed} failed`);
  await end(1);
}

for (const mutant of mutants) {
  const why = await survival(mutant);
  if (why !== undefined) survived++;
  console.log(
    `${why === undefined ? "killed  " : "SURVIVED"}  ${mutant.name}${why === undefined ? "" : `: ${why}`}`,
  );
}
console.log(`${mutants.length - survived} of ${mutants.length} mutants killed`);
await end(survived === 0 ? 0 : 1);
