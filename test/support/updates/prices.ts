import { ALARM, FIRST } from "./beginnings.ts";
import {
  accepted,
  type Case,
  type Content,
  counted,
  type Group,
  refusal,
  refused,
  START,
  type Step,
  treeOf,
} from "./book.ts";
import {
  channel1,
  channel2,
  DAY,
  fresh,
  HOUR,
  type Json,
  makeChannel,
  makePrices,
  makeRelease,
  makeRoot,
  one,
  release1,
  release2,
  T0,
  two,
} from "./world.ts";

const PATH = "prices/stable.json";
const prices1 = await makePrices(1, release1);
const prices2 = await makePrices(2, release1);
const withPrices = (document: Content) => treeOf(channel1, release1, one, { [PATH]: document });

/** The first prices count; then these come. */
function then(document: Content, expect: Step["expect"]): Case {
  return {
    steps: [
      { tree: withPrices(prices1), expect: accepted(1, release1, { prices: 1 }) },
      { tree: withPrices(document), expect },
    ],
  };
}

/** Prices that do not count leave the ones that did. */
function kept(code: string, at?: string, options?: { alarm?: boolean }): Step["expect"] {
  return accepted(1, release1, { prices: 1, told: refusal(code, at, options) });
}

const says = (fields: Json) => makePrices(2, release1, fields);
const listing = (...prices: [sku: string, unitPrice: number][]) =>
  says({ prices: prices.map(([sku, unitPrice]) => ({ sku, unitPrice })) });
const tiered = (tier: string) => ({ sku: "shoe-2", unitPrice: 200, tier });
const UNIT_PRICE = "prices.prices[0].unitPrice";

export const prices: Group = {
  group: "prices",
  cases: {
    "of another channel, with the same release": then(
      await says({ channel: "canary" }),
      kept("DOCUMENT_WRONG_CHANNEL", "prices.channel", ALARM),
    ),
    "within their bounds": then(prices2, accepted(1, release1, { prices: 2 })),
    "at the lower bound and at the upper": then(
      await listing(["shoe-2", 100], ["shoe-3", 400]),
      accepted(1, release1, { prices: 2 }),
    ),
    "none at all": then(await says({ prices: [] }), accepted(1, release1, { prices: 2 })),
    "below the bound": then(await listing(["shoe-2", 99]), kept("DOCUMENT_OUT_OF_BOUNDS", UNIT_PRICE, ALARM)),
    "above the bound": then(
      await listing(["shoe-2", 401]),
      kept("DOCUMENT_OUT_OF_BOUNDS", UNIT_PRICE, ALARM),
    ),
    "within a later bound, but not within the first that has the sku": then(
      await listing(["shoe-1", 200]),
      kept("DOCUMENT_OUT_OF_BOUNDS", UNIT_PRICE, ALARM),
    ),
    "the last of many is out of bounds": then(
      await listing(["shoe-1", 500], ["shoe-2", 100], ["shoe-3", 500]),
      kept("DOCUMENT_OUT_OF_BOUNDS", "prices.prices[2].unitPrice", ALARM),
    ),
    "a sku without a bound": then(
      await listing(["hat-1", 200]),
      kept("DOCUMENT_OUT_OF_BOUNDS", "prices.prices[0].sku", ALARM),
    ),
    "a sku with a star, like the bound's": then(
      await listing(["shoe-*", 200]),
      accepted(1, release1, { prices: 2 }),
    ),
    "a sku twice": then(
      await listing(["shoe-2", 200], ["shoe-2", 200]),
      kept("DOCUMENT_BAD_FIELD", "prices.prices[1].sku"),
    ),
    "a sku twice, for two tiers": then(
      await says({ prices: [tiered("gold"), tiered("silver"), { sku: "shoe-2", unitPrice: 300 }] }),
      accepted(1, release1, { prices: 2 }),
    ),
    "a sku twice, for one tier": then(
      await says({ prices: [tiered("gold"), tiered("gold")] }),
      kept("DOCUMENT_BAD_FIELD", "prices.prices[1].sku"),
    ),
    "of a tier, above the bound": then(
      await says({ prices: [{ ...tiered("gold"), unitPrice: 401 }] }),
      kept("DOCUMENT_OUT_OF_BOUNDS", UNIT_PRICE, ALARM),
    ),
    "by strategies that are named": then(
      await says({
        strategies: [{ id: "shoes", rule: "price-by-stock", variant: "dear" }],
        prices: [{ ...tiered("gold"), by: 0 }],
      }),
      accepted(1, release1, { prices: 2 }),
    ),
    "by a strategy that is not named": then(
      await says({
        strategies: [{ id: "shoes", rule: "price-by-stock" }],
        prices: [{ ...tiered("gold"), by: 1 }],
      }),
      kept("DOCUMENT_BAD_FIELD", "prices.prices[0].by"),
    ),
    "of another release, and of this one as well": then(
      await makePrices(2, release2, { also: [release1.sha256] }),
      accepted(1, release1, { prices: 2 }),
    ),
    "of this release as well, out of its bounds": then(
      await makePrices(2, release2, {
        also: [release1.sha256],
        prices: [{ sku: "hat-1", unitPrice: 200 }],
      }),
      kept("DOCUMENT_OUT_OF_BOUNDS", "prices.prices[0].sku", ALARM),
    ),
    "a price below zero": then(await listing(["shoe-2", -1]), kept("DOCUMENT_BAD_FIELD", UNIT_PRICE)),
    "of a release that has no bounds": await withoutBounds(),
    "of another release": then(
      await makePrices(2, release2),
      kept("DOCUMENT_DIGEST_MISMATCH", "prices.release"),
    ),
    "an older version": {
      steps: [
        { tree: withPrices(prices2), expect: accepted(1, release1, { prices: 2 }) },
        {
          tree: withPrices(prices1),
          expect: accepted(1, release1, {
            prices: 2,
            told: refusal("DOCUMENT_ROLLBACK", "prices.version", ALARM),
          }),
        },
      ],
    },
    "an older version after a restart": {
      steps: [
        { tree: withPrices(prices2), expect: accepted(1, release1, { prices: 2 }) },
        {
          restart: { expect: { accepted: counted(1, release1, { prices: 2 }) } },
          tree: withPrices(prices1),
          expect: accepted(1, release1, {
            prices: 2,
            told: refusal("DOCUMENT_ROLLBACK", "prices.version", ALARM),
          }),
        },
      ],
    },
    "another document of the same version": then(
      await makePrices(1, release1, { prices: [] }),
      kept("DOCUMENT_EQUIVOCATION", "prices", ALARM),
    ),
    expired: then(await says({ expires: T0 + HOUR }), kept("DOCUMENT_EXPIRED", "expires")),
    "from the future": then(
      await says({ issued: START + DAY, expires: START + 2 * DAY }),
      kept("DOCUMENT_ISSUED_IN_FUTURE", "issued"),
    ),
    "a page instead of prices": then("<!doctype html>", kept("DOCUMENT_NOT_JSON", "envelope")),
    "no longer there": {
      steps: [
        { tree: withPrices(prices1), expect: accepted(1, release1, { prices: 1 }) },
        { ...FIRST, expect: accepted(1, release1, { prices: 1 }) },
      ],
    },
    "with a promotion in it": then(
      await says({ promotions: [{ id: "mine" }] }),
      kept("DOCUMENT_UNKNOWN_FIELD", "prices"),
    ),
    "with a bundle in it": then(await says({ bundles: [] }), kept("DOCUMENT_UNKNOWN_FIELD", "prices")),
    "of the release before, while the new one goes live without": {
      steps: [
        { tree: withPrices(prices1), expect: accepted(1, release1, { prices: 1 }) },
        {
          tree: treeOf(channel2, release2, two, { [PATH]: prices2 }),
          expect: accepted(2, release2, {
            told: refusal("DOCUMENT_DIGEST_MISMATCH", "prices.release"),
          }),
        },
      ],
    },
    "of the new release, with it": {
      steps: [
        { tree: withPrices(prices1), expect: accepted(1, release1, { prices: 1 }) },
        {
          tree: treeOf(channel2, release2, two, { [PATH]: await makePrices(2, release2) }),
          expect: accepted(2, release2, { prices: 2 }),
        },
      ],
    },
    "a version from the end of numbers, and a new key that counts from one": {
      steps: [
        {
          tree: withPrices(
            await makePrices(Number.MAX_SAFE_INTEGER, release1, { issued: START, expires: T0 + DAY }),
          ),
          expect: accepted(1, release1, { prices: Number.MAX_SAFE_INTEGER }),
        },
        {
          tree: {
            ...withPrices(await makePrices(1, release1, {}, [fresh])),
            "roots/2.json": await makeRoot(2, { prices: [fresh] }),
          },
          expect: accepted(1, release1, { root: 2, prices: 1 }),
        },
      ],
    },
  },
};

