import { readdirSync } from "node:fs";
import { type PublicKey, verifyBundleSignature } from "@haggle/sdk";
import { signBundle } from "@haggle/toolchain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  all,
  assemble,
  custom,
  expectRefused,
  HEADER,
  idOf,
  load,
  loadSigner,
  pw1,
  pw2,
  record,
  rfc1,
  rfc2,
  rfc3,
  set,
  signedParts,
  VECTORS,
} from "../support/signature-sections.ts";

/** Who signed the vectors; where there are delimiters the other family of keys was used. */
function signersOf(file: string): PublicKey[] {
  if (file.endsWith("split.k1k2k3.wasm")) return [rfc1, rfc2, rfc3];
  if (file.endsWith("split.k3.wasm")) return [rfc3];
  if (file.endsWith("split.k2.wasm") || file.endsWith("extended-resigned.wasm")) return [rfc2];
  if (file.endsWith("ext.wasm")) return [rfc1];
  return file.endsWith("k1.k2.wasm") ? [pw1, rfc1] : [pw1];
}

describe("modules signed by wasmsign2", () => {
  const files = readdirSync(new URL("valid/", VECTORS));

  it.each(files)("accepts %s", async (file) => {
    const expected = signersOf(file).map((key) => key.keyid);
    expect(await verifyBundleSignature(load(`valid/${file}`), all, expected.length)).toEqual(expected);
  });

  it.each(files)("refuses %s for a key that did not sign it", async (file) => {
    await expectRefused(load(`valid/${file}`), "SIGNATURE_UNKNOWN_KEY", [pw2]);
  });

  it("refuses a beginning that was signed, when more follows", async () => {
    await expectRefused(load("valid/add.extended-resigned.wasm"), "SIGNATURE_UNKNOWN_KEY", [rfc1]);
    const whole = load("valid/multi-custom.split.k3.wasm");
    const lastPart = 2 + 36 + 2 + 10; // keepme-c and the delimiter behind it
    await expectRefused(whole.slice(0, -lastPart), "SIGNATURE_HASH_MISMATCH", [rfc3]);
  });

  it("refuses what was added behind the last signed part", async () => {
    const longer = Uint8Array.of(...load("valid/named.split.k2.wasm"), ...custom("added", [1]));
    await expectRefused(longer, "SIGNATURE_HASH_MISMATCH", [rfc2]);
  });

  it("refuses the module when any byte of it changes", async () => {
    const files = ["add.k1.simple.wasm", "named.k1.nokid.wasm", "add.k1.k2.wasm", "named.split.k2.wasm"];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (file, at, flip) => {
          const bytes = load(`valid/${file}`);
          bytes[at % bytes.length]! ^= flip;
          await expect(verifyBundleSignature(bytes, all, signersOf(file).length)).rejects.toMatchObject({
            code: expect.stringMatching(/^SIGNATURE_/),
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("signBundle", () => {
  const names = readdirSync(new URL("unsigned/", VECTORS)).filter((name) => name !== "evil.wasm");

  it.each(names)("writes %s as wasmsign2 does, byte for byte", async (name) => {
    const vector = (kind: string) => load(`valid/${name.replace(".wasm", `.${kind}.wasm`)}`);
    const signer = await loadSigner("pw1");
    const simple = await signBundle(load(`unsigned/${name}`), signer);
    expect(simple).toEqual(vector("k1.simple"));
    expect(await signBundle(load(`unsigned/${name}`), signer, { keyId: false })).toEqual(vector("k1.nokid"));
    expect(await signBundle(simple, await loadSigner("rfc1"))).toEqual(vector("k1.k2"));
  });

  it("signs modules with delimiters over the whole list", async () => {
    const signed = await signBundle(load("valid/named.split.k2.wasm"), await loadSigner("rfc1"));
    expect(await verifyBundleSignature(signed, all, 2)).toEqual([rfc2.keyid, rfc1.keyid]);
  });

  it("writes the section that wasmsign2 writes to a file of its own", async () => {
    const detached = load("detached/add.sig");
    const section = custom("signature", [...detached]);
    const joined = Uint8Array.of(...HEADER, ...section, ...load("detached/add.wasm").slice(HEADER.length));
    expect(await signBundle(load("detached/add.wasm"), await loadSigner("rfc1"))).toEqual(joined);
    expect(await verifyBundleSignature(joined, all, 1)).toEqual([rfc1.keyid]);
  });

  it("changes nothing when the same key signs again", async () => {
    const signed = load("valid/add.k1.simple.wasm");
    expect(await signBundle(signed, await loadSigner("pw1"))).toEqual(signed);
  });

  it("does not carry signatures over to other bytes", async () => {
    const signed = Uint8Array.of(...load("valid/add.k1.simple.wasm"), 0, 2, 1, 0x78);
    await expect(signBundle(signed, await loadSigner("rfc1"))).rejects.toMatchObject({
      code: "SIGNATURE_HASH_MISMATCH",
    });
  });

  it("refuses what is no module", async () => {
    const signer = await loadSigner("pw1");
    await expect(signBundle(Uint8Array.of(1, 2, 3), signer)).rejects.toMatchObject({
      code: "SIGNATURE_MALFORMED",
    });
    await expect(signBundle(Uint8Array.of(...HEADER, 1, 9), signer)).rejects.toMatchObject({
      code: "SIGNATURE_MALFORMED",
    });
  });
});

describe("thresholds", () => {
  it("count keys, not signatures", async () => {
    const { hash, signature, body } = await signedParts();
    const twice = Uint8Array.from(
      assemble([set([hash], [record(await idOf(pw1), signature), record([], signature)])], body),
    );
    expect(await verifyBundleSignature(twice, [pw1, rfc1], 1)).toEqual([pw1.keyid]);
    await expectRefused(twice, "SIGNATURE_THRESHOLD", [pw1, rfc1], 2);
    await expectRefused(load("valid/add.k1.k2.wasm"), "SIGNATURE_THRESHOLD", [pw1, pw1, pw2], 2);
  });

  it("refuse an unsigned module even when nobody is asked for", async () => {
    for (const threshold of [0, -1, Number.NaN]) {
      await expectRefused(load("valid/add.k1.simple.wasm"), "SIGNATURE_UNKNOWN_KEY", [rfc2], threshold);
    }
    await expectRefused(load("valid/add.k1.simple.wasm"), "SIGNATURE_THRESHOLD", [pw1], Number.NaN);
    await expectRefused(load("valid/add.k1.simple.wasm"), "SIGNATURE_UNKNOWN_KEY", []);
  });
});
