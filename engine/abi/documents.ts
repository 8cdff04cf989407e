import { type DocumentRole, type DocumentType, parseJson, SHA256_HEX } from "./envelope.ts";
import type { Experiments } from "./experiments.ts";
import { MAX_PROMOTIONS, MAX_SYMBOLS, TABLE_CAPACITY } from "./layout.ts";
import { MAX_FUEL, type Policy } from "./policy.ts";
import type { Promotion } from "./promotion.ts";
import {
  bad,
  integer,
  list,
  literal,
  map,
  matching,
  name,
  object,
  open,
  optional,
  type Read,
  type Shape,
} from "./shape.ts";
import { MAX_BUNDLE_BYTES } from "./wasm.ts";

// The payloads of signed documents. All times are epoch milliseconds UTC, all amounts are minor units, all digests
// lower-case hex SHA-256. A document is known by the digest of its payload bytes.

/** Who may sign what. Its own signatures come from its root role, so it is trusted because the caller pins it. */
export type Root = Versioned & {
  type: "root";
  version: number;
  /** Made by `haggle dev` on one machine; production refuses it. */
  development?: true;
  keys: Record<string, RootKey>;
  /** `audit` signs heads of the audit log, which is no document that clients read. */
  roles: Record<DocumentRole, Role> & { audit?: Role };
};

/** A public key of 32 bytes, base64; its name in `keys` is the hex SHA-256 of those bytes. */
export type RootKey = { algorithm: "ed25519"; public: string };

/** `threshold` counts keys, never signatures. */
export type Role = { keyids: string[]; threshold: number };

/** What authors sign: the rules' code by digest, the promotions that run, and how they combine. */
export type Release = Versioned & {
  type: "release";
  version: number;
  /** Digest of the release before this one. */
  previous?: string;
  bundles: BundleReference[];
  /** In the order of the table. */
  promotions: Promotion[];
  policy: Policy;
  /** What the two above are to the engine, so that no host has to know how to say it. */
  table: ReleaseTable;
  /** Within these, a prices document may set unit prices. */
  bounds?: PriceBound[];
};

export type BundleReference = { sha256: string; size: number };

/** The encoded promotion table, and the strings that it compares with beyond those of the bundle. */
export type ReleaseTable = { bytes: string; symbols: string[] };

export type PriceBound = {
  /** One sku, or all that begin with what stands before a `*` at its end. The first bound that has a sku counts. */
  sku: string;
  minUnitPrice: number;
  maxUnitPrice: number;
  /** By how much a price may differ from every one of the hour before, in percent, such as "10". Whoever prices keeps it. */
  maxChangePerHour?: string;
};

/** What the rollout server signs: which signed release each share of the shoppers gets, and what is switched off. */
export type Channel = Versioned & {
  type: "channel";
  channel: string;
  version: number;
  arms: Arm[];
  off: { promotions: string[]; rules: string[]; releases: string[] };
  /** Releases of a lower version are refused, whatever an arm says. */
  minRelease: number;
};

/**
 * Whether a channel switches a promotion off: by its id, by that of the promotion whose variant it is (`a` of `a~b`), or by
 * its rule. Whoever stops a promotion at night means all of its variants, those of the next release too.
 */
export function isSwitchedOff(
  { promotions, rules }: Channel["off"],
  { id, rule }: Pick<Promotion, "id" | "rule">,
): boolean {
  return promotions.includes(id) || promotions.includes(id.split("~")[0]!) || rules.includes(rule!);
}

/** Shoppers whose bucket under `seed` lies in [from, to) of 0..10000 get this release. */
export type Arm = { release: string; range: [from: number, to: number]; seed: string };

/** Unit prices that a strategy gave, within the bounds of the release that it names. */
export type Prices = Versioned & {
  type: "prices";
  /** Whose shoppers they are for. */
  channel: string;
  version: number;
  release: string;
  /** Further releases of the channel's arms whose bounds these prices keep as well: all shoppers see one price. */
  also?: string[];
  /** The set of strategies that gave them, by its version and the number under which the server knows it. */
  strategy: { version: number; id: string };
  /** Those of the set that priced something. */
  strategies?: PricedBy[];
  prices: Price[];
};

/** A strategy of the set, its rule, and the variant of its experiment that a sku is in. */
export type PricedBy = { id: string; rule: string; variant?: string };

export type Price = {
  sku: string;
  unitPrice: number;
  /** Customers of this tier alone pay it; without it all who have no price of their own. */
  tier?: string;
  /** An index into `strategies`. Left out on the way back to the list price. */
  by?: number;
};

/** A quote that its holder can show to a third party. Single use. */
export type Receipt = {
  type: "receipt";
  tenant: string;
  quote: string;
  customer?: string;
  currency: string;
  cart: string;
  decision: string;
  release: string;
  issued: number;
  expires: number;
};

export type Documents = {
  root: Root;
  release: Release;
  channel: Channel;
  prices: Prices;
  receipt: Receipt;
  experiments: Experiments;
};

/** What all documents but receipts begin with. */
export type Versioned = {
  type: DocumentType;
  version: number;
  /** Whose promotions these are. Every document of a root that says so says the same. */
  tenant?: string;
  issued: number;
  expires: number;
};

/** Far more than thresholds need; each key of a root is checked when the root is loaded. */
const MAX_KEYS = 32;
/** A weak bound on the length of lists, below what the cap on the envelope's size allows. */
const MAX_ENTRIES = 10_000;
/** Of a release. */
export const MAX_BOUNDS = MAX_ENTRIES;
/** A price for each sku of a large shop, which the cap on a prices envelope has room for. */
export const MAX_PRICES = 100_000;
/** An experiment has a handful of variants. */
const MAX_ARMS = 64;
/** GrowthBook's hash gives one of 10,000 buckets. */
const BUCKETS = 10_000;

