import {
  type Channel,
  DEFAULT_POLICY,
  type Documents,
  type DocumentType,
  type Experiments,
  encodeBase64,
  encodeEnvelope,
  encodeUtf8,
  type Prices,
  type Receipt,
  type Release,
  type Root,
  type RootKey,
} from "@haggle/abi";
import { sha256Hex, verifyChannel, verifyPrices, verifyRelease, verifyRoot } from "@haggle/sdk";
import { verifyExperiments } from "@haggle/sdk/experiments";
import { verifyReceipt } from "@haggle/sdk/receipts";
import { type Signer, signDocument, signerFromSeed } from "@haggle/sdk/sign";
import { expect } from "vitest";

// One of each document, all signed by the right keys: tests change one thing and see it refused.

export const NOW = Date.UTC(2026, 10, 25);
export const DAY = 86_400_000;
export const DIGEST = "ab".repeat(32);
const TIMES = { issued: NOW, expires: NOW + DAY };

export const alice = await signerFromSeed(new Uint8Array(32).fill(1));
export const bob = await signerFromSeed(new Uint8Array(32).fill(2));
export const online = await signerFromSeed(new Uint8Array(32).fill(3));
export const stranger = await signerFromSeed(new Uint8Array(32).fill(4));
export const aliceId = await sha256Hex(alice.publicKey);
export const bobId = await sha256Hex(bob.publicKey);
export const onlineId = await sha256Hex(online.publicKey);

export const root: Root = {
  type: "root",
  version: 1,
  ...TIMES,
  keys: {
    [aliceId]: rootKey(alice.publicKey),
    [bobId]: rootKey(bob.publicKey),
    [onlineId]: rootKey(online.publicKey),
  },
  roles: {
    root: { keyids: [aliceId, bobId], threshold: 2 },
    release: { keyids: [aliceId, bobId], threshold: 2 },
    channel: { keyids: [onlineId], threshold: 1 },
    prices: { keyids: [onlineId], threshold: 1 },
    receipt: { keyids: [onlineId], threshold: 1 },
  },
};
export const release: Release = {
  type: "release",
  version: 7,
  ...TIMES,
  previous: DIGEST,
  bundles: [{ sha256: DIGEST, size: 25_000 }],
  promotions: [{ id: "autumn", rule: "spend-and-save", parameters: { threshold: 30_000 }, priority: 10 }],
  policy: DEFAULT_POLICY,
  // Whether it is the table of these promotions is a question to engines, not to documents.
  table: { bytes: encodeBase64(Uint8Array.of(1, 2, 3)), symbols: ["shoes"] },
  bounds: [{ sku: "shoe-*", minUnitPrice: 100, maxUnitPrice: 900, maxChangePerHour: "12.5" }],
};
export const channel: Channel = {
  type: "channel",
  channel: "stable",
  version: 41,
  ...TIMES,
  arms: [{ release: DIGEST, range: [0, 10_000], seed: "r7" }],
  off: { promotions: ["满300减50"], rules: [], releases: [DIGEST] },
  minRelease: 6,
};
export const prices: Prices = {
  type: "prices",
  channel: "stable",
  version: 3,
  ...TIMES,
  release: DIGEST,
  also: ["cd".repeat(32)],
  strategy: { version: 2, id: "v2026.11.22-abc" },
  strategies: [{ id: "clearance", rule: "price-by-stock", variant: "b" }],
  prices: [
    { sku: "shoe-1", unitPrice: 450, by: 0 },
    { sku: "shoe-1", unitPrice: 400, tier: "gold" },
  ],
};
export const receipt: Receipt = {
  type: "receipt",
  tenant: "demo",
  quote: "q-1",
  customer: "c-9",
  currency: "EUR",
  cart: DIGEST,
  decision: DIGEST,
  release: DIGEST,
  ...TIMES,
};
export const experiments: Experiments = {
  type: "experiments",
  channel: "stable",
  version: 5,
  ...TIMES,
  experiments: [
    {
      key: "summer-threshold",
      unit: "customer",
      seed: "summer-threshold:1",
      bucketing: "hash2",
      variants: [
        { key: "control", weight: 0.5 },
        { key: "b", weight: 0.5 },
      ],
      coverage: 0.2,
      namespace: { name: "checkout", range: [0, 0.5] },
      condition: { country: { $in: ["de", "at"] } },
      holdout: "never-asked",
      sticky: true,
      bucketVersion: 2,
      minBucketVersion: 1,
      forced: { "qa-1": "b" },
    },
    {
      key: "never-asked",
      unit: "customer",
      seed: "never-asked:1",
      bucketing: "hash2",
      variants: [
        { key: "asked", weight: 0.9 },
        { key: "holdout", weight: 0.1 },
      ],
      coverage: 1,
      ranges: [
        [0, 0.9],
        [0.9, 1],
      ],
    },
  ],
};
export const documents: Documents = { root, release, channel, prices, receipt, experiments };
export const authors = [alice, bob];
export const signersByType: Record<DocumentType, Signer[]> = {
  root: authors,
  release: authors,
  channel: [online],
  prices: [online],
  receipt: [online],
  experiments: [online],
};
export const trusted = await verifyRoot(await sign(root));

export function rootKey(publicKey: Uint8Array): RootKey {
  return { algorithm: "ed25519", public: encodeBase64(publicKey) };
}

export async function sign(
  document: Documents[DocumentType],
  signers = signersByType[document.type],
): Promise<Uint8Array> {
  return (await signDocument(document, signers)).bytes;
}

/** Signs a payload that `signDocument` would refuse, as a signer with other tools could. */
export async function signPayload(type: DocumentType, value: object): Promise<Uint8Array> {
  const payload = encodeUtf8(JSON.stringify(value));
  const name = `application/vnd.haggle.${type}+json`;
  const message = encodeUtf8(`DSSEv1 ${name.length} ${name} ${payload.length} ${JSON.stringify(value)}`);
  const signatures = await Promise.all(
    signersByType[type].map(async (signer) => ({
      keyid: await sha256Hex(signer.publicKey),
      signature: Uint8Array.from(await signer.sign(message)),
    })),
  );
  return encodeEnvelope({ type, payload, signatures });
}

export async function verify(
  type: DocumentType,
  bytes: Uint8Array,
): Promise<{ document: unknown; sha256: string }> {
  if (type === "root") return verifyRoot(bytes).then(({ root: document, sha256 }) => ({ document, sha256 }));
  if (type === "release")
    return verifyRelease(bytes, trusted).then(({ release: document, sha256 }) => ({ document, sha256 }));
  if (type === "channel")
    return verifyChannel(bytes, trusted).then(({ channel: document, sha256 }) => ({ document, sha256 }));
  if (type === "prices")
    return verifyPrices(bytes, trusted).then(({ prices: document, sha256 }) => ({ document, sha256 }));
  if (type === "experiments")
    return verifyExperiments(bytes, trusted).then(({ experiments: document, sha256 }) => ({
      document,
      sha256,
    }));
  return verifyReceipt(bytes, { root: trusted }).then(({ receipt: document, sha256 }) => ({
    document,
    sha256,
  }));
}

export async function expectRefused(
  type: DocumentType,
  bytes: Uint8Array,
  code: string,
  at?: string,
): Promise<void> {
  await expect(verify(type, bytes)).rejects.toMatchObject(at === undefined ? { code } : { code, at });
}
