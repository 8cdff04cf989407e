// The documents that are signed, as the toolchain and the command line make them.

import {
  type BundleMetadata,
  type BundleReference,
  type Channel,
  compileTable,
  DEFAULT_POLICY,
  encodeBase64,
  type Policy,
  type PriceBound,
  type Promotion,
  type Release,
  type Root,
} from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { type SignedDocument, type Signer, signDocument } from "@haggle/sdk/sign";

const DAY_MS = 24 * 60 * 60 * 1000;
/** Far beyond the life of a campaign: what ends a promotion is its window or a newer release. */
const RELEASE_LIFE_MS = 365 * DAY_MS;
/** Changing a root means changing what storefronts pin. */
const ROOT_LIFE_MS = 10 * 365 * DAY_MS;
/** Long enough to survive a night without its signer, short enough to end a stolen key's say. */
export const CHANNEL_LIFE_MS = DAY_MS;

export type ReleaseParts = {
  version: number;
  now: number;
  bundle: BundleReference;
  /** Of that bundle. */
  metadata: BundleMetadata;
  promotions: readonly Promotion[];
  policy?: Policy;
  /** Within which prices may be set; without them none may. */
  bounds?: readonly PriceBound[];
  expires?: number;
  previous?: string;
  tenant?: string;
};

/**
 * A release of one bundle: its promotions in the order in which they run, and the table that the engine reads.
 *
 * @throws HaggleError for promotions that do not fit the bundle or the policy, with the place
 */
export function releaseDocument({
  version,
  now,
  bundle,
  metadata,
  promotions: given,
  policy = DEFAULT_POLICY,
  bounds,
  expires = now + RELEASE_LIFE_MS,
  previous,
  tenant,
}: ReleaseParts): Release {
  const { bytes, symbols, promotions } = compileTable(given, policy, metadata);
  return {
    type: "release",
    version,
    ...(tenant === undefined ? {} : { tenant }),
    issued: now,
    expires,
    ...(previous === undefined ? {} : { previous }),
    bundles: [bundle],
    promotions,
    policy,
    table: { bytes: encodeBase64(bytes), symbols },
    ...(bounds === undefined ? {} : { bounds: [...bounds] }),
  };
}

/** The same, signed by one. @throws HaggleError as `releaseDocument` */
export async function signRelease({
  signer,
  ...parts
}: ReleaseParts & { signer: Signer }): Promise<SignedDocument> {
  return signDocument(releaseDocument(parts), [signer]);
}

/** A root in which one key has every role. */
export async function signRoot({
  signer,
  now,
  development = false,
}: {
  signer: Signer;
  now: number;
  development?: boolean;
}): Promise<SignedDocument> {
  const keyid = await sha256Hex(signer.publicKey);
  const role = { keyids: [keyid], threshold: 1 };
  const root: Root = {
    type: "root",
    version: 1,
    issued: now,
    expires: now + ROOT_LIFE_MS,
    ...(development ? { development: true } : {}),
    keys: { [keyid]: { algorithm: "ed25519", public: encodeBase64(signer.publicKey) } },
    roles: { root: role, release: role, channel: role, prices: role, receipt: role },
  };
  return signDocument(root, [signer]);
}

/** A channel on which every shopper gets one release. */
export function signChannel({
  signer,
  channel,
  version,
  release,
  arms = [{ release, range: [0, EVERYBODY], seed: channel }],
  now,
  minRelease = 0,
  off = { promotions: [], rules: [], releases: [] },
  tenant,
}: {
  signer: Signer;
  /** Its name, such as `stable`. */
  channel: string;
  /** Higher than any that was served before. */
  version: number;
  /** Digest of the release. */
  release: string;
  /** Who gets which; the release for everybody when left out. */
  arms?: Channel["arms"];
  now: number;
  minRelease?: number;
  /** What is switched off; nothing when left out. */
  off?: Channel["off"];
  /** The root's, if it has one. */
  tenant?: string;
}): Promise<SignedDocument> {
  return signDocument(
    {
      type: "channel",
      channel,
      version,
      ...(tenant === undefined ? {} : { tenant }),
      issued: now,
      expires: now + CHANNEL_LIFE_MS,
      arms,
      off,
      minRelease,
    },
    [signer],
  );
}

const EVERYBODY = 10_000;
