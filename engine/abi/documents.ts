import { type DocumentType, parseJson, SHA256_HEX } from "./envelope.ts";
import { MAX_STRING } from "./layout.ts";
import { type Policy, type Promotion, parsePolicy, parsePromotions } from "./promotion.ts";
import { bad, integer, list, literal, map, matching, object, type Read } from "./shape.ts";
import { MAX_BUNDLE_BYTES } from "./wasm.ts";

// The payloads of DESIGN section 5. All times are epoch milliseconds UTC, all amounts are minor units, all digests
// lower-case hex SHA-256. A document is known by the digest of its payload bytes.

/** Who may sign what. Its own signatures come from its root role, so it is trusted because the caller pins it. */
export type Root = Dated & {
  type: "root";
  version: number;
  /** Made by `haggle dev` on one machine; production refuses it. */
  development?: true;
  keys: Record<string, RootKey>;
  roles: Record<DocumentType, Role>;
};

/** A public key of 32 bytes, base64; its name in `keys` is the hex SHA-256 of those bytes. */
export type RootKey = { algorithm: "ed25519"; public: string };

/** `threshold` counts keys, never signatures. */
export type Role = { keyids: string[]; threshold: number };

/** What authors sign: the rules' code by digest, the promotions that run, and how they combine. */
export type Release = Dated & {
  type: "release";
  version: number;
  /** Digest of the release before this one. */
  previous?: string;
  bundles: BundleReference[];
  promotions: Promotion[];
  policy: Policy;
  /** Within these, a prices document may set unit prices. */
  bounds?: PriceBound[];
};

export type BundleReference = { sha256: string; size: number };

export type PriceBound = { sku: string; minUnitPrice: number; maxUnitPrice: number };

/** What the rollout server signs: which signed release each share of the shoppers gets, and what is switched off. */
export type Channel = Dated & {
  type: "channel";
  channel: string;
  version: number;
  arms: Arm[];
  off: { promotions: string[]; rules: string[]; releases: string[] };
  /** Releases of a lower version are refused, whatever an arm says. */
  minRelease: number;
};

/** Shoppers whose bucket under `seed` lies in [from, to) of 0..10000 get this release. */
export type Arm = { release: string; range: [from: number, to: number]; seed: string };

/** Unit prices that a strategy gave, within the bounds of the release that it names. */
export type Prices = Dated & {
  type: "prices";
  version: number;
  release: string;
  strategy: { version: number; id: string };
  prices: { sku: string; unitPrice: number }[];
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
};

type Dated = { issued: number; expires: number };

/** Far more than thresholds need; each key of a root is checked when the root is loaded. */
const MAX_KEYS = 32;
/** A weak bound on the length of lists, below what the cap on the envelope's size allows. */
const MAX_ENTRIES = 10_000;
/** An experiment has a handful of variants. */
const MAX_ARMS = 64;
/** GrowthBook's hash gives one of 10,000 buckets. */
const BUCKETS = 10_000;

const digest = matching(SHA256_HEX);
/** The engine's digest of a cart or a decision. */
const engineDigest = matching(/^[0-9a-f]{16,64}$/);
/** 32 bytes in base64. Whether they are a key, and of that name, is checked when it is imported. */
const publicKey = matching(/^[A-Za-z0-9+/]{43}=$/);
const positive = integer(1);
const amount = integer(0);
/** As wide as the ids of promotions and skus are, so that whatever can be sold or run can be priced or switched off. */
const name = matching(new RegExp(`^.{1,${MAX_STRING}}$`, "s"));
const channelName = matching(/^[a-z0-9][a-z0-9-]{0,63}$/);

// Readers are made inside the functions, so that a storefront's bundler drops those of documents it never reads.

export function parseRoot(payload: Uint8Array): Root {
  const role = object<Role>({ keyids: list(digest, MAX_KEYS, 1), threshold: positive });
  return parseDocument(
    payload,
    object<Root>(
      {
        type: literal("root"),
        version: positive,
        issued: amount,
        expires: amount,
        development: literal(true),
        keys: map(
          SHA256_HEX,
          object<RootKey>({ algorithm: literal("ed25519"), public: publicKey }),
          MAX_KEYS,
        ),
        roles: object<Root["roles"]>({
          root: role,
          release: role,
          channel: role,
          prices: role,
          receipt: role,
        }),
      },
      ["development"],
    ),
    "root",
  );
}

export function parseRelease(payload: Uint8Array): Release {
  const bundle = object<BundleReference>({ sha256: digest, size: integer(1, MAX_BUNDLE_BYTES) });
  const bound = object<PriceBound>({ sku: name, minUnitPrice: amount, maxUnitPrice: amount });
  return parseDocument(
    payload,
    object<Release>(
      {
        type: literal("release"),
        version: positive,
        issued: amount,
        expires: amount,
        previous: digest,
        // A list, because a release will carry bundles for more than one wire version; one for now.
        bundles: list(bundle, 1, 1),
        promotions: parsePromotions,
        policy: parsePolicy,
        bounds: list(bound, MAX_ENTRIES),
      },
      ["previous", "bounds"],
    ),
    "release",
  );
}

export function parseChannel(payload: Uint8Array): Channel {
  const arm = object<Arm>({ release: digest, range: bucketRange, seed: name });
  return parseDocument(
    payload,
    object<Channel>({
      type: literal("channel"),
      channel: channelName,
      version: positive,
      issued: amount,
      expires: amount,
      arms: list(arm, MAX_ARMS),
      off: object<Channel["off"]>({
        promotions: list(name, MAX_ENTRIES),
        rules: list(name, MAX_ENTRIES),
        releases: list(digest, MAX_ENTRIES),
      }),
      minRelease: amount,
    }),
    "channel",
  );
}

export function parsePrices(payload: Uint8Array): Prices {
  return parseDocument(
    payload,
    object<Prices>({
      type: literal("prices"),
      version: positive,
      issued: amount,
      expires: amount,
      release: digest,
      strategy: object<Prices["strategy"]>({ version: positive, id: name }),
      prices: list(object({ sku: name, unitPrice: amount }), MAX_ENTRIES),
    }),
    "prices",
  );
}

export function parseReceipt(payload: Uint8Array): Receipt {
  return parseDocument(
    payload,
    object<Receipt>(
      {
        type: literal("receipt"),
        tenant: name,
        quote: name,
        customer: name,
        currency: matching(/^[A-Z]{3}$/),
        cart: engineDigest,
        decision: engineDigest,
        release: digest,
        issued: amount,
        expires: amount,
      },
      ["customer"],
    ),
    "receipt",
  );
}

function parseDocument<T>(payload: Uint8Array, read: Read<T>, at: string): T {
  return read(parseJson(payload, at), at);
}

function bucketRange(value: unknown, at: string): Arm["range"] {
  const [from = 0, to = 0] = list(integer(0, BUCKETS), 2, 2)(value, at);
  if (from >= to) throw bad("an empty range", at, `[${from}, ${to})`);
  return [from, to];
}
