// Which discounts of Shopify apply together, as groups: two combine when each agrees to the class of the other. Whoever
// combines stacks; who does not, competes, and the highest wins; of product discounts one has each line.

import type { GroupPolicy } from "@haggle/abi";
import type { ShopifyDraft } from "./shopify-discounts.ts";

type Arranged = {
  groups: Record<string, GroupPolicy>;
  groupOf: Map<ShopifyDraft, string>;
  /** What groups cannot say, with the reason. */
  refused: Map<ShopifyDraft, string>;
  /** Percentages that are all of the subtotal which no product discount lowers. */
  ofSubtotal: Set<ShopifyDraft>;
};

/** Finds the groups, by taking the graph of who combines with whom apart until single discounts are left. */
export function arrange(drafts: readonly ShopifyDraft[]): Arranged {
  const arranged: Arranged = { groups: {}, groupOf: new Map(), refused: new Map(), ofSubtotal: new Set() };
  refuseCompounding(drafts, arranged);
  place(
    drafts.filter((draft) => !arranged.refused.has(draft)),
    undefined,
    arranged,
  );
  return arranged;
}

/** Shopify takes one shipping discount for an order. */
function combine(a: ShopifyDraft, b: ShopifyDraft): boolean {
  if (a.class === "shipping" && b.class === "shipping") return false;
  return a.combines[b.class] && b.combines[a.class];
}

/**
 * Each of several percentages is of the subtotal behind product discounts, while here it is of what the last one left,
 * or of the initial prices. With one of the two alone, one of the bases says the same.
 */
function refuseCompounding(drafts: readonly ShopifyDraft[], { refused, ofSubtotal }: Arranged): void {
  const percentages = drafts.filter((draft) => draft.class === "order" && draft.isPercent);
  for (const draft of percentages) {
    if (!percentages.some((other) => other !== draft && combine(other, draft))) continue;
    if (drafts.some((other) => other.class === "product" && combine(other, draft)))
      refused.set(
        draft,
        "several percentages of one subtotal that product discounts lower: each would be of what the last one left",
      );
    else ofSubtotal.add(draft);
  }
}

function place(drafts: readonly ShopifyDraft[], parent: string | undefined, arranged: Arranged): void {
  const [only] = drafts;
  if (drafts.length <= 1) {
    if (only !== undefined && parent !== undefined) arranged.groupOf.set(only, parent);
    return;
  }
  const together = parts(drafts, (a, b) => !combine(a, b));
  if (together.length > 1) {
    placeTogether(together, parent, arranged);
    return;
  }
  const apart = parts(drafts, combine);
  if (apart.length > 1) {
    const group = addGroup({ mode: "highest" }, parent, arranged);
    for (const part of apart) place(part, group, arranged);
    return;
  }
  for (const draft of drafts)
    arranged.refused.set(
      draft,
      "who combines with whom is no nesting of groups: it combines with two that do not combine, and they with others",
    );
}

/** Each part combines with all of the others. */
function placeTogether(together: ShopifyDraft[][], parent: string | undefined, arranged: Arranged): void {
  const group = parent === undefined ? undefined : addGroup({ mode: "stack" }, parent, arranged);
  const withProducts = together.filter((part) => part.some(isProduct));
  const products = withProducts.filter((part) => part.every(isProduct));
  const lines = withProducts.length > 1 ? addGroup({ mode: "highest", per: "line" }, group, arranged) : group;
  for (const part of together) {
    if (products.includes(part)) place(part, lines, arranged);
    else if (withProducts.includes(part) && withProducts.length > 1) {
      for (const draft of part)
        arranged.refused.set(
          draft,
          "it combines with product discounts that have a line to themselves, and competes with others for the order",
        );
    } else
      place(
        part.filter((draft) => mayStand(draft, group, together, arranged)),
        group,
        arranged,
      );
  }
}

/** Members of a group that competes are tested before any of it applies. */
function mayStand(
  draft: ShopifyDraft,
  group: string | undefined,
  together: ShopifyDraft[][],
  { refused }: Arranged,
): boolean {
  const earlier = together.flat().some((other) => isProduct(other) && !isProduct(draft));
  if (group === undefined || !draft.hasThreshold || !earlier) return true;
  refused.set(
    draft,
    "a minimum subtotal behind product discounts that it combines with, in a set that competes with others",
  );
  return false;
}

function isProduct(draft: ShopifyDraft): boolean {
  return draft.class === "product";
}

function addGroup(policy: GroupPolicy, parent: string | undefined, { groups }: Arranged): string {
  const name = `shopify-${Object.keys(groups).length + 1}`;
  groups[name] = parent === undefined ? policy : { ...policy, parent };
  return name;
}

/** The connected parts of a graph, in the order of their first members. */
function parts(
  drafts: readonly ShopifyDraft[],
  joined: (a: ShopifyDraft, b: ShopifyDraft) => boolean,
): ShopifyDraft[][] {
  const left = new Set(drafts);
  const found: ShopifyDraft[][] = [];
  for (const first of drafts) {
    if (!left.delete(first)) continue;
    const part = [first];
    for (const draft of part) {
      for (const other of left) {
        if (joined(draft, other)) {
          left.delete(other);
          part.push(other);
        }
      }
    }
    found.push(part.sort((a, b) => drafts.indexOf(a) - drafts.indexOf(b)));
  }
  return found;
}
