import type { GroupPolicy, Policy, Promotion } from "@haggle/abi";

// Section 7: how groups lie in one another. What they choose is in choose.ts.

export function groupOf(name: string, { groups }: Policy): GroupPolicy {
  return groups[name] ?? { mode: "stack" };
}

/** The groups that a promotion is in, from its own outwards. */
export function chainOf({ group }: Promotion, policy: Policy): string[] {
  return groupsAbove(group, policy);
}

/** A group and those that it lies in, outwards. */
export function groupsAbove(group: string | undefined, policy: Policy): string[] {
  const chain: string[] = [];
  for (let name = group; name !== undefined; name = groupOf(name, policy).parent) chain.push(name);
  return chain;
}

/** The outermost group of a promotion when a group in it chooses. */
export function treeOf(promotion: Promotion, policy: Policy): string | undefined {
  const root = chainOf(promotion, policy).at(-1);
  const isChoosing = Object.keys(policy.groups).some(
    (name) => chooses(name, policy) && groupsAbove(name, policy).at(-1) === root,
  );
  return isChoosing ? root : undefined;
}

export function chooses(name: string, policy: Policy): boolean {
  return ["highest", "lowest", "best"].includes(groupOf(name, policy).mode);
}

/** The member of a group that a promotion is, or is in: its own id, or the name of a group. */
export function memberOf(promotion: Promotion, group: string, policy: Policy): string | undefined {
  const chain = chainOf(promotion, policy);
  const at = chain.indexOf(group);
  if (at < 0) return undefined;
  return at === 0 ? `promotion ${promotion.id}` : `group ${chain[at - 1]}`;
}

/** The promotion that won a `first` group over this one: the first that granted something as another member. */
export function findFirst(
  promotion: Promotion,
  granted: readonly Promotion[],
  policy: Policy,
): Promotion | undefined {
  const firsts = chainOf(promotion, policy).filter((name) => groupOf(name, policy).mode === "first");
  return granted.find((other) =>
    firsts.some((name) => {
      const member = memberOf(other, name, policy);
      return member !== undefined && member !== memberOf(promotion, name, policy);
    }),
  );
}
