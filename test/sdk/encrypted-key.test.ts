import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  decryptSecretKey,
  encryptSecretKey,
  readPassphrase,
  readPublicKey,
  readSigner,
} from "@haggle/sdk/node";
import { encodePublicKey, encodeSecretKey, signerFromSeed } from "@haggle/sdk/sign";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SEED = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 1);
const PASSPHRASE = "correct horse battery";
const publicKey = (await signerFromSeed(SEED)).publicKey;
const secret = () => ({ seed: SEED.slice(), publicKey });
const words = (text = PASSPHRASE) => new TextEncoder().encode(text);

let folder: string;
let encrypted: Uint8Array<ArrayBuffer>;
let json: { kdf: Record<string, unknown>; cipher: Record<string, unknown>; [field: string]: unknown };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "haggle-keys-"));
  encrypted = await encryptSecretKey(secret(), words());
  json = JSON.parse(new TextDecoder().decode(encrypted));
});
afterAll(() => rm(folder, { recursive: true }));

describe("an encrypted key file", () => {
  it("opens with its passphrase, and holds no byte of the seed in the open", async () => {
    const opened = await decryptSecretKey(encrypted, words());
    expect(Uint8Array.from(opened.seed)).toEqual(SEED);
    expect(opened.publicKey).toEqual(publicKey);
    for (const spelling of ["hex", "base64", "latin1"] as const) {
      expect(Buffer.from(encrypted).toString("latin1")).not.toContain(
        Buffer.from(SEED.subarray(0, 12)).toString(spelling),
      );
    }
  });

  it("is another one each time, for the same key and passphrase", async () => {
    const again = JSON.parse(new TextDecoder().decode(await encryptSecretKey(secret(), words())));
    expect(again.kdf.salt).not.toBe(json.kdf.salt);
    expect(again.cipher.iv).not.toBe(json.cipher.iv);
    expect(again.ciphertext).not.toBe(json.ciphertext);
  });

  it("stays locked with another passphrase", async () => {
    for (const wrong of ["", "Correct horse battery", `${PASSPHRASE} `]) {
      await expect(decryptSecretKey(encrypted, words(wrong))).rejects.toMatchObject({
        code: "CLI_KEY_LOCKED",
      });
    }
  });

  it.each<[string, (file: typeof json) => void]>([
    ["public", (file) => (file.public = flip(file.public))],
    ["salt", ({ kdf }) => (kdf.salt = flip(kdf.salt))],
    ["N", ({ kdf }) => (kdf.N = 65_536)],
    ["p", ({ kdf }) => (kdf.p = 2)],
    ["iv", ({ cipher }) => (cipher.iv = flip(cipher.iv))],
    ["ciphertext", (file) => (file.ciphertext = flip(file.ciphertext))],
    ["tag", (file) => (file.tag = flip(file.tag))],
  ])("stays locked when %s was changed", async (_, change) => {
    await expect(decryptSecretKey(changed(change), words())).rejects.toMatchObject({
      code: "CLI_KEY_LOCKED",
    });
  });

  it.each<[string, string | undefined, (file: typeof json) => void]>([
    ["of a later version", "version", (file) => (file.version = 2)],
    ["of another kind", "haggle", (file) => (file.haggle = "public-key")],
    ["with a field more", undefined, (file) => (file.comment = "mine")],
    ["without a tag", "tag", (file) => delete file.tag],
    ["of another derivation", "kdf.name", ({ kdf }) => (kdf.name = "pbkdf2")],
    ["of another cipher", "cipher.name", ({ cipher }) => (cipher.name = "aes-256-ctr")],
    ["that asks for too much time", "kdf.N", ({ kdf }) => (kdf.N = 2 ** 21)],
    ["that asks for too much memory", "kdf.N", ({ kdf }) => Object.assign(kdf, { N: 2 ** 20, r: 16 })],
    ["that is no power of two", "kdf.N", ({ kdf }) => (kdf.N = 131_071)],
    ["that is cheap to guess", "kdf.N", ({ kdf }) => (kdf.N = 1024)],
    ["with too many lanes", "kdf.p", ({ kdf }) => (kdf.p = 5)],
    ["with half a block", "kdf.r", ({ kdf }) => (kdf.r = 0.5)],
    ["with a short salt", "kdf.salt", ({ kdf }) => (kdf.salt = "AAAA")],
    ["with a short tag", "tag", (file) => (file.tag = "AAAA")],
    ["with a second spelling of base64", "tag", (file) => (file.tag = String(file.tag).replace("=", ""))],
  ])("%s is refused before any work is done", async (_, at, change) => {
    const refused = decryptSecretKey(changed(change), words());
    await expect(refused).rejects.toMatchObject({ code: "CLI_BAD_KEY", at });
  });

  it("needs a passphrase that is one", async () => {
    for (const bad of ["", "seven..", "x".repeat(1025)]) {
      await expect(encryptSecretKey(secret(), words(bad))).rejects.toMatchObject({ code: "CLI_USAGE" });
    }
  });
});

