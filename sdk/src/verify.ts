import {
  type Channel,
  type DocumentRole,
  type DocumentType,
  decodeBase64,
  type Envelope,
  type EnvelopeType,
  encodeSigned,
  type Prices,
  parseChannel,
  parseEnvelope,
  parsePrices,
  parseRelease,
  parseRoot,
  type Release,
  type Root,
  refuse,
} from "@haggle/abi";
import { sha256Hex } from "./crypto.ts";
import { importPublicKey, type PublicKey } from "./keys.ts";

// Trust in documents, in the order of The Update Framework's checks: size, encoding and type before anything is
// computed; signatures by distinct keys of the role before the payload is read; times last.

/** The keys that may sign documents of one type, and how many of them must. */
export type Signers = { keys: ReadonlyMap<string, PublicKey>; threshold: number };

/** A root that signed itself, with all its keys checked and imported. Make it with `verifyRoot` only. */
export type TrustedRoot = {
  readonly root: Root;
  readonly sha256: string;
  /** By key id. */
  readonly keys: ReadonlyMap<string, PublicKey>;
};

export function isTrustedRoot(root: Uint8Array | string | TrustedRoot): root is TrustedRoot {
  return Object(root).root !== undefined;
}

export type Times = {
  /**
   * Epoch ms; give the later of the clock and the latest `issued` seen, so that a clock set back revives nothing.
   * Left out, times are not looked at: an old release prices an old order.
   */
  now?: number | undefined;
};

/** What was already accepted on a channel: nothing older, and nothing else of the same version, may follow. */
export type ChannelFloor = { version: number; sha256?: string };

/** Clocks of shoppers and servers differ; more than this is a wrong clock or a document for later. */
export const MAX_CLOCK_SKEW_MS = 5 * 60 * 1000;

/**
 * Verifies a root by its own root role. That proves it whole, not genuine: pin it in the program, or fetch it from
 * where the page itself comes from. Every key in it is checked, used or not.
 *
 * @throws HaggleError DOCUMENT_*, SIGNATURE_BAD_KEY, SIGNATURE_UNSUPPORTED
 */
export async function verifyRoot(input: Uint8Array | string, { now }: Times = {}): Promise<TrustedRoot> {
  const envelope = parseEnvelope(input, "root");
  const root = parseRoot(envelope.payload);
  const keys = new Map(
    await Promise.all(
      Object.entries(root.keys).map(
        async ([keyid, { public: text }]) => [keyid, await importRootKey(keyid, text)] as const,
      ),
    ),
  );
  const trusted = { root, keys };
  const sha256 = await verifySignatures(envelope, signersOf(trusted, "root"));
  checkTimes(root, now);
  return { ...trusted, sha256 };
}

/** @throws HaggleError DOCUMENT_DEVELOPMENT for a development root that the caller did not ask for */
export function checkDevelopment({ root }: Pick<TrustedRoot, "root">, accepted: boolean | undefined): void {
  if (root.development && !accepted) throw refuse("DOCUMENT_DEVELOPMENT", "root");
}

/** `sha256`: the digest by which a channel named the release. `minVersion`: the channel's `minRelease`. */
export type ReleaseExpectation = Times & { sha256?: string; minVersion?: number };

/**
 * Verifies a release by the root's release role. The bundle is verified apart, by the digest in the release and by
 * `verifyBundleSignature` with the same keys.
 *
 * @throws HaggleError DOCUMENT_*, PROMOTION_*, SIGNATURE_UNSUPPORTED
 */
export async function verifyRelease(
  input: Uint8Array | string,
  trusted: TrustedRoot,
  { now, sha256: expected, minVersion = 0 }: ReleaseExpectation = {},
): Promise<{ release: Release; sha256: string }> {
  const { document, sha256 } = await verifyDocument(input, "release", parseRelease, trusted, now);
  if (expected !== undefined && sha256 !== expected) {
    throw refuse("DOCUMENT_DIGEST_MISMATCH", "release", sha256);
  }
  if (document.version < minVersion) throw refuse("DOCUMENT_ROLLBACK", "release.version", document.version);
  return { release: document, sha256 };
}

/**
 * Verifies a channel document by the root's channel role.
 *
 * @throws HaggleError DOCUMENT_*, among them DOCUMENT_ROLLBACK for a version below the floor and
 * DOCUMENT_EQUIVOCATION for another document of the floor's version
 */
