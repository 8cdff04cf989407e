import { readFileSync } from "node:fs";
import {
  encodePublicKey,
  encodeSecretKey,
  parsePublicKey,
  parseSecretKey,
  signerFromSecretKey,
  signerFromSeed,
} from "@haggle/sdk/sign";
import { describe, expect, it } from "vitest";

const NAMES = ["pw1", "pw2", "rfc1", "rfc2", "rfc3"];

describe("key files of wasmsign2", () => {
  it.each(NAMES)("reads and writes %s as it is", async (name) => {
    const secret = parseSecretKey(load(`${name}.sk`));
    const publicKey = parsePublicKey(load(`${name}.pk`));
    expect(secret.publicKey).toEqual(publicKey);
    expect((await signerFromSeed(secret.seed)).publicKey).toEqual(publicKey);
    expect(encodeSecretKey(secret)).toEqual(load(`${name}.sk`));
    expect(encodePublicKey(publicKey)).toEqual(load(`${name}.pk`));
  });

  it("refuses a file of another form", () => {
    const secret = load("pw1.sk");
    for (const bytes of [
      secret.slice(1),
      Uint8Array.of(...secret, 0),
      secret.with(0, 1),
      load("pw1.pk"),
      new Uint8Array(),
    ]) {
      expect(() => parseSecretKey(bytes)).toThrowError(expect.objectContaining({ code: "CLI_BAD_KEY" }));
    }
    for (const bytes of [secret, load("pw1.pk").with(0, 0x81), load("pw1.pk").slice(1)]) {
      expect(() => parsePublicKey(bytes)).toThrowError(expect.objectContaining({ code: "CLI_BAD_KEY" }));
    }
  });

  it("refuses a secret key whose public half is another key's, and a seed of another length", async () => {
    const mixed = Uint8Array.of(...load("pw1.sk").slice(0, 33), ...load("pw2.sk").slice(33));
    await expect(signerFromSecretKey(mixed)).rejects.toMatchObject({ code: "CLI_BAD_KEY" });
    await expect(signerFromSeed(new Uint8Array(31))).rejects.toMatchObject({ code: "CLI_BAD_KEY" });
  });

  it("signs as RFC 8032 does (section 7.1, test 1: the empty message)", async () => {
    const seed = Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex");
    const signer = await signerFromSeed(seed);
    expect(Buffer.from(await signer.sign(new Uint8Array())).toString("hex")).toBe(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    );
  });
});

function load(name: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(readFileSync(new URL(`../vectors/wasmsign2/keys/${name}`, import.meta.url)));
}
