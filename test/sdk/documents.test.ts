import {
  type Channel,
  DEFAULT_POLICY,
  type Documents,
  type DocumentType,
  decodeBase64,
  encodeBase64,
  encodeDocument,
  encodeEnvelope,
  encodeUtf8,
  type HaggleError,
  MAX_ENVELOPE_BYTES,
  MAX_RELEASE_ENVELOPE_BYTES,
  type Prices,
  parseEnvelope,
  parseReceipt,
  parseRelease,
  type Receipt,
  type Release,
  type Root,
  type RootKey,
} from "@haggle/abi";
import {
  MAX_CLOCK_SKEW_MS,
  sha256Hex,
  verifyChannel,
  verifyPrices,
  verifyReceipt,
  verifyRelease,
  verifyRoot,
} from "@haggle/sdk";
import { type Signer, signDocument, signerFromSeed } from "@haggle/toolchain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const NOW = Date.UTC(2026, 10, 25);
const DAY = 86_400_000;
const DIGEST = "ab".repeat(32);
const TIMES = { issued: NOW, expires: NOW + DAY };

const [alice, bob, online, stranger] = await Promise.all(
  [1, 2, 3, 4].map((seed) => signerFromSeed(new Uint8Array(32).fill(seed))),
);
const [aliceId, bobId, onlineId] = await Promise.all(
  [alice!, bob!, online!].map((signer) => sha256Hex(signer.publicKey)),
);

