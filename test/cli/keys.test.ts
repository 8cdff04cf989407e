import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTemporaryFolder, runCli } from "../support/cli.ts";
import { converse, hasTerminal } from "../support/converse.ts";

const PASSPHRASE = "canary-of-the-passphrase";
const LOCKED = /^CLI_KEY_LOCKED /;

let folder: Awaited<ReturnType<typeof createTemporaryFolder>>;
let printed = "";

async function haggle(args: string[], options: { env?: Record<string, string>; input?: string } = {}) {
  const result = await runCli(args, { cwd: folder.path, ...options });
  printed += result.out + result.err;
  return result;
}
const at = (name: string) => join(folder.path, name);

beforeAll(async () => {
  folder = await createTemporaryFolder();
  await writeFile(at("pass"), `${PASSPHRASE}\n`, { mode: 0o600 });
  await writeFile(at("wrong"), "some other passphrase\n", { mode: 0o600 });
  await writeFile(at("short"), "short\n", { mode: 0o600 });
  const made = await haggle(["keys", "new", "--name", "locked", "--encrypt", "--passphrase-file", "pass"]);
  expect(made).toMatchObject({ code: 0, err: "", out: expect.stringContaining("encrypted") });
  const plain = await haggle(["keys", "new", "--name", "plain"]);
  expect(plain).toMatchObject({
    code: 0,
    err: "",
    out: expect.stringMatching(/^secret .*not encrypted.*--encrypt/),
  });
  expect(await haggle(["keys", "new", "--name", "online", "--out", "server"])).toMatchObject({ code: 0 });
});
afterAll(() => folder.remove());

describe("keys new --encrypt", () => {
  it("writes a file that only its owner can read, and nobody without the passphrase", async () => {
    expect((await stat(at("locked.sk"))).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(at("locked.sk"), "utf8"))).toMatchObject({
      haggle: "secret-key",
      kdf: { name: "scrypt", N: 131_072 },
      cipher: { name: "aes-256-gcm" },
    });
  });

  it("makes no key without a passphrase that is one", async () => {
    const short = await haggle(["keys", "new", "--name", "no", "--encrypt", "--passphrase-file", "short"]);
    expect(short).toMatchObject({ code: 2, err: expect.stringMatching(/^CLI_USAGE /) });
    const nobody = await haggle(["keys", "new", "--name", "no", "--encrypt"]);
    expect(nobody).toMatchObject({ code: 1, err: expect.stringMatching(LOCKED) });
    const odd = await haggle(["keys", "new", "--name", "../no"]);
    expect(odd).toMatchObject({ code: 2 });
    expect((await readdir(folder.path)).filter((name) => name.includes("no."))).toEqual([]);
  });
});

