import { defineConfig } from "vitest/config";
import base from "../vitest.config.ts";
import { MUTANTS } from "./mutants.ts";
import { mutate } from "./mutate.ts";

// The tests over a source with one defect: HAGGLE_MUTANT is its name. Without it, over the source as it is.

const mutant = MUTANTS.find(({ name }) => name === process.env.HAGGLE_MUTANT);

export default defineConfig({
  ...base,
  // What was cached of one mutant would be run for another, and for none.
  test: { ...base.test, fsModuleCache: false },
  plugins: mutant ? [mutate(mutant)] : [],
});