const digest = matching(SHA256_HEX);
export const channelName = matching(/^[a-z0-9][a-z0-9-]{0,63}$/);
const positive = integer(1);
const amount = integer(0);

// Readers are made inside the functions, so that a storefront's bundler drops those of documents it never reads.

export function parseRoot(payload: Uint8Array): Root {
  const role = object<Role>({ keyids: list(digest, MAX_KEYS, 1), threshold: positive });
  // 32 bytes in base64. Whether they are a key, and of that name, is checked when it is imported.
  const key = object<RootKey>({
    algorithm: literal("ed25519"),
    public: matching(/^[A-Za-z0-9+/]{43}=$/),
  });
  return parseDocument<Root>(payload, "root", {
    development: optional(literal(true)),
    keys: map(digest, key, MAX_KEYS),
    roles: object<Root["roles"]>({
      root: role,
      release: role,
      channel: role,
      prices: role,
      receipt: role,
      audit: optional(role),
    }),
  });
}

/**
 * Reads a release as far as a host that evaluates needs it: the promotions' and the policy's own fields were checked by
 * who made the table, and are in front of `parseReleaseStrictly`.
 */
export function parseRelease(payload: Uint8Array): Release {
  const fuel = integer(1, MAX_FUEL);
  const promotion = open<Promotion>({ id: name, rule: optional(name), coupon: optional(name) });
  const policy = open<Policy>({
    name,
    lines: literal("canonical", "asGiven"),
    tax: open<Policy["tax"]>({ prices: literal("untaxed", "net", "gross") }),
    fuel: object<Policy["fuel"]>({ base: fuel, perLine: fuel, perPromotion: fuel }),
    onFault: literal("skip", "refuse"),
  });
  return parseReleaseWith(payload, list(promotion, MAX_PROMOTIONS), policy);
}

/** A release whose promotions and policy are read by the given readers. */
export function parseReleaseWith(
  payload: Uint8Array,
  promotions: Read<Promotion[]>,
  policy: Read<Policy>,
): Release {
  const bundle = object<BundleReference>({ sha256: digest, size: integer(1, MAX_BUNDLE_BYTES) });
  const bound = open<PriceBound>({ sku: name, minUnitPrice: amount, maxUnitPrice: amount });
  return parseDocument<Release>(payload, "release", {
    previous: optional(digest),
    // A list, because a release will carry bundles for more than one wire version; version 0 has one.
    bundles: list(bundle, 1, 1),
    promotions,
    policy,
    table: object<ReleaseTable>({ bytes: tableBytes, symbols: list(matching(/^/), MAX_SYMBOLS) }),
    bounds: optional(list(bound, MAX_BOUNDS)),
  });
}

/** Base64 no longer than the table's region; whether it is base64 is seen when it is decoded. */
function tableBytes(value: unknown, at: string): string {
  const text = value as string;
  if (typeof value !== "string" || text.length > Math.ceil(TABLE_CAPACITY / 3) * 4) throw bad(at, value);
  return text;
}

export function parseChannel(payload: Uint8Array): Channel {
  const arm = object<Arm>({ release: digest, range: bucketRange, seed: name });
  const names = list(name, MAX_ENTRIES);
  return parseDocument<Channel>(payload, "channel", {
    channel: channelName,
    arms: list(arm, MAX_ARMS),
    off: object({ promotions: names, rules: names, releases: list(digest, MAX_ENTRIES) }),
    minRelease: amount,
  });
}

export function parsePrices(payload: Uint8Array): Prices {
  return parseDocument<Prices>(payload, "prices", {
    channel: channelName,
    release: digest,
    also: optional(list(digest, MAX_ARMS)),
    strategy: object({ version: positive, id: name }),
    strategies: optional(
      list(object<PricedBy>({ id: name, rule: name, variant: optional(name) }), MAX_ENTRIES),
    ),
    prices: list(
      object<Price>({
        sku: name,
        unitPrice: amount,
        tier: optional(name),
        by: optional(integer(0, MAX_ENTRIES - 1)),
      }),
      MAX_PRICES,
    ),
  });
}

export function parseReceipt(payload: Uint8Array): Receipt {
  // The engine's digest of a cart or a decision.
  const engineDigest = matching(/^[0-9a-f]{16,64}$/);
  return object<Receipt>({
    type: literal("receipt"),
    tenant: name,
    quote: name,
    customer: optional(name),
    currency: matching(/^[A-Z]{3}$/),
    cart: engineDigest,
    decision: engineDigest,
    release: digest,
    issued: amount,
    expires: amount,
  })(parseJson(payload, "receipt"), "receipt");
}

/** Reads a document of a type: its own fields by `shape`, those that all have by their readers. */
export function parseDocument<T extends Versioned>(
  payload: Uint8Array,
  type: T["type"],
  shape: Shape<Omit<T, keyof Versioned>>,
): T {
  const common: Shape<Versioned> = {
    type: literal(type),
    version: positive,
    tenant: optional(name),
    issued: amount,
    expires: amount,
  };
  return object({ ...common, ...shape } as Shape<T>)(parseJson(payload, type), type);
}

function bucketRange(value: unknown, at: string): Arm["range"] {
  const [from = 0, to = 0] = list(integer(0, BUCKETS), 2, 2)(value, at);
  if (from >= to) throw bad(at, `[${from}, ${to})`);
  return [from, to];
}
