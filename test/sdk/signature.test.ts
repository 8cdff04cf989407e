import { readdirSync, readFileSync } from "node:fs";
import { pushU32 } from "@haggle/abi";
import {
  encodeSignedHashes,
  importPublicKey,
  type PublicKey,
  sectionKeyId,
  sha256,
  verifyBundleSignature,
} from "@haggle/sdk";
import { parsePublicKey, type Signer, signBundle, signerFromSecretKey } from "@haggle/toolchain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const VECTORS = new URL("../vectors/wasmsign2/", import.meta.url);
const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

const pw1 = await loadKey("pw1");
const pw2 = await loadKey("pw2");
const rfc1 = await loadKey("rfc1");
const rfc2 = await loadKey("rfc2");
const rfc3 = await loadKey("rfc3");
const all = [pw1, pw2, rfc1, rfc2, rfc3];

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
      { numRuns: 600 },
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

/** Every case differs from an accepted module in the one thing that its name says. */
const HOSTILE: Record<string, [code: string, make: (parts: Parts) => number[] | Promise<number[]>]> = {
  "no signature section": ["SIGNATURE_MISSING", ({ body }) => [...HEADER, ...body]],
  "nothing but a header": ["SIGNATURE_MISSING", () => HEADER],
  "no bytes": ["SIGNATURE_MALFORMED", () => []],
  "a component header": ["SIGNATURE_MALFORMED", ({ good }) => good.with(4, 0x0d).with(6, 1)],
  "a section before the signature": [
    "SIGNATURE_NOT_FIRST",
    ({ good }) => [...HEADER, ...custom("name", []), ...good.slice(8)],
  ],
  "two signature sections": [
    "SIGNATURE_DUPLICATE",
    ({ good, section }) => [...HEADER, ...section, ...good.slice(8)],
  ],
  "a second signature section at the end": [
    "SIGNATURE_DUPLICATE",
    ({ good }) => [...good, ...custom("signature", [])],
  ],
  "a second one whose name has a padded length": [
    "SIGNATURE_DUPLICATE",
    ({ good }) => [...good, 0, 11, 0x89, 0, ...text("signature")],
  ],
  "version 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [2, 1, 1])],
  "content type 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [1, 2, 1])],
  "hash function 2": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble(sets, body, [1, 1, 2])],
  "algorithm 2": [
    "SIGNATURE_MALFORMED",
    ({ hash, id, signature, body }) => assemble([set([hash], [record(id, signature, 2)])], body),
  ],
  "a signature of 63 bytes": [
    "SIGNATURE_MALFORMED",
    ({ hash, id, signature, body }) => assemble([set([hash], [record(id, signature.slice(1))])], body),
  ],
  "no sets": ["SIGNATURE_MALFORMED", ({ body }) => assemble([], body)],
  "no hashes": [
    "SIGNATURE_MALFORMED",
    ({ id, signature, body }) => assemble([set([], [record(id, signature)])], body),
  ],
  "no signatures": ["SIGNATURE_MALFORMED", ({ hash, body }) => assemble([set([hash], [])], body)],
  "more sets than the format has": [
    "SIGNATURE_TOO_MANY",
    ({ sets, body }) =>
      assemble(
        Array.from({ length: 65 }, () => sets[0]!),
        body,
      ),
  ],
  "more hashes than the format has": [
    "SIGNATURE_TOO_MANY",
    ({ hash, id, signature, body }) =>
      assemble(
        [
          set(
            Array.from({ length: 65 }, () => hash),
            [record(id, signature)],
          ),
        ],
        body,
      ),
  ],
  "more signatures than anyone needs": [
    "SIGNATURE_TOO_MANY",
    ({ hash, id, signature, body }) =>
      assemble(
        [
          set(
            [hash],
            Array.from({ length: 17 }, () => record(id, signature)),
          ),
        ],
        body,
      ),
  ],
  "four thousand million sets announced": [
    "SIGNATURE_TOO_MANY",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f]), ...body],
  ],
  "more delimiters than the format has": [
    "SIGNATURE_TOO_MANY",
    ({ good }) => [
      ...good,
      ...Array.from({ length: 65 }, () => custom("signature_delimiter", Array(16).fill(7))).flat(),
    ],
  ],
  "bytes left over in a record": [
    "SIGNATURE_MALFORMED",
    ({ hash, id, signature, body }) => assemble([set([hash], [[...record(id, signature), 0]])], body),
  ],
  "bytes left over in a set": ["SIGNATURE_MALFORMED", ({ sets, body }) => assemble([[...sets[0]!, 0]], body)],
  "bytes left over behind the sets": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => [...HEADER, ...custom("signature", [...payload(sets), 0]), ...body],
  ],
  "a padded number of sets": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0x81, 0, ...sized(sets[0]!)]), ...body],
  ],
  "a padded length of a set": [
    "SIGNATURE_MALFORMED",
    ({ sets: [only], body }) => [
      ...HEADER,
      ...custom("signature", [1, 1, 1, 1, (only!.length & 127) | 128, 128, 0, ...only!]),
      ...body,
    ],
  ],
  "a number of six bytes": [
    "SIGNATURE_MALFORMED",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0x81, 0x80, 0x80, 0x80, 0x80, 0]), ...body],
  ],
  "a number above 32 bits": [
    "SIGNATURE_MALFORMED",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 0x81, 0x80, 0x80, 0x80, 0x10]), ...body],
  ],
  "a padded length of the section": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => {
      const content = [...sized(text("signature")), ...payload(sets)];
      return [
        ...HEADER,
        0,
        (content.length & 127) | 128,
        (content.length >> 7) | 128,
        0,
        ...content,
        ...body,
      ];
    },
  ],
  "a padded length of the section's name": [
    "SIGNATURE_MALFORMED",
    ({ sets, body }) => [...HEADER, 0, ...sized([0x89, 0, ...text("signature"), ...payload(sets)]), ...body],
  ],
  "a set longer than the section": [
    "SIGNATURE_MALFORMED",
    ({ body }) => [...HEADER, ...custom("signature", [1, 1, 1, 1, 100, 1]), ...body],
  ],
  "another body": ["SIGNATURE_HASH_MISMATCH", ({ good }) => [...good, ...custom("name", [])]],
  "no body": ["SIGNATURE_HASH_MISMATCH", ({ section }) => [...HEADER, ...section]],
  "a body cut inside a section": ["SIGNATURE_MALFORMED", ({ good }) => good.slice(0, -1)],
  "one hash more than there are parts": [
    "SIGNATURE_HASH_MISMATCH",
    async ({ hash, body }) => assemble([await signedSet([hash, hash])], body),
  ],
  "hashes in another order": [
    "SIGNATURE_HASH_MISMATCH",
    async () => {
      const body = [...custom("signature_delimiter", Array(16).fill(7)), ...custom("name", [])];
      const hashes = [await sha256(Uint8Array.from(body.slice(0, 38))), await sha256(Uint8Array.from(body))];
      return assemble([await signedSet(hashes.reverse())], body);
    },
  ],
  "only the last of two hashes": [
    "SIGNATURE_HASH_MISMATCH",
    async () => {
      const body = [...custom("signature_delimiter", Array(16).fill(7)), ...custom("name", [])];
      return assemble([await signedSet([await sha256(Uint8Array.from(body))])], body);
    },
  ],
  "two sets over the same hashes": [
    "SIGNATURE_DUPLICATE",
    ({ sets, body }) => assemble([sets[0]!, sets[0]!], body),
  ],
  "another key's id": [
    "SIGNATURE_UNKNOWN_KEY",
    async ({ hash, signature, body }) => assemble([set([hash], [record(await idOf(rfc1), signature)])], body),
  ],
  "a known key's id over a signature that is not its own": [
    "SIGNATURE_INVALID",
    ({ hash, id, signature, body }) =>
      assemble([set([hash], [record(id, signature.with(0, signature[0]! ^ 1))])], body),
  ],
  "a good signature and a bad one by the same key": [
    "SIGNATURE_INVALID",
    ({ hash, id, signature, body }) =>
      assemble(
        [set([hash], [record(id, signature), record(id, signature.with(0, signature[0]! ^ 1))])],
        body,
      ),
  ],
  "an anonymous signature that holds for nobody": [
    "SIGNATURE_UNKNOWN_KEY",
    ({ hash, signature, body }) =>
      assemble([set([hash], [record([], signature.with(9, signature[9]! ^ 1))])], body),
  ],
  "more bytes than a bundle may have": [
    "PROFILE_TOO_LARGE",
    ({ good }) => [...good, ...custom("name", Array(256 * 1024).fill(0))],
  ],
};

