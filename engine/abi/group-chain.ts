import { MAX_GROUP_DEPTH } from "./layout.ts";
import type { Policy } from "./policy.ts";
import { bad } from "./shape.ts";

/**
 * A group and the groups that it is in, outwards. A group that the policy does not name stacks and is in none.
 * Throws DOCUMENT_BAD_FIELD for a parent that is not named, a cycle, or groups nested deeper than MAX_GROUP_DEPTH.
 */
export function groupChain(groups: Policy["groups"], name: string, at = "policy"): string[] {
  const chain = [name];
  for (;;) {
    const inner = chain.at(-1)!;
    const parent = Object.hasOwn(groups, inner) ? groups[inner]!.parent : undefined;
    if (parent === undefined) return chain;
    const place = `${at}.groups.${inner}.parent`;
    if (!Object.hasOwn(groups, parent)) throw bad(place, parent);
    if (chain.push(parent) > MAX_GROUP_DEPTH) throw bad(place, parent);
  }
}