describe("a passphrase", () => {
  const listed = ["release", "sign", "root.json", "--yes", "--json"];
  const sign = (...more: string[]) => [...listed, "--key", "locked.sk", ...more];

  beforeAll(async () => {
    const roles = [
      "--role",
      "root=locked.pk",
      "--role",
      "release=locked.pk",
      "--role",
      "channel=server/online.pk",
    ];
    expect(await haggle(["keys", "root", ...roles])).toMatchObject({ code: 0 });
  });

  it("comes from a file that a flag or a variable names, or from a pipe", async () => {
    for (const [args, options] of [
      [sign("--passphrase-file", "pass"), {}],
      [sign(), { env: { HAGGLE_PASSPHRASE_FILE: "pass" } }],
      [sign("--passphrase-file", "-"), { input: `${PASSPHRASE}\nmore\n` }],
    ] as const) {
      expect(await haggle([...args], options)).toMatchObject({ code: 0, err: "" });
    }
  });

  it("that is missing or wrong leaves the key locked", async () => {
    for (const [args, options] of [
      [sign(), {}],
      [sign(), { env: { HAGGLE_PASSPHRASE: PASSPHRASE } }],
      [sign("--passphrase-file", "wrong"), {}],
      [sign("--passphrase-file", "-"), { input: "" }],
    ] as const) {
      expect(await haggle([...args], options)).toMatchObject({ code: 1, err: expect.stringMatching(LOCKED) });
    }
    const none = await haggle(sign("--passphrase-file", "none"));
    expect(none).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_FILE /) });
    const large = await haggle(sign("--passphrase-file", "-"), { input: "x".repeat(10_000) });
    expect(large).toMatchObject({ code: 2 });
  });

  it("that others can read is warned of", async () => {
    await writeFile(at("open"), `${PASSPHRASE}\n`);
    await chmod(at("open"), 0o644);
    const warned = await haggle(sign("--passphrase-file", "open"));
    expect(warned).toMatchObject({ code: 0, err: "warning others can read open; chmod 600 it\n" });
  });

  it("opens the key of a build", async () => {
    await haggle(["init", "shop"]);
    const built = await haggle(["build", "shop", "--key", "locked.sk", "--passphrase-file", "pass"]);
    expect(built).toMatchObject({ code: 0, out: expect.stringContaining("signed with locked.sk") });
    const verified = await haggle(["bundle", "verify", "shop/dist/bundle.wasm", "--key", "locked.sk"]);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining("signature holds") });
  });

  it("and a key are nowhere in what was printed", async () => {
    const seed = (await readFile(at("plain.sk"))).subarray(1, 33);
    for (const secret of [
      PASSPHRASE,
      seed.toString("hex").slice(0, 12),
      seed.toString("base64").slice(0, 12),
    ]) {
      expect(printed.includes(secret)).toBe(false);
    }
  });
});

describe.runIf(hasTerminal)("at a terminal", () => {
  it("a passphrase is asked for twice and never shown, and y/N before a signature", async () => {
    const made = await converse(
      folder.path,
      ["keys", "new", "--name", "typed", "--encrypt"],
      [
        ["Passphrase of typed.sk: ", `wrogn\u0015${PASSPHRASE}x\u007f\r`],
        ["The same again: ", `${PASSPHRASE}\r`],
      ],
    );
    expect(made).toMatchObject({ code: 0 });
    const roles = [
      "--role",
      "root=typed.pk",
      "--role",
      "release=typed.pk",
      "--role",
      "channel=server/online.pk",
    ];
    await haggle(["keys", "root", ...roles, "--out", "typed.json"]);
    const no = await converse(
      folder.path,
      ["release", "sign", "typed.json", "--key", "typed.sk"],
      [
        ["Passphrase of typed.sk: ", `${PASSPHRASE}\r`],
        ["[y/N] ", "\r"],
      ],
    );
    expect(no).toMatchObject({ code: 1 });
    const yes = await converse(
      folder.path,
      ["release", "sign", "typed.json", "--key", "typed.sk"],
      [
        ["Passphrase of typed.sk: ", `${PASSPHRASE}\r`],
        ["[y/N] ", "y\r"],
      ],
    );
    expect(yes).toMatchObject({ code: 0, shown: expect.stringContaining("root: 1 of 1 signatures") });
    for (const { shown } of [made, no, yes]) expect(shown).not.toContain(PASSPHRASE.slice(0, 8));
  });

  it("two passphrases that differ, or Ctrl-C, make no key", async () => {
    const differ = await converse(
      folder.path,
      ["keys", "new", "--name", "never", "--encrypt"],
      [
        ["Passphrase of never.sk: ", `${PASSPHRASE}\r`],
        ["The same again: ", "another one\r"],
      ],
    );
    expect(differ).toMatchObject({ code: 2, shown: expect.stringContaining("differ") });
    const stopped = await converse(
      folder.path,
      ["keys", "new", "--name", "never", "--encrypt"],
      [["Passphrase of never.sk: ", "abc\u0003"]],
    );
    expect(stopped.code).toBe(2);
    expect((await readdir(folder.path)).filter((name) => name.includes("never"))).toEqual([]);
  });
});

