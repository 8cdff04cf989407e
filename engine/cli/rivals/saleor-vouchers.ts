// Saleor's vouchers: one of them for a checkout, with a value for each channel.

import type { Condition, Effect, Promotion } from "@haggle/abi";
import { stated } from "../vocabulary/read.ts";
import { type Currency, checkCurrency, minorUnits, percent } from "./amounts.ts";
import { type Counter, type Coupon, counter, type Draft, limitsOf, type Note, readEach } from "./drafts.ts";
import { anyOf, type Clause, type ListField } from "./goods-filter.ts";
import {
  connection,
  entriesOf,
  flag,
  id,
  label,
  moment,
  NotCarried,
  oneOf,
  only,
  positive,
  type Read,
  record,
  text,
  whole,
} from "./reading.ts";

const KINDS = { ENTIRE_ORDER: "order", SPECIFIC_PRODUCT: "products", SHIPPING: "shipping" } as const;

export function voucher(currency: Currency): Read<Draft> {
  return record((fields) => {
    fields.skip(
      "code",
      "used",
      "currency",
      "discountValue",
      "minSpent",
      "metadata",
      "privateMetadata",
      "translation",
    );
    const own = `saleor-${fields.need("id", id)}`;
    const title = fields.take("name", label);
    const kind = fields.need("type", oneOf(KINDS));
    const isPercent = fields.need("discountValueType", oneOf({ PERCENTAGE: true, FIXED: false }));
    const cheapestOnly = fields.need("applyOncePerOrder", flag);
    if (fields.need("onlyForStaff", flag))
      throw new NotCarried("carts do not say that a member of staff makes them", `${fields.at}.onlyForStaff`);
    const window = stated({
      from: fields.asked("startDate", moment),
      until: fields.asked("endDate", moment),
    });
    const pieces = fields.asked("minCheckoutItemsQuantity", whole);
    const countries = fields.asked("countries", connection(only("code", "country", "vat")));
    const filter = anyOf(
      kind === "products"
        ? LISTS.flatMap(([key, field]): Clause[] => {
            const values = fields.asked(key, connection(only("id", "name", "slug")));
            return values === undefined || values.length === 0
              ? []
              : [{ field, mode: "any", values, at: `${fields.at}.${key}` }];
          })
        : [],
    );
    fields.skip(...LISTS.map(([key]) => key));
    if (kind === "products" && filter === undefined)
      throw new NotCarried("it is for specific products and names none", fields.at);
    const { coupons, counters } = codes(fields.need("codes", connection(codeOf)), own, {
      title,
      limit: fields.asked("usageLimit", positive),
      isSingleUse: fields.asked("singleUse", flag) === true,
      isOncePerCustomer: fields.need("applyOncePerCustomer", flag),
      at: `${fields.at}.codes`,
    });
    const conditions: Condition[] = [
      ...(pieces === undefined || pieces === 0 ? [] : [{ kind: "quantity" as const, value: pieces }]),
      ...(countries === undefined || countries.length === 0
        ? []
        : [{ kind: "customer" as const, key: "shippingCountry", match: countries }]),
    ];
    const { listings, notes } = fields.need("channelListings", listingsOf(currency, isPercent));
    const promotions = listings.map(({ channel, value, minSpent }) => {
      const carried: Omit<Promotion, "priority"> = stated({
        id: listings.length === 1 ? own : `${own}/${channel}`,
        effects: [effectOf(kind, value, cheapestOnly, filter)],
        conditions: [
          { kind: "channel" as const, match: [channel] },
          ...(minSpent === undefined
            ? []
            : [{ kind: "goodsTotal" as const, value: minSpent, base: "current" as const }]),
          ...conditions,
        ],
        group: "discount",
        coupon: own,
        window: Object.keys(window).length > 0 ? window : undefined,
        ...limitsOf(counters),
      });
      return carried;
    });
    return { promotions, coupons, counters, notes };
  });
}

const LISTS: readonly (readonly [key: string, field: ListField])[] = [
  ["products", "products"],
  ["variants", "skus"],
  ["categories", "categories"],
  ["collections", "categories"],
];

type Value = { percent: string } | { amount: number };

function effectOf(
  kind: (typeof KINDS)[keyof typeof KINDS],
  value: Value,
  cheapestOnly: boolean,
  filter: ReturnType<typeof anyOf>,
): Effect {
  if (kind === "shipping") return { target: "shipping", ...value };
  // One unit of the cheapest line, whatever the voucher is for.
  if (cheapestOnly)
    return stated({ target: "unit", ...value, filter, units: { pick: "cheapest", max: 1 } }) as Effect;
  return stated({ target: kind === "order" ? "order" : "unit", ...value, filter }) as Effect;
}

type Listing = { channel: string; value: Value; minSpent: number | undefined };

/** The channels that this import is for; the others are noted. */
function listingsOf(currency: Currency, isPercent: boolean): Read<{ listings: Listing[]; notes: Note[] }> {
  return (value, at) => {
    const { found, missing } = readEach(entriesOf(value, at), listingOf(currency, isPercent));
    if (found.length === 0)
      throw new NotCarried(missing[0]?.reason ?? "it is in no channel", missing[0]?.at ?? at);
    return { listings: found.map(({ draft }) => draft), notes: missing };
  };
}

function listingOf(currency: Currency, isPercent: boolean): Read<Listing> {
  return record((fields) => {
    fields.skip("id");
    fields.need("currency", checkCurrency(currency));
    return {
      channel: fields.need("channel", only("slug", "id", "name", "currencyCode")),
      value: isPercent
        ? { percent: fields.need("discountValue", percent) }
        : { amount: fields.need("discountValue", minorUnits(currency)) },
      minSpent: fields.asked(
        "minSpent",
        record((money) => {
          money.take("currency", checkCurrency(currency));
          return money.need("amount", minorUnits(currency));
        }),
      ),
    };
  });
}

type Code = { code: string; used: number; isActive: boolean };

const codeOf: Read<Code> = record((fields) => {
  fields.skip("id", "createdAt");
  return {
    code: fields.need("code", text),
    used: fields.take("used", whole) ?? 0,
    // A code of single use that was used is not.
    isActive: fields.take("isActive", flag) ?? true,
  };
});

/** Each code of Saleor has a limit of its own, which the one symbol of a campaign cannot tell apart. */
function codes(
  given: readonly Code[],
  own: string,
  {
    title,
    limit,
    isSingleUse,
    isOncePerCustomer,
    at,
  }: {
    title: string | undefined;
    limit: number | undefined;
    isSingleUse: boolean;
    isOncePerCustomer: boolean;
    at: string;
  },
): { coupons: Coupon[]; counters: Counter[] } {
  const good = given.filter(({ isActive }) => isActive);
  if (good.length === 0) throw new NotCarried("it has no code that is good", at);
  const coupons = good.map(({ code }) => stated({ code, symbol: own, title }));
  const uses = isSingleUse ? 1 : limit;
  if (uses !== undefined && good.length > 1 && !isSingleUse)
    throw new NotCarried("several codes, each with a limit of its own", at);
  return {
    coupons,
    counters: [
      ...(uses === undefined
        ? []
        : [
            counter(
              `${own}/uses`,
              uses,
              isSingleUse ? undefined : good[0]!.used,
              isSingleUse ? "code" : "shop",
            ),
          ]),
      ...(isOncePerCustomer ? [counter(`${own}/customer`, 1, undefined, "customer")] : []),
    ],
  };
}
