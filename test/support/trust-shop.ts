import {
  type Channel,
  compileTable,
  DEFAULT_POLICY,
  encodeBase64,
  type Prices,
  type Release,
  type Role,
  type Root,
  type RootKey,
} from "@haggle/abi";
import { sha256Hex } from "@haggle/sdk";
import { type SignedDocument, type Signer, signDocument } from "@haggle/sdk/sign";
import { pathOf, type ReleaseSource } from "@haggle/sdk/trust";
import { signBundle } from "@haggle/toolchain";
import { buildRules, testSigner } from "./release.ts";

// A shop with all its keys, and a source that says whatever a test puts into it: documents under their paths.

export const HOUR_MS = 3_600_000;
export const NOW = Date.UTC(2026, 10, 26);

export const officers = [await testSigner(11), await testSigner(12), await testSigner(13)] as const;
export const authors = [await testSigner(1), await testSigner(2)] as const;
export const online = await testSigner(21);
export const online2 = await testSigner(22);
export const stranger = await testSigner(99);

const { bundle: built, metadata } = await buildRules();
/** Signed by both authors. */
export const bundle = await signBundle(built, authors[1]);
export const bundleSha256 = await sha256Hex(bundle);

/** Documents under the paths of a release folder. */
export type Files = Map<string, Uint8Array>;

function sourceOf(files: Files): ReleaseSource {
  return async (wanted) => files.get(pathOf(wanted));
}

export async function role(threshold: number, ...signers: Signer[]): Promise<Role> {
  return { keyids: await Promise.all(signers.map(({ publicKey }) => sha256Hex(publicKey))), threshold };
}

/** Officers 2 of 3, both authors, one online key. */
export async function makeRoot(changes: Partial<Root> = {}): Promise<Root> {
  const signers = [...officers, ...authors, online, online2];
  const keys = await Promise.all(
    signers.map(
      async ({ publicKey }): Promise<[string, RootKey]> => [
        await sha256Hex(publicKey),
        { algorithm: "ed25519", public: encodeBase64(publicKey) },
      ],
    ),
  );
  return {
    type: "root",
    version: 1,
    tenant: "shop",
    issued: NOW - HOUR_MS,
    expires: NOW + 8_760 * HOUR_MS,
    keys: Object.fromEntries(keys),
    roles: {
      root: await role(2, ...officers),
      release: await role(2, ...authors),
      channel: await role(1, online),
      prices: await role(1, online),
      receipt: await role(1, online),
    },
    ...changes,
  };
}

export async function signRoot(
  changes: Partial<Root> = {},
  signers: readonly Signer[] = officers.slice(0, 2),
): Promise<SignedDocument> {
  return signDocument(await makeRoot(changes), signers);
}

export async function signRelease(
  changes: Partial<Release> = {},
  signers: readonly Signer[] = authors,
): Promise<SignedDocument> {
  const {
    policy = DEFAULT_POLICY,
    promotions: given = [{ id: "满300减50", rule: "满300减50", priority: 10 }],
  } = changes;
  const { bytes, symbols, promotions } = compileTable(given, policy, metadata);
  return signDocument(
    {
      type: "release",
      version: 1,
      tenant: "shop",
      issued: NOW - HOUR_MS,
      expires: NOW + 720 * HOUR_MS,
      bundles: [{ sha256: bundleSha256, size: bundle.length }],
      table: { bytes: encodeBase64(bytes), symbols },
      bounds: [{ sku: "shoe-*", minUnitPrice: 100, maxUnitPrice: 900 }],
      ...changes,
      promotions,
      policy,
    },
    signers,
  );
}

export function signChannel(
  release: string,
  changes: Partial<Channel> = {},
  signers: readonly Signer[] = [online],
): Promise<SignedDocument> {
  return signDocument(
    {
      type: "channel",
      channel: "stable",
      version: 1,
      tenant: "shop",
      issued: NOW - 60_000,
      expires: NOW + HOUR_MS,
      arms: [{ release, range: [0, 10_000], seed: "s" }],
      off: { promotions: [], rules: [], releases: [] },
      minRelease: 0,
      ...changes,
    },
    signers,
  );
}

export function signPrices(
  release: string,
  changes: Partial<Prices> = {},
  signers: readonly Signer[] = [online],
): Promise<SignedDocument> {
  return signDocument(
    {
      type: "prices",
      channel: "stable",
      version: 1,
      tenant: "shop",
      release,
      issued: NOW - 60_000,
      expires: NOW + HOUR_MS,
      strategy: { version: 1, id: "clearance" },
      prices: [{ sku: "shoe-1", unitPrice: 450 }],
      ...changes,
    },
    signers,
  );
}

/** A folder with one good set in it, and how to change it. */
export async function createWorld() {
  const files: Files = new Map();
  const root = await signRoot();
  const release = await signRelease();
  files.set("roots/1.json", root.bytes);
  files.set(`bundles/${bundleSha256}.wasm`, bundle);

  const put = {
    root: async (...given: Parameters<typeof signRoot>) => {
      const signed = await signRoot(...given);
      files.set(`roots/${given[0]?.version ?? 1}.json`, signed.bytes);
      return signed;
    },
    release: async (...given: Parameters<typeof signRelease>) => {
      const signed = await signRelease(...given);
      files.set(`releases/${signed.sha256}.json`, signed.bytes);
      return signed;
    },
    channel: async (...given: Parameters<typeof signChannel>) => {
      const signed = await signChannel(...given);
      files.set("channels/stable.json", signed.bytes);
      return signed;
    },
    prices: async (...given: Parameters<typeof signPrices>) => {
      const signed = await signPrices(...given);
      files.set("prices/stable.json", signed.bytes);
      return signed;
    },
  };
  files.set(`releases/${release.sha256}.json`, release.bytes);
  await put.channel(release.sha256);
  return { files, root, release, put, source: sourceOf(files) };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
