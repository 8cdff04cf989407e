import {
  DEFAULT_POLICY,
  decodeBase64,
  encodeBase64,
  encodeDocument,
  encodeEnvelope,
  type HaggleError,
  parseEnvelope,
  parseReceipt,
  parseRelease,
  type Release,
} from "@haggle/abi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { channel, DIGEST, documents, NOW, receipt, release } from "../support/documents.ts";

describe("encoding", () => {
  it("spells equal documents alike, whatever the order of their fields", () => {
    for (const document of Object.values(documents)) {
      expect(encodeDocument(reversed(document) as Release)).toEqual(encodeDocument(document));
    }
  });

  it("refuses to sign what no reader would take", () => {
    expect(() => encodeDocument({ ...channel, expires: NOW })).toThrowError(/channel\.expires/);
    expect(() => encodeDocument({ ...release, version: 0 })).toThrowError(/release\.version/);
    const bounds = [{ sku: "*", minUnitPrice: 1, maxUnitPrice: 2, maxChangePerHour: "101" }];
    expect(() => encodeDocument({ ...release, bounds })).toThrowError(
      /release\.bounds\[0\]\.maxChangePerHour/,
    );
    expect(() => encodeDocument({ ...release, version: Number.NaN })).toThrowError(/release\.version/);
  });

  it("gives back releases as they were", () => {
    const text = fc.oneof(
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.constantFrom("满300减50", "\u0000", "\ud800", "__proto__"),
    );
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
        { selector: ({ id }) => id, maxLength: 5 },
      ),
      policy: fc.constant(DEFAULT_POLICY),
      table: fc.record({
        bytes: fc.uint8Array({ maxLength: 20 }).map(encodeBase64),
        symbols: fc.array(text, { maxLength: 3 }),
      }),
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

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, entry]) => [key, reversed(entry)]),
  );
}
