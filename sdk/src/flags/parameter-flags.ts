import { type Channel, isSwitchedOff } from "@haggle/abi";
import type { Engine } from "../engine.ts";
import type { Flag } from "./flag.ts";

/**
 * `PROMOTION.PARAMETER` with what the promotion says, or its rule by default. Lists have no form in OFREP and are left out, and
 * so are the variants that a build makes of a promotion: their experiment has a flag of its own.
 */
export function listParameterFlags(
  { promotions, rules }: Pick<Engine, "promotions" | "rules">,
  off: Channel["off"],
): Flag[] {
  const rulesByName = new Map(rules.map((rule) => [rule.name, rule]));
  const flags: Flag[] = [];
  for (const promotion of promotions) {
    const { id, rule, parameters } = promotion;
    if (id.includes("~")) continue;
    const reason = isSwitchedOff(off, promotion) ? "DISABLED" : "STATIC";
    const declared = (rule !== undefined && rulesByName.get(rule)?.parameters.properties) || {};
    for (const [name, { default: usual }] of Object.entries(declared)) {
      const value: unknown = parameters?.[name] ?? usual;
      if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
      flags.push({ key: `${id}.${name}`, value, reason });
    }
  }
  return flags;
}
