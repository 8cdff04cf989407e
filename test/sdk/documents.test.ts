import {
  encodeBase64,
  encodeEnvelope,
  encodeUtf8,
  MAX_ENVELOPE_BYTES,
  MAX_PRICES_ENVELOPE_BYTES,
  MAX_RELEASE_ENVELOPE_BYTES,
} from "@haggle/abi";
import { MAX_CLOCK_SKEW_MS, sha256Hex, verifyChannel, verifyRelease, verifyRoot } from "@haggle/sdk";
import { signDocument } from "@haggle/sdk/sign";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  alice,
  aliceId,
  authors,
  bob,
  bobId,
  channel,
  DAY,
  DIGEST,
  documents,
  expectRefused,
  NOW,
  online,
  onlineId,
  prices,
  release,
  root,
  sign,
  signersByType,
  signPayload,
  stranger,
  trusted,
  verify,
} from "../support/documents.ts";

describe("documents that are accepted", () => {
  it("a root that signed itself, with its keys", async () => {
    const verified = await verifyRoot(await sign(root), { now: NOW });
    expect(verified.root).toEqual(root);
    expect([...verified.keys.keys()]).toEqual([aliceId, bobId, onlineId]);
  });

  it("each document of its role, known by the digest of its payload", async () => {
    for (const type of ["release", "channel", "prices", "receipt", "experiments"] as const) {
      const signed = await signDocument(documents[type], signersByType[type]);
      const found = await verify(type, signed.bytes);
      expect(found.document).toEqual(documents[type]);
      expect(found.sha256).toBe(signed.sha256);
      expect(found.sha256).toBe(await sha256Hex(signed.envelope.payload));
    }
  });

  it("an envelope as text, and one with signatures of strangers besides", async () => {
    const bytes = await sign(channel, [stranger, online]);
    expect((await verifyChannel(new TextDecoder().decode(bytes), trusted)).channel).toEqual(channel);
  });

  it("a document past its time when nobody asks for the time", async () => {
    expect(
      (await verifyRelease(await sign({ ...release, issued: 1, expires: 2 }), trusted)).release.version,
    ).toBe(7);
  });

  it("the signed bytes of DSSE, as another implementation would sign them", async () => {
    const { envelope } = await signDocument(channel, [online]);
    const type = "application/vnd.haggle.channel+json";
    const text = new TextDecoder().decode(envelope.payload);
    const message = `DSSEv1 ${type.length} ${type} ${envelope.payload.length} ${text}`;
    expect(envelope.signatures[0]!.signature).toEqual(await online.sign(encodeUtf8(message)));
  });
});

describe("documents that are refused", () => {
  it("by size, before anything is parsed", async () => {
    for (const type of ["root", "channel", "receipt"] as const) {
      await expectRefused(type, new Uint8Array(MAX_ENVELOPE_BYTES + 1), "DOCUMENT_TOO_LARGE");
    }
    await expectRefused("prices", new Uint8Array(MAX_PRICES_ENVELOPE_BYTES), "DOCUMENT_NOT_JSON");
    await expectRefused("prices", new Uint8Array(MAX_PRICES_ENVELOPE_BYTES + 1), "DOCUMENT_TOO_LARGE");
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
      (json) => withSignature(json, { keyid: onlineId.toUpperCase() }),
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
    const { envelope } = await signDocument(channel, [online]);
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
    await expectRefused("release", await sign(release, [alice]), "DOCUMENT_THRESHOLD");
    // By hand: a signer has one place in what `signDocument` makes.
    const { envelope } = await signDocument(release, [alice]);
    const twice = encodeEnvelope({
      ...envelope,
      signatures: [...envelope.signatures, ...envelope.signatures],
    });
    await expectRefused("release", twice, "DOCUMENT_THRESHOLD");
    await expectRefused("release", await sign(release, [alice, online]), "DOCUMENT_THRESHOLD");
    await expectRefused("channel", await sign(channel, authors), "DOCUMENT_THRESHOLD");
    await expect(verifyRoot(await sign(root, [alice]))).rejects.toMatchObject({
      code: "DOCUMENT_THRESHOLD",
    });
  });

  it("when one of the signatures by known keys does not hold, even if enough others do", async () => {
    const { envelope } = await signDocument(root, [alice, bob]);
    const bad = { keyid: aliceId, signature: new Uint8Array(64) };
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

type EnvelopeJson = { payload: string; payloadType: string; signatures: { keyid: string; sig: string }[] };

function withSignature(json: EnvelopeJson, change: object): object {
  return { ...json, signatures: [{ ...json.signatures[0], ...change }] };
}
