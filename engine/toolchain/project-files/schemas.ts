// The published schemas of a project, as editors read them.

import { type RuleMetadata, type Schema, strategySchema } from "@haggle/abi";
import { boundsSchema } from "./bounds.ts";
import { policySchema } from "./policy-schema.ts";
import { promotionSchema } from "./promotion-schema.ts";

/** By what they describe. */
export type ProjectSchemas = { promotions: Schema; policy: Schema; bounds: Schema; strategies: Schema };

/** `lanes` are the policy's, undefined where any will do; `presets` the names of policies that a policy may extend. */
export function makeSchemas(
  rules: readonly RuleMetadata[],
  lanes: readonly string[] | undefined,
  presets: readonly string[],
): ProjectSchemas {
  return {
    promotions: promotionSchema(rules, lanes),
    policy: policySchema(presets),
    bounds: boundsSchema(),
    strategies: strategySchema(rules),
  };
}
