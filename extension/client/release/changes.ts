// What a release changes against the one before it, for the person who signs it.

import type { ReleaseDocument } from "./documents.ts";
import type { Words } from "./explain-error.ts";

export type Changes = { added: string[]; removed: string[]; changed: string[]; others: string[] };

/** What a release says beside its promotions and changes without anybody meaning it. */
const OF_ITS_OWN = new Set([
  "type",
  "version",
  "issued",
  "expires",
  "previous",
  "bundles",
  "promotions",
  "table",
]);
const MOST_NAMED = 8;

/** `before` is undefined for the first release. */
export function changesBetween(before: object | undefined, after: object): Changes {
  const old = promotionsOf(before);
  const fresh = promotionsOf(after);
  const both = [...fresh.keys()].filter((id) => old.has(id));
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after)])];
  return {
    added: [...fresh.keys()].filter((id) => !old.has(id)),
    removed: [...old.keys()].filter((id) => !fresh.has(id)),
    changed: both.filter((id) => textOf(old.get(id)) !== textOf(fresh.get(id))),
    others:
      before === undefined
        ? []
        : fields.filter(
            (field) =>
              !OF_ITS_OWN.has(field) && textOf(fieldOf(before, field)) !== textOf(fieldOf(after, field)),
          ),
  };
}

export function changeLines({ added, removed, changed, others }: Changes, l10n: Words): string[] {
  const lines = [
    ...(added.length > 0 ? [l10n.t("new: {0}", listed(added, l10n))] : []),
    ...(removed.length > 0 ? [l10n.t("gone: {0}", listed(removed, l10n))] : []),
    ...(changed.length > 0 ? [l10n.t("changed: {0}", listed(changed, l10n))] : []),
    ...(others.length > 0 ? [l10n.t("also: {0}", listed(others, l10n))] : []),
  ];
  return lines.length > 0 ? lines : [l10n.t("no promotion, policy or bound changes; the code of rules may")];
}

function listed(names: readonly string[], l10n: Words): string {
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return names.length > MOST_NAMED ? l10n.t("{0} and {1} more", shown, names.length - MOST_NAMED) : shown;
}

function promotionsOf(release: object | undefined): Map<string, object> {
  const { promotions = [] } = (release ?? {}) as Partial<ReleaseDocument>;
  return new Map(promotions.map((promotion) => [promotion.id, promotion]));
}

function fieldOf(release: object, field: string): unknown {
  return (release as Record<string, unknown>)[field];
}

/** The same whatever the order of fields, which differs between what was built and what was read. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
