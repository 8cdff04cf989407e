// Mutants of metered modules: what the profile accepts stops within its fuel, whatever a random byte made of it.
// HAGGLE_MUTANTS=1000000 for a night; HAGGLE_SEED for other mutants.

import { readdirSync, readFileSync } from "node:fs";
import { meter } from "@haggle/toolchain";
import { expect, it } from "vitest";
import { withRoom } from "../support/byte-mutator.ts";
import { proveFuel } from "../support/fuel-proof.ts";
import type { MutantAnswer, MutantInput } from "../support/mutant-worker.ts";
import { buildDemoRules, signTestRelease } from "../support/rules.ts";
import { readWithWasmparser } from "../support/second-reader.ts";
import { compileWat, withCustomSection } from "../support/wat.ts";
import { runWatched } from "../support/watched-worker.ts";

const FOLDER = new URL("../vectors/programs/", import.meta.url);
const MUTANTS = Number(process.env.HAGGLE_MUTANTS ?? 40_000);
/** A real bundle is a hundred times as large and as slow to judge: so fewer mutants of it. */
const BUNDLE_SHARE = 1 / 20;
/** Half of the mutants are of modules that charge too much, so that code which was put in is paid for. */
const ROOM = 40;

it("that the profile accepts are proved to stop, and stop", { timeout: 36_000_000 }, async () => {
  const built = await buildDemoRules();
  const release = await signTestRelease(built, built.promotions);
  const ofBundle = Math.round(MUTANTS * BUNDLE_SHARE);
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".wat"));
  const modules: MutantInput["modules"] = [];
  for (const name of names) {
    const source = await compileWat(readFileSync(new URL(name, FOLDER), "utf8"));
    const { bytes } = meter(withCustomSection(source, "haggle"));
    const module = readWithWasmparser(bytes);
    const roomy = withRoom(bytes, module, proveFuel(module).charges, ROOM);
    const mutants = Math.ceil((MUTANTS - ofBundle) / names.length / 2);
    modules.push({ name, bytes, mutants }, { name: `${name} with room`, bytes: roomy, mutants });
  }
  modules.push({ name: "bundle", bytes: built.bundle, mutants: ofBundle });
  const stated = process.env.HAGGLE_SEED ?? "20261126";
  const seed = stated === "random" ? Date.now() : Number(stated);
  const data: MutantInput = {
    modules,
    seed,
    bundle: { payload: release.envelope.payload, metadata: built.metadata },
  };

  const module = new URL("../support/mutant-worker.ts", import.meta.url);
  const answer = await runWatched<MutantAnswer>({ module, data }).catch((cause: unknown) => {
    throw new Error(`seed ${seed}`, { cause });
  });
  expect(answer.mutants).toBeGreaterThanOrEqual(MUTANTS);
  // Else the mutators would have become too wild to prove anything.
  expect(answer.ran).toBeGreaterThan(MUTANTS / 50);
  expect(answer.trapped).toBeGreaterThan(MUTANTS / 200);
});