describe("hostile signature sections", () => {
  it("are built from parts that are accepted", async () => {
    const { good } = await signedParts();
    expect(Uint8Array.from(good)).toEqual(load("valid/add.k1.simple.wasm"));
  });

  it.each(Object.entries(HOSTILE))("refuses %s", async (_name, [code, make]) => {
    await expectRefused(Uint8Array.from(await make(await signedParts())), code);
  });
});

type Parts = {
  good: number[];
  section: number[];
  sets: number[][];
  hash: Uint8Array;
  id: Uint8Array;
  signature: Uint8Array;
  body: number[];
};

/** `unsigned/add.wasm` signed by pw1, in pieces. */
async function signedParts(): Promise<Parts> {
  const body = [...load("unsigned/add.wasm").slice(8)];
  const hash = await sha256(Uint8Array.from(body));
  const id = await idOf(pw1);
  const signature = await (await loadSigner("pw1")).sign(encodeSignedHashes([hash]));
  const sets = [set([hash], [record(id, signature)])];
  return {
    good: assemble(sets, body),
    section: custom("signature", payload(sets)),
    sets,
    hash,
    id,
    signature,
    body,
  };
}

async function signedSet(hashes: Uint8Array[]): Promise<number[]> {
  return set(hashes, [
    record(await idOf(pw1), await (await loadSigner("pw1")).sign(encodeSignedHashes(hashes))),
  ]);
}