/** The channel key or the prices key does what only authors may. */
export const misuse: Group = {
  group: "online keys",
  cases: {
    "a channel document with promotions in it": await channelSays({
      promotions: [{ id: "mine", rule: "shoes-percent" }],
    }),
    "a channel document with a bundle in it": await channelSays({ bundles: [] }),
    "a channel document with a policy in it": await channelSays({ policy: {} }),
    "a channel document with prices in it": await channelSays({ prices: [{ sku: "shoe-1", unitPrice: 1 }] }),
    "an arm with a promotion in it": await channelSays(
      { arms: [{ release: release1.sha256, range: [0, 10_000], seed: "r", promotions: [] }] },
      "channel.arms[0]",
    ),
    "an arm with a release that nobody signed": {
      steps: [
        FIRST,
        {
          tree: treeOf(await makeChannel(2, await unsignedRelease()), await unsignedRelease()),
          expect: refused("DOCUMENT_UNSIGNED", "signatures", ALARM),
        },
      ],
    },
    "an arm with the authors' release of long ago": {
      options: { minRelease: 2 },
      steps: [
        { tree: treeOf(channel2, release2, two), expect: accepted(2, release2) },
        {
          tree: treeOf(await makeChannel(3, release1), release1),
          expect: refused("DOCUMENT_ROLLBACK", "release.version", ALARM),
        },
      ],
    },
  },
};

async function channelSays(fields: Json, at = "channel"): Promise<Case> {
  return {
    steps: [
      FIRST,
      {
        tree: treeOf(await makeChannel(2, release1, fields), release1),
        expect: refused("DOCUMENT_UNKNOWN_FIELD", at),
      },
    ],
  };
}

function unsignedRelease() {
  return makeRelease(2, {}, { signers: [] });
}

async function withoutBounds(): Promise<Case> {
  const bare = await makeRelease(2, { bounds: undefined });
  const tree = treeOf(await makeChannel(2, bare), bare, one, { [PATH]: await makePrices(1, bare) });
  const told = refusal("DOCUMENT_OUT_OF_BOUNDS", "prices.prices[0].sku", ALARM);
  return { steps: [FIRST, { tree, expect: accepted(2, bare, { told }) }] };
}
