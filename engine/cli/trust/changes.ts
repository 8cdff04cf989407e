// What a release changes, for the people who are about to sign it.

import type { Policy, PriceBound, Promotion, Release } from "@haggle/abi";
import { printable, type Terminal } from "../terminal.ts";

export type Change = {
  what: "promotion" | "policy" | "bounds";
  kind: "added" | "removed" | "changed";
  name: string;
  /** Which ones, when it changed. */
  fields?: string[];
};

/** Without a release before it everything is new. */
export function changesBetween(before: Release | undefined, after: Release): Change[] {
  return [
    ...entries("promotion", promotionsOf(before), promotionsOf(after)),
    ...policyChanges(before?.policy, after.policy),
    ...entries("bounds", boundsOf(before), boundsOf(after)),
  ];
}

export function changeLines({ paint }: Terminal, changes: readonly Change[]): string[] {
  return changes.map(({ what, kind, name, fields }) => {
    const label = `${what} ${printable(name)}${fields ? `: ${fields.map(printable).join(", ")}` : ""}`;
    if (kind === "added") return paint("green", `  + ${label}`);
    return kind === "removed" ? paint("red", `  - ${label}`) : paint("yellow", `  ~ ${label}`);
  });
}

type Named = ReadonlyMap<string, object>;

function entries(what: Change["what"], before: Named, after: Named): Change[] {
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const added = [...after.keys()].filter((name) => !before.has(name));
  const changed = [...after].flatMap(([name, value]): Change[] => {
    const old = before.get(name);
    const fields = old === undefined ? [] : fieldsThatDiffer(old, value);
    return fields.length === 0 ? [] : [{ what, kind: "changed", name, fields }];
  });
  return [
    ...removed.map((name): Change => ({ what, kind: "removed", name })),
    ...added.map((name): Change => ({ what, kind: "added", name })),
    ...changed,
  ];
}

function policyChanges(before: Policy | undefined, after: Policy): Change[] {
  if (before === undefined) return [{ what: "policy", kind: "added", name: after.name }];
  const fields = fieldsThatDiffer(before, after);
  return fields.length === 0 ? [] : [{ what: "policy", kind: "changed", name: after.name, fields }];
}

function promotionsOf(release: Release | undefined): ReadonlyMap<string, Promotion> {
  return new Map(release?.promotions.map((promotion) => [promotion.id, promotion]));
}

function boundsOf(release: Release | undefined): ReadonlyMap<string, PriceBound> {
  return new Map(release?.bounds?.map((bound) => [bound.sku, bound]));
}

/** Documents are written with their fields in one order, so that equal values have equal JSON. */
function fieldsThatDiffer(before: object, after: object): string[] {
  const [old, young] = [before, after] as Record<string, unknown>[];
  const names = new Set([...Object.keys(old!), ...Object.keys(young!)]);
  return [...names].filter((name) => JSON.stringify(old![name]) !== JSON.stringify(young![name]));
}