const root: Root = {
  type: "root",
  version: 1,
  ...TIMES,
  keys: Object.fromEntries(
    (
      [
        [aliceId, alice],
        [bobId, bob],
        [onlineId, online],
      ] as [string, Signer][]
    ).map(([keyid, signer]) => [keyid, { algorithm: "ed25519", public: encodeBase64(signer.publicKey) }]),
  ),
  roles: {
    root: { keyids: [aliceId!, bobId!], threshold: 2 },
    release: { keyids: [aliceId!, bobId!], threshold: 2 },
    channel: { keyids: [onlineId!], threshold: 1 },
    prices: { keyids: [onlineId!], threshold: 1 },
    receipt: { keyids: [onlineId!], threshold: 1 },
  },
};
const release: Release = {
  type: "release",
  version: 7,
  ...TIMES,
  previous: DIGEST,
  bundles: [{ sha256: DIGEST, size: 25_000 }],
  promotions: [{ id: "autumn", rule: "spend-and-save", parameters: { threshold: 30_000 }, priority: 10 }],
  policy: DEFAULT_POLICY,
  bounds: [{ sku: "shoe-*", minUnitPrice: 100, maxUnitPrice: 900 }],
};
const channel: Channel = {
  type: "channel",
  channel: "stable",
  version: 41,
  ...TIMES,
  arms: [{ release: DIGEST, range: [0, 10_000], seed: "r7" }],
  off: { promotions: ["满300减50"], rules: [], releases: [DIGEST] },
  minRelease: 6,
};
const prices: Prices = {
  type: "prices",
  version: 3,
  ...TIMES,
  release: DIGEST,
  strategy: { version: 2, id: "clearance" },
  prices: [{ sku: "shoe-1", unitPrice: 450 }],
};
const receipt: Receipt = {
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
const documents: Documents = { root, release, channel, prices, receipt };
const authors = [alice!, bob!];
const signersByType: Record<DocumentType, Signer[]> = {
  root: authors,
  release: authors,
  channel: [online!],
  prices: [online!],
  receipt: [online!],
};
const trusted = await verifyRoot(await sign(root));

describe("documents that are accepted", () => {
  it("a root that signed itself, with its keys", async () => {
    const verified = await verifyRoot(await sign(root), { now: NOW });
    expect(verified.root).toEqual(root);
    expect([...verified.keys.keys()]).toEqual([aliceId, bobId, onlineId]);
  });

  it("each document of its role, known by the digest of its payload", async () => {
    for (const type of ["release", "channel", "prices", "receipt"] as const) {
      const signed = await signDocument(documents[type], signersByType[type]);
      const found = await verify(type, signed.bytes);
      expect(found.document).toEqual(documents[type]);
      expect(found.sha256).toBe(signed.sha256);
      expect(found.sha256).toBe(await sha256Hex(signed.envelope.payload));
    }
  });

  it("an envelope as text, and one with signatures of strangers besides", async () => {
    const bytes = await sign(channel, [stranger!, online!]);
    expect((await verifyChannel(new TextDecoder().decode(bytes), trusted)).channel).toEqual(channel);
  });

  it("a document past its time when nobody asks for the time", async () => {
    expect(
      (await verifyRelease(await sign({ ...release, issued: 1, expires: 2 }), trusted)).release.version,
    ).toBe(7);
  });

  it("the signed bytes of DSSE, as another implementation would sign them", async () => {
    const { envelope } = await signDocument(channel, [online!]);
    const type = "application/vnd.haggle.channel+json";
    const text = new TextDecoder().decode(envelope.payload);
    const message = `DSSEv1 ${type.length} ${type} ${envelope.payload.length} ${text}`;
    expect(envelope.signatures[0]!.signature).toEqual(await online!.sign(encodeUtf8(message)));
  });
});

describe("documents that are refused", () => {
  it("by size, before anything is parsed", async () => {
    for (const type of ["root", "channel", "prices", "receipt"] as const) {
      await expectRefused(type, new Uint8Array(MAX_ENVELOPE_BYTES + 1), "DOCUMENT_TOO_LARGE");
    }
    await expectRefused("release", new Uint8Array(MAX_ENVELOPE_BYTES + 1), "DOCUMENT_NOT_JSON");
    await expectRefused("release", new Uint8Array(MAX_RELEASE_ENVELOPE_BYTES + 1), "DOCUMENT_TOO_LARGE");
  });

  it.each<[string, string, (json: EnvelopeJson) => unknown]>([
    ["an envelope that is a list", "DOCUMENT_BAD_ENVELOPE", (json) => [json]],
    ["null", "DOCUMENT_BAD_ENVELOPE", () => null],
    ["an unknown field", "DOCUMENT_BAD_ENVELOPE", (json) => ({ ...json, extra: 1 })],
    ["no payload", "DOCUMENT_BAD_ENVELOPE", ({ payload: _, ...json }) => json],
    ["a payload that is no text", "DOCUMENT_BAD_ENVELOPE", (json) => ({ ...json, payload: 7 })],
    [
      "an unknown field of a signature",
      "DOCUMENT_BAD_ENVELOPE",
      (json) => withSignature(json, { cert: "x" }),
    ],
    [
      "a key id in capitals",
      "DOCUMENT_BAD_ENVELOPE",
      (json) => withSignature(json, { keyid: onlineId!.toUpperCase() }),
    ],
    ["a short signature", "DOCUMENT_BAD_ENVELOPE", (json) => withSignature(json, { sig: "AAAA" })],
    [
      "seventeen signatures",
      "DOCUMENT_BAD_ENVELOPE",
      (json) => ({ ...json, signatures: Array(17).fill(json.signatures[0]) }),
    ],
    ["white space in base64", "DOCUMENT_BAD_BASE64", (json) => ({ ...json, payload: `${json.payload} ` })],
    ["base64 for URLs", "DOCUMENT_BAD_ENVELOPE", (json) => withSignature(json, { sig: "-_-_" })],
    [
      "missing padding",
      "DOCUMENT_BAD_ENVELOPE",
      (json) => withSignature(json, { sig: json.signatures[0]!.sig.slice(0, -1) }),
    ],
    [
      "left-over bits",
      "DOCUMENT_BAD_BASE64",
      (json) => withSignature(json, { sig: json.signatures[0]!.sig.replace(/.==$/, "/==") }),
    ],
    [
      "another type",
      "DOCUMENT_WRONG_TYPE",
      (json) => ({ ...json, payloadType: "application/vnd.haggle.release+json" }),
    ],
    [
      "a type of another house",
      "DOCUMENT_WRONG_TYPE",
      (json) => ({ ...json, payloadType: "application/json" }),
    ],
    ["no signatures", "DOCUMENT_UNSIGNED", (json) => ({ ...json, signatures: [] })],
    ["a signature by nobody known", "DOCUMENT_THRESHOLD", (json) => withSignature(json, { keyid: DIGEST })],
    [
      "a signature of other bytes",
      "DOCUMENT_BAD_SIGNATURE",
      (json) => ({ ...json, payload: encodeBase64(encodeUtf8("{}")) }),
    ],
  ])("with %s", async (_name, code, change) => {
    const json = JSON.parse(new TextDecoder().decode(await sign(channel))) as EnvelopeJson;
    await expectRefused("channel", encodeUtf8(JSON.stringify(change(json))), code);
  });

  it("that are not JSON in UTF-8", async () => {
    const bytes = await sign(channel);
    await expectRefused("channel", bytes.slice(0, -1), "DOCUMENT_NOT_JSON");
    await expectRefused("channel", Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes), "DOCUMENT_NOT_JSON");
    await expectRefused("channel", Uint8Array.of(0x22, 0xff, 0x22), "DOCUMENT_NOT_JSON");
  });

  it("when a role's signature is passed off as another's", async () => {
    // The same signer holds both roles; the bytes are a valid prices document, signed as a channel document.
    const { envelope } = await signDocument(channel, [online!]);
    const forged = encodeEnvelope({ ...envelope, type: "prices" });
    await expectRefused("prices", forged, "DOCUMENT_BAD_SIGNATURE");
  });

  it("when a payload says it is of another type than its envelope", async () => {
    await expectRefused(
      "prices",
      await signPayload("prices", { ...prices, type: "channel" }),
      "DOCUMENT_BAD_FIELD",
      "prices.type",
    );
  });

  it("when fewer keys signed than the role asks for", async () => {
    await expectRefused("release", await sign(release, [alice!]), "DOCUMENT_THRESHOLD");
    await expectRefused("release", await sign(release, [alice!, alice!]), "DOCUMENT_THRESHOLD");
    await expectRefused("release", await sign(release, [alice!, online!]), "DOCUMENT_THRESHOLD");
    await expectRefused("channel", await sign(channel, authors), "DOCUMENT_THRESHOLD");
    await expect(verifyRoot(await sign(root, [alice!]))).rejects.toMatchObject({
      code: "DOCUMENT_THRESHOLD",
    });
  });

  it("when one of the signatures by known keys does not hold, even if enough others do", async () => {
    const { envelope } = await signDocument(root, [alice!, bob!]);
    const bad = { keyid: aliceId!, signature: new Uint8Array(64) };
    const bytes = encodeEnvelope({ ...envelope, signatures: [...envelope.signatures, bad] });
    await expect(verifyRoot(bytes)).rejects.toMatchObject({
      code: "DOCUMENT_BAD_SIGNATURE",
      at: "signatures[2]",
    });
  });

  it("outside their time", async () => {
    const bytes = await sign(channel);
    await verifyChannel(bytes, trusted, { now: NOW + DAY - 1 });
    await verifyChannel(bytes, trusted, { now: NOW - MAX_CLOCK_SKEW_MS });
    const refused = (now: number) => expect(verifyChannel(bytes, trusted, { now })).rejects;
    await refused(NOW + DAY).toMatchObject({ code: "DOCUMENT_EXPIRED" });
    await refused(NOW - MAX_CLOCK_SKEW_MS - 1).toMatchObject({ code: "DOCUMENT_ISSUED_IN_FUTURE" });
    await expect(verifyRoot(await sign(root), { now: NOW + DAY })).rejects.toMatchObject({
      code: "DOCUMENT_EXPIRED",
    });
  });

  it("when a channel goes back, or says two things under one version", async () => {
    const bytes = await sign(channel);
    const { sha256 } = await verifyChannel(bytes, trusted);
    await verifyChannel(bytes, trusted, { floor: { version: 41, sha256 }, channel: "stable" });
    const refused = (options: Parameters<typeof verifyChannel>[2]) =>
      expect(verifyChannel(bytes, trusted, options)).rejects;
    await refused({ floor: { version: 42 } }).toMatchObject({ code: "DOCUMENT_ROLLBACK" });
    await refused({ floor: { version: 41, sha256: DIGEST } }).toMatchObject({
      code: "DOCUMENT_EQUIVOCATION",
    });
    await refused({ channel: "preview" }).toMatchObject({ code: "DOCUMENT_WRONG_CHANNEL" });
  });

  it("when a release is not the one that the channel named", async () => {
    const bytes = await sign(release);
    const { sha256 } = await verifyRelease(bytes, trusted);
    await verifyRelease(bytes, trusted, { sha256, minVersion: 7 });
    const refused = (options: Parameters<typeof verifyRelease>[2]) =>
      expect(verifyRelease(bytes, trusted, options)).rejects;
    await refused({ sha256: DIGEST }).toMatchObject({ code: "DOCUMENT_DIGEST_MISMATCH" });
    await refused({ minVersion: 8 }).toMatchObject({ code: "DOCUMENT_ROLLBACK" });
  });

  it("when any byte of the payload or of a signature changes", async () => {
    const { envelope } = await signDocument(release, authors);
    const parts = [envelope.payload, ...envelope.signatures.map(({ signature }) => signature)];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (which, position, flip) => {
          const [payload, first, second] = parts.map((part) => Uint8Array.from(part));
          const changed = [payload!, first!, second!][which]!;
          changed[position % changed.length]! ^= flip;
          const signatures = [first!, second!].map((signature, index) => ({
            ...envelope.signatures[index]!,
            signature,
          }));
          const bytes = encodeEnvelope({ ...envelope, payload: payload!, signatures });
          await expectRefused("release", bytes, "DOCUMENT_BAD_SIGNATURE");
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("payloads that are refused, though signed", () => {
  it.each<[string, DocumentType, string, object]>([
    ["an unknown field", "channel", "channel", { extra: 1 }],
    ["an unknown field inside", "channel", "channel.off", { off: { ...channel.off, everything: [] } }],
    ["a prototype", "channel", "channel", JSON.parse('{"__proto__":1}') as object],
  ])("with %s", async (_name, type, at, change) => {
    await expectRefused(
      type,
      await signPayload(type, { ...documents[type], ...change }),
      "DOCUMENT_UNKNOWN_FIELD",
      at,
    );
  });

  it.each<[DocumentType, string, object]>([
    ["channel", "channel.version", { version: 0 }],
    ["channel", "channel.version", { version: 1.5 }],
    ["channel", "channel.version", { version: 2 ** 53 }],
    ["channel", "channel.version", { version: "1" }],
    ["channel", "channel.issued", { issued: -1 }],
    ["channel", "channel.expires", { expires: undefined }],
    ["channel", "channel.channel", { channel: "Stable!" }],
    ["channel", "channel.arms[0].range", { arms: [{ ...channel.arms[0], range: [5, 5] }] }],
    ["channel", "channel.arms[0].range", { arms: [{ ...channel.arms[0], range: [0] }] }],
    ["channel", "channel.arms[0].range[1]", { arms: [{ ...channel.arms[0], range: [0, 10_001] }] }],
    ["channel", "channel.arms[0].release", { arms: [{ ...channel.arms[0], release: "AB".repeat(32) }] }],
    ["channel", "channel.arms", { arms: Array(65).fill(channel.arms[0]) }],
    ["channel", "channel.off", { off: [] }],
    ["channel", "channel.off.rules[0]", { off: { ...channel.off, rules: [""] } }],
    ["release", "release.bundles", { bundles: [] }],
    ["release", "release.bundles", { bundles: [release.bundles[0], release.bundles[0]] }],
    ["release", "release.bundles[0].size", { bundles: [{ sha256: DIGEST, size: 256 * 1024 + 1 }] }],
    ["release", "release.previous", { previous: null }],
    ["prices", "prices.prices[0].unitPrice", { prices: [{ sku: "shoe-1", unitPrice: -1 }] }],
    ["prices", "prices.prices[0].sku", { prices: [{ sku: "s".repeat(257), unitPrice: 1 }] }],
    ["receipt", "receipt.currency", { currency: "eur" }],
    ["receipt", "receipt.cart", { cart: "none" }],
  ])("%s: %s", async (type, at, change) => {
    await expectRefused(
      type,
      await signPayload(type, { ...documents[type], ...change }),
      "DOCUMENT_BAD_FIELD",
      at,
    );
  });

  it("with promotions that are none", async () => {
    const bytes = await signPayload("release", { ...release, promotions: [{ id: "x" }] });
    await expectRefused("release", bytes, "PROMOTION_MISSING_FIELD", "release.promotions[0].rule");
  });

  it.each<[string, string, string, object]>([
    ["not asking for any key", "DOCUMENT_BAD_FIELD", "root.roles.channel.threshold", roles({ threshold: 0 })],
    [
      "with a role missing",
      "DOCUMENT_BAD_FIELD",
      "root.roles.channel",
      { roles: { ...root.roles, channel: undefined } },
    ],
    [
      "with a role unknown",
      "DOCUMENT_UNKNOWN_FIELD",
      "root.roles",
      { roles: { ...root.roles, admin: root.roles.root } },
    ],
    [
      "that is a development root or not, but not in between",
      "DOCUMENT_BAD_FIELD",
      "root.development",
      { development: false },
    ],
    [
      "with a key of another algorithm",
      "DOCUMENT_BAD_FIELD",
      `root.keys.${onlineId}.algorithm`,
      keys({ algorithm: "rsa" }),
    ],
    [
      "with a key of 31 bytes",
      "DOCUMENT_BAD_FIELD",
      `root.keys.${onlineId}.public`,
      keys({ public: encodeBase64(new Uint8Array(31)) }),
    ],
    [
      "with a key under another's name",
      "DOCUMENT_BAD_KEY",
      `root.keys.${onlineId}`,
      keys({ public: encodeBase64(stranger!.publicKey) }),
    ],
  ])("a root %s", async (_name, code, at, change) => {
    await expectRefused("root", await signPayload("root", { ...root, ...change }), code, at);
  });
});

describe("roots that nobody should have signed", () => {
  it("with a weak key are refused, even if no role uses it", async () => {
    const weak = new Uint8Array(32);
    const change = { keys: { ...root.keys, [await sha256Hex(weak)]: rootKey(weak) } };
    await expectRefused("root", await signPayload("root", { ...root, ...change }), "SIGNATURE_BAD_KEY");
  });

  it.each<[string, object]>([
    ["more keys than it names", roles({ threshold: 2 })],
    ["two keys, naming one twice", roles({ threshold: 2, keyids: [onlineId, onlineId] })],
    ["a key that is not in the root", roles({ keyids: [DIGEST] })],
  ])("never satisfy a role that asks for %s", async (_name, change) => {
    const odd = await verifyRoot(await signPayload("root", { ...root, ...change }));
    for (const signers of [[online!], [online!, online!]]) {
      const bytes = await sign(channel, signers);
      await expect(verifyChannel(bytes, odd)).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
    }
    expect(() => encodeDocument({ ...root, ...change })).toThrowError(/root\.roles\.channel\./);
  });
});

describe("encoding", () => {
  it("spells equal documents alike, whatever the order of their fields", () => {
    for (const document of Object.values(documents)) {
      expect(encodeDocument(reversed(document) as Release)).toEqual(encodeDocument(document));
    }
  });

  it("refuses to sign what no reader would take", () => {
    expect(() => encodeDocument({ ...channel, expires: NOW })).toThrowError(/channel\.expires/);
    expect(() => encodeDocument({ ...release, version: 0 })).toThrowError(/release\.version/);
    expect(() => encodeDocument({ ...release, version: Number.NaN })).toThrowError(/release\.version/);
  });

  it("gives back releases as they were", () => {
    const text = fc.string({ unit: "binary", minLength: 1, maxLength: 20 });
    const time = fc.integer({ min: 0, max: 2 ** 50 });
    const any = fc.record({
      type: fc.constant("release" as const),
      version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      issued: time,
      expires: time.map((value) => value + 2 ** 50 + 1),
      bundles: fc.tuple(
        fc.record({ sha256: fc.constant(DIGEST), size: fc.integer({ min: 1, max: 262_144 }) }),
      ),
      promotions: fc.uniqueArray(
        fc.record({ id: text, rule: text, priority: fc.integer({ min: -9, max: 9 }) }),
        { selector: ({ id }) => id },
      ),
      policy: fc.constant(DEFAULT_POLICY),
    });
    fc.assert(
      fc.property(any, (value) => {
        expect(parseRelease(encodeDocument(value))).toEqual(value);
      }),
      { numRuns: 50 },
    );
  });

  it("gives back receipts as they were, with or without a customer", () => {
    const { customer: _, ...anonymous } = receipt;
    for (const value of [receipt, anonymous]) expect(parseReceipt(encodeDocument(value))).toEqual(value);
  });

  it("gives back envelopes as they were", () => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((value) => Uint8Array.from(value));
    const signature = fc.record({
      keyid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((id) => Buffer.from(id).toString("hex")),
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }).map((value) => Uint8Array.from(value)),
    });
    fc.assert(
      fc.property(bytes, fc.array(signature, { maxLength: 16 }), (payload, signatures) => {
        const envelope = { type: "prices" as const, payload, signatures };
        expect(parseEnvelope(encodeEnvelope(envelope), "prices")).toEqual(envelope);
      }),
    );
  });

  it("takes exactly the base64 that Node writes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = Buffer.from(bytes).toString("base64");
        expect(encodeBase64(bytes)).toBe(text);
        expect(decodeBase64(text, "here")).toEqual(Uint8Array.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        fc.pre(Buffer.from(text, "base64").toString("base64") !== text);
        expect(() => decodeBase64(text, "here")).toThrowError(
          expect.objectContaining({ code: "DOCUMENT_BAD_BASE64" }) as HaggleError,
        );
      }),
    );
  });
});

