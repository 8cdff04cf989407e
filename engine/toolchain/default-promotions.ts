import type { Promotion, RuleMetadata } from "@haggle/abi";

/** The rules that are promotions by themselves. */
export function unnamedRules(
  rules: readonly RuleMetadata[],
  promotions: readonly Promotion[],
): readonly RuleMetadata[] {
  const named = new Set(promotions.map(({ rule }) => rule));
  return rules.filter(({ name, template }) => template !== true && !named.has(name));
}

/** One promotion for each rule, templates too, with the rule's own defaults. */
export function defaultPromotions(rules: readonly RuleMetadata[]): Promotion[] {
  return rules.map(({ name, kind, priority, group }) => ({
    id: name,
    rule: name,
    ...(kind === "pricing" ? { phase: kind } : {}),
    priority,
    ...(group === undefined ? {} : { group }),
  }));
}
