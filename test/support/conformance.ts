// Cases of the promotion vocabulary, converted and ready to be priced.

import { readFileSync } from "node:fs";
import { createKeptCompiler } from "../../engine/cli/kept-compiler.ts";
import { readPolicies } from "../../engine/cli/policies.ts";
import { type Converted, convertCase, type Policies } from "../../engine/cli/vocabulary/convert.ts";
import { createPricer, type Pricer } from "../../engine/cli/vocabulary/price.ts";

export type Case = { id: string; policy: string; expected: Record<string, unknown> } & Record<
  string,
  unknown
>;

const FOLDER = new URL("../vectors/promotions/", import.meta.url);

/** The cases of a file of test/vectors/promotions. */
export function readPromotionCases(file: "cases" | "neighbours"): Case[] {
  return JSON.parse(readFileSync(new URL(`${file}.json`, FOLDER), "utf8"));
}

/** @throws Error for a case that is refused */
export function convert(each: unknown, policies: Policies): Converted {
  const converted = convertCase(each, policies);
  if ("refused" in converted) throw new Error(JSON.stringify(converted));
  return converted;
}

export async function prepareConformance(): Promise<{ policies: Policies; pricer: Pricer }> {
  return { policies: await readPolicies(), pricer: await createPricer(await createKeptCompiler()) };
}
