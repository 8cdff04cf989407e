import { webcrypto } from "node:crypto";
import { toHex } from "@haggle/abi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256Text as sha256InNode } from "../../sdk/src/host/node.ts";
import { sha256Text } from "../../sdk/src/sha256.ts";

// What the SDK computes at once must be what WebCrypto answers later, for every length around the blocks of 64 bytes.

describe("the digest of a text", () => {
  it("is WebCrypto's, for all lengths up to four blocks", async () => {
    for (let length = 0; length <= 256; length++) await expectSame("a".repeat(length));
  });

  it("is WebCrypto's, whatever is written", async () => {
    await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 400 }), expectSame));
  });

  it("is WebCrypto's for a long text", async () => {
    await expectSame("€ 満300減50 ".repeat(20_000));
  });
});

async function expectSame(text: string): Promise<void> {
  const expected = await webcrypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  for (const digest of [sha256Text, sha256InNode]) {
    expect(digest(text)).toBe(toHex(new Uint8Array(expected)));
  }
}