describe("key files on disk", () => {
  it("give the same signer, plain or encrypted, and overwrite the passphrase", async () => {
    const [plain, locked] = [join(folder, "plain.sk"), join(folder, "locked.sk")];
    await writeFile(plain, encodeSecretKey(secret()));
    await writeFile(locked, encrypted);
    const given = words();
    const signers = [await readSigner(plain), await readSigner(locked, { passphrase: async () => given })];
    const message = words("message");
    expect(await signers[1]!.sign(message)).toEqual(await signers[0]!.sign(message));
    expect(given.every((byte) => byte === 0)).toBe(true);
  });

  it("tell their public key without a passphrase", async () => {
    await writeFile(join(folder, "author.pk"), encodePublicKey(publicKey));
    for (const name of ["author.pk", "plain.sk", "locked.sk"]) {
      expect(await readPublicKey(join(folder, name))).toEqual(publicKey);
    }
  });

  it("tell it from PEM too, as key services give it out", async () => {
    const x = Buffer.from(publicKey).toString("base64url");
    const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" });
    const path = join(folder, "author.pem");
    await writeFile(path, pem(createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" })));
    expect(await readPublicKey(path)).toEqual(publicKey);
    for (const bad of [pem(generateKeyPairSync("x25519").publicKey), "-----BEGIN PUBLIC KEY-----\nAAAA\n"]) {
      await writeFile(path, bad);
      await expect(readPublicKey(path)).rejects.toMatchObject({ code: "CLI_BAD_KEY", at: path });
    }
  });

  it("are refused with their path", async () => {
    const locked = join(folder, "locked.sk");
    await expect(readSigner(locked)).rejects.toMatchObject({ code: "CLI_KEY_LOCKED", at: locked });
    const wrong = readSigner(locked, { passphrase: async () => words("another one") });
    await expect(wrong).rejects.toMatchObject({ code: "CLI_KEY_LOCKED", at: locked });
    const large = join(folder, "large.sk");
    await writeFile(large, "{");
    await truncate(large, 2 ** 40);
    await expect(readSigner(large)).rejects.toMatchObject({ code: "CLI_FILE", at: large, value: 2 ** 40 });
    for (const path of [join(folder, "none.sk"), folder, "/dev/zero"]) {
      await expect(readSigner(path)).rejects.toMatchObject({ code: "CLI_FILE", at: path });
    }
    const foreign = join(folder, "foreign.sk");
    await writeFile(
      foreign,
      changed((file) => (file.version = 2)),
    );
    await expect(readPublicKey(foreign)).rejects.toMatchObject({ code: "CLI_BAD_KEY", at: foreign });
  });

  it("never show bytes of the key in an error", async () => {
    const path = join(folder, "damaged.sk");
    for (const bytes of [
      encodeSecretKey(secret()).slice(0, 64),
      encodeSecretKey(secret()).with(64, 0),
      new TextEncoder().encode(`{"seed":"${Buffer.from(SEED).toString("hex")}"`),
      new TextEncoder().encode(`{"seed":"${Buffer.from(SEED).toString("hex")}"}`),
    ]) {
      await writeFile(path, bytes);
      const error: Error & { cause?: Error } = await readSigner(path).catch((cause) => cause);
      expect(error).toMatchObject({ code: "CLI_BAD_KEY", at: path });
      for (const text of [error.message, error.cause?.message, String(error.cause?.cause)]) {
        expect(text).not.toContain(Buffer.from(SEED.subarray(0, 4)).toString("hex"));
      }
    }
  });

  it("take a passphrase from the first line of a file", async () => {
    const path = join(folder, "passphrase");
    for (const end of ["", "\n", "\r\n", "\nmore\n"]) {
      await writeFile(path, `${PASSPHRASE}${end}`);
      expect(Buffer.from(await readPassphrase(path)).toString()).toBe(PASSPHRASE);
    }
    await expect(readPassphrase(join(folder, "none"))).rejects.toMatchObject({ code: "CLI_FILE" });
  });
});

function flip(text: unknown): string {
  const bytes = Buffer.from(String(text), "base64");
  bytes[0]! ^= 1;
  return bytes.toString("base64");
}

function changed(change: (file: typeof json) => void): Uint8Array<ArrayBuffer> {
  const copy = structuredClone(json);
  change(copy);
  return new TextEncoder().encode(JSON.stringify(copy));
}
