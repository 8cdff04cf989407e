import { readFileSync } from "node:fs";
import {
  type Channel,
  compileTable,
  DEFAULT_POLICY,
  encodeBase64,
  encodeUtf8,
  type Prices,
  parseMetadata,
  type Release,
  type Root,
} from "@haggle/abi";
import { sha256, sha256Hex, verifyProfile } from "@haggle/sdk";
import { type Signer, signerFromSeed } from "@haggle/sdk/sign";
import { signBundle } from "@haggle/toolchain";

// The shop of the golden updates: its people, their keys, and documents as they sign them. Envelopes are put together
// here by hand, not by the signer under test, so that wrong ones are as easy as right ones.

const SEED_BYTES = 32;
const signer = (seed: number) => signerFromSeed(new Uint8Array(SEED_BYTES).fill(seed));

/** Two of three sign roots, two of three others sign releases; each online role has a key of its own. */
export const [rita, rob, ruth, alice, bob, carol, online, pricer, cashier, mallory, dave, fresh] =
  await Promise.all([
    signer(1),
    signer(2),
    signer(3),
    signer(4),
    signer(5),
    signer(6),
    signer(7),
    signer(8),
    signer(9),
    signer(10),
    signer(11),
    signer(12),
  ]);

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** When the first channel document was issued; its later versions follow minute by minute. */
export const T0 = Date.UTC(2026, 10, 25);

export type Json = Record<string, unknown>;
export type EnvelopeText = {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string }[];
};

/** A signed document: the text of its envelope, and the digest of its payload. */
export type Signed = { text: string; sha256: string };

export function idOf({ publicKey }: Signer): Promise<string> {
  return sha256Hex(publicKey);
}

/** An envelope around any payload, signed as its type by whoever. A string or bytes are the payload itself. */
export async function envelopeOf(
  type: string,
  payload: object | string | Uint8Array,
  signers: readonly Signer[],
): Promise<EnvelopeText> {
  const bytes =
    payload instanceof Uint8Array
      ? payload
      : encodeUtf8(typeof payload === "string" ? payload : JSON.stringify(payload));
  const payloadType = `application/vnd.haggle.${type}+json`;
  const head = encodeUtf8(`DSSEv1 ${payloadType.length} ${payloadType} ${bytes.length} `);
  const message = Uint8Array.of(...head, ...bytes);
  const signatures = await Promise.all(
    signers.map(async (one) => ({ keyid: await idOf(one), sig: encodeBase64(await one.sign(message)) })),
  );
  return { payload: encodeBase64(bytes), payloadType, signatures };
}

export async function signed(
  type: string,
  payload: object | string | Uint8Array,
  signers: readonly Signer[],
): Promise<Signed> {
  const envelope = await envelopeOf(type, payload, signers);
  return { text: JSON.stringify(envelope), sha256: await payloadDigest(envelope) };
}

function payloadDigest({ payload }: EnvelopeText): Promise<string> {
  return sha256Hex(Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0)));
}

/** An envelope changed by hand after it was signed. */
export function edited(document: Signed, edit: (envelope: EnvelopeText) => unknown): Signed {
  return { ...document, text: JSON.stringify(edit(JSON.parse(document.text) as EnvelopeText)) };
}

