import { expect, it } from "vitest";
import { NAMED_MUTANTS } from "../mutants/mutants.ts";
import { survival } from "../mutants/mutate.ts";

// Tests that cannot fail prove nothing: with these defects in the source they do. `npm run test:mutants` has more.

it.each(NAMED_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "%s",
  async (_name, mutant) => {
    expect(await survival(mutant)).toBeUndefined();
  },
  300_000,
);