describe("keys list", () => {
  it("tells the keys that are here, those that are elsewhere, and what a root lets them sign", async () => {
    const { code, out } = await haggle([
      "keys",
      "list",
      "locked.sk",
      "plain.pk",
      "--root",
      "root.json",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      expect.objectContaining({ kind: "encrypted", roles: ["root", "release"] }),
      expect.objectContaining({ kind: "public", roles: [] }),
      expect.objectContaining({ kind: "elsewhere", roles: ["channel", "prices", "receipt"] }),
    ]);
    const folderOfKeys = await haggle(["keys", "list", "server", "--root", "root.json"]);
    expect(folderOfKeys.out).toMatch(
      /^[0-9a-f]{16} {2}public {5}channel, prices, receipt {2}server\/online\.pk$/m,
    );
    expect(folderOfKeys.out).toMatch(/^[0-9a-f]{16} {2}secret .*server\/online\.sk$/m);
  });

  it("says which path is not there or cannot be read, behind the keys that it finds", async () => {
    const { code, out, err } = await haggle(["keys", "list", "none", "nowhere/a.pk", "plain.pk"]);
    expect(code).toBe(1);
    expect(out).toMatch(/^[0-9a-f]{16} {2}public .*plain\.pk\n$/);
    expect(err).toMatch(/^CLI_FILE .*none\nCLI_FILE .*nowhere\/a\.pk\n$/);
    await mkdir(at("closed"), { mode: 0o000 });
    if (process.getuid?.() === 0) return; // whom no mode keeps out
    const closed = await haggle(["keys", "list", "closed"]);
    expect(closed).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_FILE .*closed/) });
  });

  it("finds keys in PEM, and leaves certificates and keys of other algorithms alone", async () => {
    await mkdir(at("pems"));
    const write = (name: string, text: string | Buffer) => writeFile(at(join("pems", name)), text);
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    await write("bob.pem", publicKey.export({ type: "spki", format: "pem" }));
    await write("bob.key", privateKey.export({ type: "pkcs8", format: "pem" }));
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
    await write("tls.key", rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
    await write("tls.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    const { code, out, err } = await haggle(["keys", "list", "pems"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^([0-9a-f]{16}) {2}pem .*bob\.key .*keys import.*\n\1 {2}public .*bob\.pem\n$/);
  });

  it("says which file is no key", async () => {
    await writeFile(at("bad.pk"), "no key");
    const bad = await haggle(["keys", "list", "bad.pk"]);
    expect(bad).toMatchObject({ code: 1, err: expect.stringMatching(/^CLI_BAD_KEY .*bad\.pk/) });
  });
});

describe("a key in PEM", () => {
  const sign = (key: string) => ["release", "sign", "root.json", "--yes", "--json", "--key", key];

  it("does not sign as it is, and is told how it would", async () => {
    for (const [file, text] of [
      ["pems/bob.key", /^CLI_BAD_KEY A private key in PEM; `haggle keys import`.* at .*bob\.key\n$/],
      ["pems/bob.pem", /^CLI_BAD_KEY A public key in PEM, which signs nothing at .*bob\.pem\n$/],
      ["plain.pk", /^CLI_BAD_KEY A public key file, which signs nothing at .*plain\.pk\n$/],
    ] as const) {
      expect(await haggle(sign(file)), file).toMatchObject({ code: 1, err: expect.stringMatching(text) });
    }
  });

  it("is imported as the pair of files that keys new makes", async () => {
    const imported = await haggle(["keys", "import", "pems/bob.key", "--name", "bob", "--json"]);
    expect(imported).toMatchObject({ code: 0, err: "" });
    const bob = createPrivateKey(await readFile(at("pems/bob.key")));
    const seed = Buffer.from(bob.export({ format: "jwk" }).d!, "base64url");
    expect((await readFile(at("bob.sk"))).subarray(1, 33)).toEqual(seed);
    expect((await stat(at("bob.sk"))).mode & 0o777).toBe(0o600);
    const listed = await haggle(["keys", "list", "bob.sk", "bob.pk", "pems/bob.pem", "--json"]);
    const ids = (JSON.parse(listed.out) as { keyid: string }[]).map(({ keyid }) => keyid);
    expect(new Set(ids)).toEqual(new Set([JSON.parse(imported.out).keyid]));
    expect(await haggle(["keys", "import", "pems/bob.key", "--name", "bob"])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^CLI_KEY_EXISTS /),
    });
    for (const [file, text] of [
      ["pems/tls.key", /^CLI_BAD_KEY A key of another algorithm.*"rsa"/],
      ["pems/bob.pem", /^CLI_BAD_KEY Not a private key in PEM/],
    ] as const) {
      expect(await haggle(["keys", "import", file, "--name", "no"])).toMatchObject({
        code: 1,
        err: expect.stringMatching(text),
      });
    }
  });
});

