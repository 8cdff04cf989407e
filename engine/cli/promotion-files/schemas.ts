// The published schemas of a project, as files and as text.

import { join } from "node:path";
import { DEFAULT_POLICY, type RuleMetadata } from "@haggle/abi";
import { makeSchemas, type ProjectSchemas } from "@haggle/toolchain/project-files";
import { writeAtomically } from "../files.ts";
import { readPolicies } from "../policies.ts";
import type { ProjectFolder } from "../project.ts";

const SCHEMA_FILES = {
  promotions: "promotions.schema.json",
  policy: "policy.schema.json",
  bounds: "bounds.schema.json",
  strategies: "strategies.schema.json",
} as const;

/** By what they describe, as text. */
export async function schemasOf(
  { data }: ProjectFolder,
  rules: readonly RuleMetadata[],
): Promise<Record<keyof ProjectSchemas, string>> {
  const { lanes } = data.policy ?? DEFAULT_POLICY;
  const schemas = makeSchemas(rules, lanes, Object.keys(await readPolicies()));
  return {
    promotions: print(schemas.promotions),
    policy: print(schemas.policy),
    bounds: print(schemas.bounds),
    strategies: print(schemas.strategies),
  };
}

/** Writes all of them into the folder of a build, for the editors of the project's files. */
export async function writeSchemas(
  out: string,
  project: ProjectFolder,
  rules: readonly RuleMetadata[],
): Promise<void> {
  const schemas = await schemasOf(project, rules);
  for (const name of ["promotions", "policy", "bounds", "strategies"] as const) {
    await writeAtomically(join(out, SCHEMA_FILES[name]), schemas[name]);
  }
}

function print(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}
