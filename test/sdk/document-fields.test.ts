import { type DocumentType, encodeBase64, encodeDocument } from "@haggle/abi";
import { sha256Hex, verifyChannel, verifyRoot } from "@haggle/sdk";
import { describe, expect, it } from "vitest";
import {
  channel,
  DIGEST,
  documents,
  expectRefused,
  experiments,
  online,
  onlineId,
  release,
  root,
  rootKey,
  sign,
  signPayload,
  stranger,
  verify,
} from "../support/documents.ts";

/** The document with another first experiment. */
function changed(change: object): object {
  const [first, ...others] = experiments.experiments;
  return { experiments: [{ ...first, ...change }, ...others] };
}

function deep(levels: number): object {
  return levels === 0 ? {} : { a: deep(levels - 1) };
}

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
    ["release", "release.bounds[0].minUnitPrice", { bounds: [{ sku: "*", maxUnitPrice: 2 }] }],
    ["prices", "prices.also[0]", { also: ["stable"] }],
    ["prices", "prices.strategies[0].rule", { strategies: [{ id: "s" }] }],
    ["prices", "prices.prices[0].by", { prices: [{ sku: "shoe-1", unitPrice: 1, by: -1 }] }],
    ["prices", "prices.prices[0].tier", { prices: [{ sku: "shoe-1", unitPrice: 1, tier: "" }] }],
    ["prices", "prices.prices", { prices: Array(100_001).fill({ sku: "shoe-1", unitPrice: 1 }) }],
    ["prices", "prices.prices[0].unitPrice", { prices: [{ sku: "shoe-1", unitPrice: -1 }] }],
    ["prices", "prices.prices[0].sku", { prices: [{ sku: "s".repeat(257), unitPrice: 1 }] }],
    ["experiments", "experiments.experiments[0].key", changed({ key: "Summer" })],
    ["experiments", "experiments.experiments[0].unit", changed({ unit: "shopper" })],
    ["experiments", "experiments.experiments[0].coverage", changed({ coverage: 1.01 })],
    ["experiments", "experiments.experiments[0].variants", changed({ variants: [{ key: "a", weight: 1 }] })],
    [
      "experiments",
      "experiments.experiments[0].ranges[1]",
      changed({
        ranges: [
          [0, 0],
          [1, 0.5],
        ],
      }),
    ],
    ["experiments", "experiments.experiments[0].condition", changed({ condition: [] })],
    [
      "experiments",
      "experiments.experiments[0].condition.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
      changed({ condition: deep(17) }),
    ],
    ["experiments", "experiments.experiments[0].minBucketVersion", changed({ minBucketVersion: 101 })],
    ["experiments", "experiments.experiments[0].forced.qa-1", changed({ forced: { "qa-1": "B" } })],
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

  it.each<[at: string, change: object]>([
    ["promotions[0].id", { promotions: [{ rule: "r" }] }],
    ["promotions[0].rule", { promotions: [{ id: "x", rule: 1 }] }],
    ["promotions[0].coupon", { promotions: [{ id: "x", coupon: null }] }],
    ["promotions[0]", { promotions: ["x"] }],
    ["policy.name", { policy: { ...release.policy, name: "" } }],
    ["policy.lines", { policy: { ...release.policy, lines: "sorted" } }],
    ["policy.fuel.base", { policy: { ...release.policy, fuel: { ...release.policy.fuel, base: 0 } } }],
    ["policy.onFault", { policy: { ...release.policy, onFault: "retry" } }],
    ["policy.tax.prices", { policy: { ...release.policy, tax: { prices: "maybe" } } }],
    ["table", { table: undefined }],
    ["table.bytes", { table: { bytes: 7, symbols: [] } }],
    ["table.symbols[0]", { table: { bytes: "", symbols: [7] } }],
  ])("a release: %s, of which a host has to be sure", async (at, change) => {
    const bytes = await signPayload("release", { ...release, ...change });
    await expectRefused("release", bytes, "DOCUMENT_BAD_FIELD", `release.${at}`);
  });

  it("a release whose authors' tools would refuse it, by those only", async () => {
    const odd = { ...release, promotions: [{ id: "x", priority: 0, everything: "off" }] };
    const { document } = await verify("release", await signPayload("release", odd));
    expect(document).toMatchObject({ promotions: odd.promotions });
    expect(() => encodeDocument(odd as never)).toThrowError(/release\.promotions\[0\]/);
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
      keys({ public: encodeBase64(stranger.publicKey) }),
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
    for (const signers of [[online], [online, online]]) {
      const bytes = await sign(channel, signers);
      await expect(verifyChannel(bytes, odd)).rejects.toMatchObject({ code: "DOCUMENT_THRESHOLD" });
    }
    expect(() => encodeDocument({ ...root, ...change })).toThrowError(/root\.roles\.channel\./);
  });
});

function roles(change: object): object {
  return { roles: { ...root.roles, channel: { ...root.roles.channel, ...change } } };
}

function keys(change: object): object {
  return { keys: { ...root.keys, [onlineId]: { ...root.keys[onlineId], ...change } } };
}