describe.each([
  ["keys", ["new", "import", "list", "root", "rotate"], "--allow-shared-keys"],
  ["release", ["draft", "sign", "cosign", "inspect", "verify", "publish"], "--new-channel"],
])("%s --help", (verb, actions, flag) => {
  it("is short, and each action has a page of its own", async () => {
    const all = await haggle([verb, "--help"]);
    expect(all).toMatchObject({ code: 0, out: expect.stringContaining(`haggle ${verb} ${actions.at(-1)}`) });
    expect(all.out).not.toContain(flag);
    const pages = await Promise.all(actions.map((action) => haggle([verb, action, "--help"])));
    for (const [index, { code, out }] of pages.entries()) {
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`^Usage: haggle ${verb} ${actions[index]} [^]*\n {2}--`));
      const others = actions.filter((_, other) => other !== index);
      for (const other of others) expect(out).not.toContain(`haggle ${verb} ${other} `);
    }
  });
});

describe("bundle verify --signature-only", () => {
  const vectors = join(import.meta.dirname, "..", "vectors", "wasmsign2");
  const verify = (file: string, ...args: string[]) =>
    haggle(["bundle", "verify", join(vectors, "valid", file), "--signature-only", ...args]);
  const key = (name: string) => ["--key", join(vectors, "keys", `${name}.pk`)];

  it("counts different keys of those that are given", async () => {
    const both = ["--threshold", "2", ...key("pw1"), ...key("rfc1")];
    expect(await verify("add.k1.k2.wasm", ...both)).toMatchObject({ code: 0, err: "" });
    const { code, out } = await verify("add.k1.k2.wasm", ...both, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ ok: true, signers: [expect.any(String), expect.any(String)] });
    for (const [file, args, refusal] of [
      ["add.k1.simple.wasm", both, "SIGNATURE_THRESHOLD"],
      ["add.k1.simple.wasm", ["--threshold", "2", ...key("pw1"), ...key("pw1")], "SIGNATURE_THRESHOLD"],
      ["add.k1.simple.wasm", key("pw2"), "SIGNATURE_UNKNOWN_KEY"],
      ["../unsigned/add.wasm", key("pw1"), "SIGNATURE_MISSING"],
    ] as const) {
      const refused = await verify(file, ...args);
      expect(refused, refusal).toMatchObject({
        code: 1,
        out: "",
        err: expect.stringMatching(`^${refusal} `),
      });
    }
  });

  it("is told from the profile, which the same module does not keep", async () => {
    const whole = await haggle([
      "bundle",
      "verify",
      join(vectors, "valid", "add.k1.simple.wasm"),
      ...key("pw1"),
      "--json",
    ]);
    expect(whole.code).toBe(1);
    expect(JSON.parse(whole.out)).toMatchObject({ ok: false, code: expect.stringMatching(/^PROFILE_/) });
    for (const args of [
      ["--threshold", "0"],
      ["--threshold", "two"],
    ]) {
      expect(await verify("add.k1.simple.wasm", ...key("pw1"), ...args)).toMatchObject({ code: 2 });
    }
    expect(await verify("add.k1.simple.wasm")).toMatchObject({ code: 2 });
  });
});