async function rootKeys(signers: readonly Signer[]): Promise<Root["keys"]> {
  const entries = await Promise.all(
    signers.map(async (one) => {
      const key = { algorithm: "ed25519" as const, public: encodeBase64(one.publicKey) };
      return [await idOf(one), key] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** Who holds which role; whatever is left out stays with those who had it first. */
export type People = {
  root?: Signer[];
  release?: Signer[];
  channel?: Signer[];
  prices?: Signer[];
  rootThreshold?: number;
  releaseThreshold?: number;
};

export async function rootDocument(version: number, people: People = {}, fields: Json = {}): Promise<Root> {
  const {
    root = [rita, rob, ruth],
    release = [alice, bob, carol],
    channel = [online],
    prices = [pricer],
  } = people;
  const role = async (signers: Signer[], threshold: number) => ({
    keyids: await Promise.all(signers.map(idOf)),
    threshold,
  });
  return {
    type: "root",
    version,
    issued: T0 - DAY + version * MINUTE,
    expires: T0 + 365 * DAY,
    keys: await rootKeys([...new Set([...root, ...release, ...channel, ...prices, cashier])]),
    roles: {
      root: await role(root, people.rootThreshold ?? Math.min(2, root.length)),
      release: await role(release, people.releaseThreshold ?? Math.min(2, release.length)),
      channel: await role(channel, 1),
      prices: await role(prices, 1),
      receipt: await role([cashier], 1),
    },
    ...fields,
  };
}

export async function makeRoot(
  version: number,
  people: People = {},
  fields: Json = {},
  signers: readonly Signer[] = [rita, rob],
): Promise<Signed> {
  return signed("root", await rootDocument(version, people, fields), signers);
}

const FOLDER = new URL("../../vectors/updates/", import.meta.url);
const HEADER_BYTES = 8;

/** A bundle as authors sign it; `file` names its unsigned module among the vectors. */
export type SignedBundle = { bytes: Uint8Array<ArrayBuffer>; sha256: string };

export function readBundle(file: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(file, FOLDER)));
}

export async function makeBundle(
  module: string | Uint8Array,
  signers: readonly Signer[] = [alice, bob],
): Promise<SignedBundle> {
  let bytes: Uint8Array<ArrayBuffer> =
    typeof module === "string" ? readBundle(module) : Uint8Array.from(module);
  for (const one of signers) bytes = await signBundle(bytes, one);
  return bundleOf(bytes);
}

export async function bundleOf(bytes: Uint8Array): Promise<SignedBundle> {
  return { bytes: Uint8Array.from(bytes), sha256: await sha256Hex(bytes) };
}

/** Ten percent off shoes, and twenty: two bundles that both may be priced with. */
export const one = await makeBundle("one.wasm");
export const two = await makeBundle("two.wasm");

async function releaseDocument(version: number, fields: Json = {}, bundle = one): Promise<Release> {
  // The table says the same for all bundles of the vectors, even for those that nobody could run.
  const metadata = parseMetadata(verifyProfile(one.bytes).metadata);
  const [rule] = metadata.rules;
  const given = [{ id: "shoes", rule: rule!.name, priority: version }];
  const { bytes, symbols, promotions } = compileTable(given, DEFAULT_POLICY, metadata);
  return {
    type: "release",
    version,
    issued: T0 - HOUR + version * MINUTE,
    expires: T0 + 60 * DAY,
    bundles: [{ sha256: bundle.sha256, size: bundle.bytes.length }],
    promotions,
    policy: DEFAULT_POLICY,
    table: { bytes: encodeBase64(bytes), symbols },
    bounds: [
      { sku: "shoe-1", minUnitPrice: 500, maxUnitPrice: 900 },
      { sku: "shoe-*", minUnitPrice: 100, maxUnitPrice: 400 },
    ],
    ...fields,
  };
}

export async function makeRelease(
  version: number,
  fields: Json = {},
  { bundle = one, signers = [alice, bob] }: { bundle?: SignedBundle; signers?: readonly Signer[] } = {},
): Promise<Signed> {
  return signed("release", await releaseDocument(version, fields, bundle), signers);
}

export function channelDocument(version: number, release: Signed, fields: Json = {}): Channel {
  return {
    type: "channel",
    channel: "stable",
    version,
    issued: T0 + version * MINUTE,
    expires: T0 + version * MINUTE + DAY,
    arms: [{ release: release.sha256, range: [0, 10_000], seed: "stable" }],
    off: { promotions: [], rules: [], releases: [] },
    minRelease: 0,
    ...fields,
  };
}

export function makeChannel(
  version: number,
  release: Signed,
  fields: Json = {},
  signers: readonly Signer[] = [online],
): Promise<Signed> {
  return signed("channel", channelDocument(version, release, fields), signers);
}

function pricesDocument(version: number, release: Signed, fields: Json = {}): Prices {
  return {
    type: "prices",
    channel: "stable",
    version,
    issued: T0 + version * MINUTE,
    expires: T0 + version * MINUTE + DAY,
    release: release.sha256,
    strategy: { version: 1, id: "clearance" },
    prices: [{ sku: "shoe-2", unitPrice: 250 }],
    ...fields,
  };
}

export function makePrices(
  version: number,
  release: Signed,
  fields: Json = {},
  signers: readonly Signer[] = [pricer],
): Promise<Signed> {
  return signed("prices", pricesDocument(version, release, fields), signers);
}

/** The documents that most cases begin with. */
export const root1 = await makeRoot(1);
export const release1 = await makeRelease(1);
export const release2 = await makeRelease(2, {}, { bundle: two });
export const release3 = await makeRelease(3);
export const channel1 = await makeChannel(1, release1);
export const channel2 = await makeChannel(2, release2);
export const channel3 = await makeChannel(3, release3);

/** The body of a module behind its header, and the list of hashes that its signers sign. */
export async function bodyAndHash(file: string): Promise<{ body: number[]; hash: Uint8Array }> {
  const body = [...readBundle(file).subarray(HEADER_BYTES)];
  return { body, hash: await sha256(Uint8Array.from(body)) };
}