type EnvelopeJson = { payload: string; payloadType: string; signatures: { keyid: string; sig: string }[] };

function withSignature(json: EnvelopeJson, change: object): object {
  return { ...json, signatures: [{ ...json.signatures[0], ...change }] };
}

function rootKey(publicKey: Uint8Array): RootKey {
  return { algorithm: "ed25519", public: encodeBase64(publicKey) };
}

function roles(change: object): object {
  return { roles: { ...root.roles, channel: { ...root.roles.channel, ...change } } };
}

function keys(change: object): object {
  return { keys: { ...root.keys, [onlineId!]: { ...root.keys[onlineId!], ...change } } };
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, entry]) => [key, reversed(entry)]),
  );
}

async function sign(
  document: Documents[DocumentType],
  signers = signersByType[document.type],
): Promise<Uint8Array> {
  return (await signDocument(document, signers)).bytes;
}

/** Signs a payload that `signDocument` would refuse, as a signer with other tools could. */
async function signPayload(type: DocumentType, value: object): Promise<Uint8Array> {
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

async function verify(type: DocumentType, bytes: Uint8Array): Promise<{ document: unknown; sha256: string }> {
  if (type === "root") return verifyRoot(bytes).then(({ root: document, sha256 }) => ({ document, sha256 }));
  if (type === "release")
    return verifyRelease(bytes, trusted).then(({ release: document, sha256 }) => ({ document, sha256 }));
  if (type === "channel")
    return verifyChannel(bytes, trusted).then(({ channel: document, sha256 }) => ({ document, sha256 }));
  if (type === "prices")
    return verifyPrices(bytes, trusted).then(({ prices: document, sha256 }) => ({ document, sha256 }));
  return verifyReceipt(bytes, trusted).then(({ receipt: document, sha256 }) => ({ document, sha256 }));
}

async function expectRefused(
  type: DocumentType,
  bytes: Uint8Array,
  code: string,
  at?: string,
): Promise<void> {
  await expect(verify(type, bytes)).rejects.toMatchObject(at === undefined ? { code } : { code, at });
}
