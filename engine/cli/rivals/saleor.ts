// Saleor: promotions and vouchers of the GraphQL API. Prices of Saleor are per channel, so are these promotions.

import type { Condition, Effect, Promotion } from "@haggle/abi";
import { stated } from "../vocabulary/read.ts";
import { type Currency, checkCurrency, minorUnits, percent } from "./amounts.ts";
import { checkDraft, type Draft, type Drafts, readEach, type Source } from "./drafts.ts";
import {
  asObject,
  entriesOf,
  id,
  label,
  malformed,
  moment,
  NotCarried,
  oneOf,
  type Read,
  record,
  text,
} from "./reading.ts";
import { catalogueFilter, orderConditions } from "./saleor-predicates.ts";
import { voucher } from "./saleor-vouchers.ts";

export function importSaleor(value: unknown, { currency, policies }: Source): Drafts {
  const file = asObject(value, "");
  const [root, path] = file.data === undefined ? [file, ""] : [asObject(file.data, "data"), "data."];
  if (root.promotions === undefined && root.vouchers === undefined)
    throw malformed("promotions or vouchers", undefined, path);
  const entries = (key: string) => (root[key] === undefined ? [] : entriesOf(root[key], `${path}${key}`));
  const vouchers = readEach(entries("vouchers"), (entry, at) => checkDraft(voucher(currency)(entry, at), at));
  const rules = readEach(entries("promotions"), rulesOf(currency));
  const missing = [
    ...vouchers.missing,
    ...rules.missing,
    ...rules.found.flatMap(({ draft }) => draft.missing),
  ];
  if (vouchers.found.length > 1) {
    const reason =
      "a checkout of Saleor takes one voucher, the last one entered; here the first of the file that applies";
    missing.push({ at: `${path}vouchers`, reason, kept: true });
  }
  // The policy's group of vouchers and order rules takes the first that gives something: a voucher.
  const drafts = [...vouchers.found, ...rules.found.flatMap(({ draft }) => draft.found)].map(
    ({ draft }) => draft,
  );
  return { drafts, policy: policies.saleor!, missing };
}

/** Each rule is a promotion: they compete with one another. */
function rulesOf(currency: Currency): Read<ReturnType<typeof readEach<Draft>>> {
  return record((fields) => {
    fields.skip(
      "id",
      "description",
      "createdAt",
      "updatedAt",
      "metadata",
      "privateMetadata",
      "translation",
      "events",
    );
    // Each rule has the predicate of its promotion's type.
    fields.skip("type");
    const title = fields.take("name", label);
    const window = stated({
      from: fields.asked("startDate", moment),
      until: fields.asked("endDate", moment),
    });
    const rules = fields.need("rules", entriesOf);
    return readEach(rules, (one, at) => checkDraft(rule(title, window, currency)(one, at), at));
  });
}

function rule(
  title: string | undefined,
  window: NonNullable<Promotion["window"]>,
  currency: Currency,
): Read<Draft> {
  return record((fields) => {
    fields.skip("name", "description", "promotion", "translation", "giftsLimit", "predicateType");
    const own = `saleor-${fields.need("id", id)}`;
    const { found, missing: notes } = fields.need("channels", (value, at) =>
      readEach(entriesOf(value, at), channelOf(currency)),
    );
    if (found.length === 0)
      throw new NotCarried(
        notes[0]?.reason ?? "it is in no channel",
        notes[0]?.at ?? `${fields.at}.channels`,
      );
    const channels = found.map(({ draft }) => draft);
    fields.take("rewardType", oneOf({ SUBTOTAL_DISCOUNT: true }));
    const ofOrder = fields.take("orderPredicate", unlessEmpty(orderConditions(currency)));
    const filter = fields.take("cataloguePredicate", unlessEmpty(catalogueFilter));
    if ((ofOrder === undefined) === (filter === undefined))
      throw new NotCarried("a rule with no predicate, or with both, never applies", fields.at);
    const isOrder = ofOrder !== undefined;
    const conditions: Condition[] = [{ kind: "channel", match: channels }, ...(ofOrder ?? [])];
    fields.skip("giftIds");
    const type = fields.need("rewardValueType", oneOf({ PERCENTAGE: "percent", FIXED: "amount" } as const));
    const value =
      type === "percent"
        ? { percent: fields.need("rewardValue", percent) }
        : { amount: fields.need("rewardValue", minorUnits(currency)) };
    const effect = stated({ target: isOrder ? "order" : "unit", ...value, filter, reason: title }) as Effect;
    const carried: Omit<Promotion, "priority"> = stated({
      id: own,
      effects: [effect],
      conditions,
      phase: isOrder ? undefined : ("catalog" as const),
      group: isOrder ? "rules" : "catalogue",
      window: Object.keys(window).length > 0 ? window : undefined,
    });
    return { promotions: [carried], notes };
  });
}

/** An empty predicate is none. */
function unlessEmpty<T>(read: Read<T>): Read<T | undefined> {
  return (value, at) => (Object.keys(asObject(value, at)).length === 0 ? undefined : read(value, at));
}

/** Channels are known by slug; their currency decides whether this import is for them. */
function channelOf(currency: Currency): Read<string> {
  return record((fields) => {
    fields.skip("id", "name", "isActive");
    fields.need("currencyCode", checkCurrency(currency));
    return fields.need("slug", text);
  });
}