export async function verifyChannel(
  input: Uint8Array | string,
  trusted: TrustedRoot,
  { now, channel: expected, floor }: Times & { channel?: string; floor?: ChannelFloor } = {},
): Promise<{ channel: Channel; sha256: string }> {
  const { document, sha256 } = await verifyDocument(input, "channel", parseChannel, trusted, now);
  if (expected !== undefined && document.channel !== expected) {
    throw refuse("DOCUMENT_WRONG_CHANNEL", "channel.channel", document.channel);
  }
  if (floor && document.version < floor.version)
    throw refuse("DOCUMENT_ROLLBACK", "channel.version", document.version);
  if (floor?.sha256 && document.version === floor.version && sha256 !== floor.sha256) {
    throw refuse("DOCUMENT_EQUIVOCATION", "channel", sha256);
  }
  return { channel: document, sha256 };
}

/** Verifies unit prices by the root's prices role. That they keep the release's bounds is for the caller to check. */
export async function verifyPrices(
  input: Uint8Array | string,
  trusted: TrustedRoot,
  { now, channel: expected }: Times & { channel?: string } = {},
): Promise<{ prices: Prices; sha256: string }> {
  const { document, sha256 } = await verifyDocument(input, "prices", parsePrices, trusted, now);
  if (expected !== undefined && document.channel !== expected) {
    throw refuse("DOCUMENT_WRONG_CHANNEL", "prices.channel", document.channel);
  }
  return { prices: document, sha256 };
}

/** Whose signatures count for documents of a role. Bundles go by the release role: authors sign both. */
export function signersOf({ root, keys }: Pick<TrustedRoot, "root" | "keys">, role: DocumentRole): Signers {
  const { keyids, threshold } = root.roles[role];
  // A key that the root does not hold signs nothing; a role that is left with too few is never satisfied.
  return { keys: new Map([...keys].filter(([keyid]) => keyids.includes(keyid))), threshold };
}

/**
 * Verifies the signatures of an envelope and returns the digest of its payload. Signatures by unknown keys count
 * nothing; one by a known key that does not hold is refused even if enough others do.
 *
 * @throws HaggleError DOCUMENT_UNSIGNED, DOCUMENT_BAD_SIGNATURE, DOCUMENT_THRESHOLD
 */
export async function verifySignatures(
  envelope: Envelope<EnvelopeType>,
  { keys, threshold }: Signers,
): Promise<string> {
  if (envelope.signatures.length === 0) throw refuse("DOCUMENT_UNSIGNED", "signatures");
  const signed = encodeSigned(envelope.type, envelope.payload);
  const signers = new Set<string>();
  const [sha256] = await Promise.all([
    sha256Hex(envelope.payload),
    ...envelope.signatures.map(async ({ keyid, signature }, index) => {
      const key = keys.get(keyid);
      if (!key) return;
      if (!(await key.isSigner(signature, signed))) {
        throw refuse("DOCUMENT_BAD_SIGNATURE", `signatures[${index}]`, keyid);
      }
      signers.add(keyid);
    }),
  ]);
  // Written so that a threshold of zero or NaN refuses too.
  if (signers.size > 0 && signers.size >= threshold) return sha256;
  throw refuse("DOCUMENT_THRESHOLD", envelope.type, signers.size);
}

/**
 * What is common to all documents but the root. The engine calls it directly: the expectations above concern those
 * that follow a channel. `role`: whose keys count, where it is not the document's own.
 */
export async function verifyDocument<T extends { issued: number; expires: number; tenant?: string }>(
  input: Uint8Array | string,
  type: DocumentType,
  parse: (payload: Uint8Array) => T,
  trusted: TrustedRoot,
  now: number | undefined,
  role = type as DocumentRole,
): Promise<{ document: T; sha256: string }> {
  const envelope = parseEnvelope(input, type);
  const sha256 = await verifySignatures(envelope, signersOf(trusted, role));
  const document = parse(envelope.payload);
  const { tenant } = trusted.root;
  if (tenant !== undefined && document.tenant !== tenant) {
    throw refuse("DOCUMENT_WRONG_TENANT", `${type}.tenant`, document.tenant);
  }
  checkTimes(document, now);
  return { document, sha256 };
}

async function importRootKey(keyid: string, text: string): Promise<PublicKey> {
  const at = `root.keys.${keyid}`;
  const key = await importPublicKey(decodeBase64(text, at));
  if (key.keyid !== keyid) throw refuse("DOCUMENT_BAD_KEY", at);
  return key;
}

export function checkTimes(
  { issued, expires }: { issued: number; expires: number },
  now: number | undefined,
): void {
  if (now === undefined) return;
  // Written so that a time of NaN refuses too.
  if (!(issued <= now + MAX_CLOCK_SKEW_MS)) throw refuse("DOCUMENT_ISSUED_IN_FUTURE", "issued", issued);
  if (expires <= now) throw refuse("DOCUMENT_EXPIRED", "expires", expires);
}