function assemble(sets: number[][], body: number[], preamble?: number[]): number[] {
  return [...HEADER, ...custom("signature", payload(sets, preamble)), ...body];
}

function payload(sets: number[][], preamble = [1, 1, 1]): number[] {
  return [...preamble, ...leb(sets.length), ...sets.flatMap(sized)];
}

function set(hashes: Uint8Array[], records: number[][]): number[] {
  return [
    ...leb(hashes.length),
    ...hashes.flatMap((hash) => [...hash]),
    ...leb(records.length),
    ...records.flatMap(sized),
  ];
}

function record(keyId: ArrayLike<number>, signature: ArrayLike<number>, algorithm = 1): number[] {
  return [...sized(Array.from(keyId)), algorithm, ...sized(Array.from(signature))];
}

function custom(name: string, content: number[]): number[] {
  return [0, ...sized([...sized(text(name)), ...content])];
}

function sized(bytes: number[]): number[] {
  return [...leb(bytes.length), ...bytes];
}

function leb(value: number): number[] {
  const out: number[] = [];
  pushU32(out, value);
  return out;
}

function text(name: string): number[] {
  return [...new TextEncoder().encode(name)];
}

async function expectRefused(bytes: Uint8Array, code: string, keys = [pw1], threshold = 1): Promise<void> {
  await expect(verifyBundleSignature(bytes, keys, threshold)).rejects.toMatchObject({ code });
}

function idOf(key: PublicKey): Promise<Uint8Array> {
  return sectionKeyId(key);
}

function load(path: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(path, VECTORS)));
}

function loadKey(name: string): Promise<PublicKey> {
  return importPublicKey(parsePublicKey(load(`keys/${name}.pk`)));
}

function loadSigner(name: string): Promise<Signer> {
  return signerFromSecretKey(load(`keys/${name}.sk`));
}
