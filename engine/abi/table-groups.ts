// Groups as the table numbers them: from 1, children before their parents, so that an ascending loop is innermost first.

import { GROUP_MODES } from "./codes.ts";
import { refuse } from "./errors.ts";
import { groupChain } from "./group-chain.ts";
import * as L from "./layout.ts";
import type { GroupPolicy, Policy } from "./policy.ts";
import type { Promotion } from "./promotion.ts";
import type { TableWriter } from "./table-writer.ts";

export type Groups = {
  /** Ascending by id. */
  readonly records: readonly (GroupPolicy & { name: string })[];
  /** The id of a group, 0 for none. */
  id(name: string | undefined): number;
  /** The id of the tree that a group belongs to, 0 when no group of it has to choose. */
  tree(name: string | undefined): number;
};

const CHOOSING = new Set<GroupPolicy["mode"]>(["highest", "lowest", "best"]);

/** Numbers the groups of the policy and those that promotions name: deepest first, then by name. */
export function numberGroups(promotions: readonly Promotion[], policy: Policy): Groups {
  const names = new Set(Object.keys(policy.groups));
  for (const { group } of promotions) if (group !== undefined) names.add(group);
  if (names.size > L.MAX_GROUPS) throw refuse("ENGINE_TABLE_TOO_LARGE", "groups", names.size);
  // The default order of strings is that of their UTF-16 units, and the second sort keeps it among equal depths.
  const chains = [...names].sort().map((name) => groupChain(policy.groups, name));
  chains.sort((a, b) => b.length - a.length);
  const ids = new Map(chains.map(([name], i) => [name!, i + 1]));
  const records = chains.map(([name]) => ({
    name: name!,
    mode: "stack" as const,
    ...(Object.hasOwn(policy.groups, name!) && policy.groups[name!]),
  }));
  const trees = new Set(
    chains.filter((_, i) => CHOOSING.has(records[i]!.mode)).map((chain) => chain.at(-1)!),
  );
  const treeIds = new Map(
    chains.map((chain) => [chain[0]!, trees.has(chain.at(-1)!) ? ids.get(chain.at(-1)!)! : 0]),
  );
  return {
    records,
    id: (name) => (name === undefined ? 0 : ids.get(name)!),
    tree: (name) => (name === undefined ? 0 : treeIds.get(name)!),
  };
}

/** The address of the record of group 1. */
export function writeGroups(writer: TableWriter, groups: Groups): number {
  const start = writer.reserve(groups.records.length * L.GROUP_STRIDE);
  groups.records.forEach(({ mode, per, ties, parent }, i) => {
    const record = start + i * L.GROUP_STRIDE;
    writer.u32(record + L.GROUP_MODE, GROUP_MODES[mode]);
    writer.u32(record + L.GROUP_PER, per === "line" ? L.PER_LINE : L.PER_ORDER);
    writer.u32(record + L.GROUP_TIES, ties === "last" ? L.TIES_LAST : L.TIES_FIRST);
    writer.u32(record + L.GROUP_PARENT, groups.id(parent));
  });
  return L.TABLE + start;
}
