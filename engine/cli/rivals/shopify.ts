// Shopify: discount nodes of the Admin GraphQL API.

import { type Condition, DEFAULT_POLICY, type Policy, type Promotion } from "@haggle/abi";
import type { Drafts, Missing, Source } from "./drafts.ts";
import { checkDraft, readEach } from "./drafts.ts";
import { asObject, entriesOf, malformed } from "./reading.ts";
import { arrange } from "./shopify-combinations.ts";
import { discount, type ShopifyDraft } from "./shopify-discounts.ts";

/** The queries that list discounts, with the field that holds the discount of a node. */
const QUERIES = {
  discountNodes: "discount",
  codeDiscountNodes: "codeDiscount",
  automaticDiscountNodes: "automaticDiscount",
} as const;

/** No preset: what Shopify publishes of its rules, and the default where it is silent. */
const POLICY: Policy = {
  ...DEFAULT_POLICY,
  name: "shopify",
  description:
    "As far as Shopify publishes it: discounts on products, then on the order, then on shipping; which of them combine says a group. Rounding and splits are those of the default policy.",
  thresholdBase: "current",
};

export function importShopify(value: unknown, { currency }: Source): Drafts {
  const file = asObject(value, "");
  const [root, path] = file.data === undefined ? [file, ""] : [asObject(file.data, "data"), "data."];
  const lists = Object.entries(QUERIES).filter(([query]) => root[query] !== undefined);
  if (lists.length === 0) throw malformed(`one of ${Object.keys(QUERIES).join(", ")}`, undefined, path);
  const entries = lists.flatMap(([query, field]) =>
    entriesOf(root[query], `${path}${query}`).map((entry) => ({ ...entry, field })),
  );
  const fieldAt = new Map(entries.map(({ at, field }) => [at, field]));
  const { found, missing } = readEach(entries, (entry, at) =>
    checkDraft(discount(currency, fieldAt.get(at)!)(entry, at), at),
  );
  const places = new Map(found.map(({ draft, at }) => [draft, at]));
  const arranged = arrange(found.map(({ draft }) => draft));
  const apart: Missing[] = [...arranged.refused].map(([draft, reason]) => ({
    at: `${places.get(draft)!}.${fieldAt.get(places.get(draft)!)!}.combinesWith`,
    reason,
    kept: false,
  }));
  const drafts = found
    .map(({ draft }) => draft)
    .filter((draft) => !arranged.refused.has(draft))
    .sort((a, b) => Number(b.isPercent) - Number(a.isPercent))
    .map((draft) => ({
      ...draft,
      promotions: draft.promotions.map((promotion) => grouped(draft, promotion, arranged)),
    }));
  return {
    drafts,
    policy: { ...POLICY, groups: arranged.groups },
    missing: [...missing, ...apart, ...unpublished(drafts)],
  };
}

type Carried = Omit<Promotion, "priority">;

/** In its group, on the base that its rivals leave it. */
function grouped(
  draft: ShopifyDraft,
  promotion: Carried,
  { groupOf, ofSubtotal }: ReturnType<typeof arrange>,
): Carried {
  const group = groupOf.get(draft);
  const effects = ofSubtotal.has(draft)
    ? promotion.effects!.map((effect) => ({ ...effect, base: "initial" as const }))
    : promotion.effects!;
  return { ...promotion, effects, ...(group === undefined ? {} : { group }) };
}

function unpublished(drafts: readonly ShopifyDraft[]): Missing[] {
  const reasons =
    drafts.length === 0
      ? []
      : ["Shopify does not publish how it rounds and splits; the default policy does it here"];
  if (drafts.some(({ isOffer }) => isOffer))
    reasons.push(
      "Shopify does not publish which of several units an offer gives away; here the cheapest, for the dearest bought",
    );
  if (drafts.some(({ promotions }) => promotions.some(({ conditions = [] }) => conditions.some(isMinimum))))
    reasons.push(
      "Shopify does not publish what a minimum counts; here the goods that the discount is for, less what was taken off them before",
    );
  return reasons.map((reason) => ({ at: "", reason, kept: true }));
}

function isMinimum({ kind }: Condition): boolean {
  return kind === "goodsTotal" || kind === "quantity";
}
