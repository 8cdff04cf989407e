import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encryptSecretKey } from "@haggle/sdk/node";
import { encodePublicKey, encodeSecretKey, type Signer, signerFromSeed } from "@haggle/sdk/sign";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { signOnlineRoot } from "../support/online-root.ts";
import { createShop, makeCart, type Shop } from "../support/release.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// The keys that a server signs with: what /readyz says of them, and that nothing else does.

/** A seed that would be seen in any text: as it is, in hex and in base64. */
const CANARY = new TextEncoder().encode("canary-canary-canary-canary-0001");
const PASSPHRASE = "canary passphrase";
const RETRY_MS = 31_000;

let shop: Shop;
let server: TestServer | undefined;
let signer: Signer;
let now: number;

beforeEach(async () => {
  now = Date.now();
  signer = await signerFromSeed(CANARY);
  shop = await createShop();
  const keys = [signer];
  const root = await signOnlineRoot({ roles: { channel: keys, prices: keys, receipt: keys, audit: keys } });
  await shop.publish({ root, channelSigner: signer });
  await mkdir(join(shop.dataFolder, "keys"));
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await shop.remove();
});

const keyFile = (name: string) => join(shop.dataFolder, "keys", name);
const secretKey = () => ({ seed: CANARY.slice(), publicKey: signer.publicKey });

async function start(env: Record<string, string> = {}): Promise<TestServer> {
  server = await startServer(shop.dataFolder, { env, clock: () => now, logLevel: "trace" });
  await until(async () => !Object.values((await server!.ready()).keys).includes("opening"));
  return server;
}

/** Neither the log nor any answer holds a secret in any spelling, nor anything long enough to be a part of one. */
async function expectNoCanary(): Promise<void> {
  const answers = await Promise.all(
    ["/readyz", "/v1/root", "/v1/nothing", "/v1/channels/other"].map(async (path) =>
      (await server!.get(path)).text(),
    ),
  );
  answers.push(await (await server!.post("/v1/evaluations", makeCart())).text());
  const all = [JSON.stringify(server!.log), ...answers].join("\n");
  const base64 = Buffer.from(CANARY).toString("base64");
  for (const spelling of ["canary", Buffer.from(CANARY).toString("hex"), base64, base64.slice(4, 20)]) {
    expect(all.toLowerCase()).not.toContain(spelling.toLowerCase());
  }
}

it("are all missing where there are none, and the server serves until the channel ends and says so", async () => {
  await start();
  expect(await server!.ready()).toMatchObject({
    status: "ready",
    warnings: ["SERVER_KEY_MISSING"],
    channel: { version: 1, renewal: "noKey" },
    keys: { channel: "missing", prices: "missing", receipt: "missing", audit: "missing" },
  });
  const { expires } = (await server!.ready()).channel!;
  now = expires - 60_000;
  expect((await server!.ready()).warnings).toEqual(["SERVER_RELEASE_EXPIRING", "SERVER_KEY_MISSING"]);
  now = expires;
  expect(await server!.ready()).toMatchObject({
    status: "ready",
    warnings: ["SERVER_RELEASE_EXPIRED", "SERVER_KEY_MISSING"],
  });
  expect((await server!.post("/v1/evaluations", makeCart())).status).toBe(200);
  expect((await server!.get("/v1/channels/stable")).status).toBe(200);
});

it("are found in the folder of keys, each apart", async () => {
  for (const role of ["channel", "audit"])
    await writeFile(keyFile(`${role}.sk`), encodeSecretKey(secretKey()));
  await start();
  expect(await server!.ready()).toMatchObject({
    warnings: [],
    channel: { renewal: "automatic" },
    keys: { channel: "ready", prices: "missing", receipt: "missing", audit: "ready" },
  });
  await expectNoCanary();
});

it("may be under a passphrase", async () => {
  const path = keyFile("elsewhere.json");
  await writeFile(path, await encryptSecretKey(secretKey(), new TextEncoder().encode(PASSPHRASE)));
  await writeFile(keyFile("passphrase"), `${PASSPHRASE}\n`);
  await start({ HAGGLE_CHANNEL_KEY: `file:${path}`, HAGGLE_PASSPHRASE_FILE: keyFile("passphrase") });
  expect((await server!.ready()).keys.channel).toBe("ready");
  await expectNoCanary();
});

it("may be behind a command", async () => {
  await writeCommand();
  await start({
    HAGGLE_RECEIPT_KEY: `command:echo token renewed >&2; ${process.execPath} ${keyFile("sign.mjs")}`,
    HAGGLE_RECEIPT_PUBLIC: keyFile("online.pk"),
  });
  await until(async () => (await server!.ready()).keys.receipt === "ready");
  const said = expect.objectContaining({ role: "receipt", line: "token renewed" });
  expect(server!.log).toContainEqual(said);
  await expectNoCanary();
});

describe("a key that cannot be used", () => {
  const cases: [name: string, prepare: () => Promise<Record<string, string>>][] = [
    ["is not there", async () => ({ HAGGLE_CHANNEL_KEY: `file:${keyFile("nowhere.sk")}` })],
    [
      "is torn",
      async () => {
        await writeFile(keyFile("channel.sk"), encodeSecretKey(secretKey()).slice(0, 40));
        return {};
      },
    ],
    [
      "is a text that holds the secret",
      async () => {
        await writeFile(keyFile("channel.sk"), `{"haggle":"secret-key","seed":"${Buffer.from(CANARY)}"}`);
        return {};
      },
    ],
    [
      "has another public half",
      async () => {
        await writeFile(
          keyFile("channel.sk"),
          encodeSecretKey({ ...secretKey(), publicKey: new Uint8Array(32) }),
        );
        return {};
      },
    ],
    [
      "is under another passphrase",
      async () => {
        const bytes = await encryptSecretKey(secretKey(), new TextEncoder().encode(PASSPHRASE));
        await writeFile(keyFile("channel.sk"), bytes);
        await writeFile(keyFile("passphrase"), "canary, but another\n");
        return { HAGGLE_PASSPHRASE_FILE: keyFile("passphrase") };
      },
    ],
    [
      "is under a passphrase that nobody gave",
      async () => {
        const bytes = await encryptSecretKey(secretKey(), new TextEncoder().encode(PASSPHRASE));
        await writeFile(keyFile("channel.sk"), bytes);
        return {};
      },
    ],
    [
      "is behind a command that fails",
      async () => {
        await writeCommand();
        return {
          HAGGLE_CHANNEL_KEY: `command:PIN=canary exit 3`,
          HAGGLE_CHANNEL_PUBLIC: keyFile("online.pk"),
        };
      },
    ],
    [
      "is behind a command that signs nothing",
      async () => {
        await writeCommand();
        return { HAGGLE_CHANNEL_KEY: "command:echo canary", HAGGLE_CHANNEL_PUBLIC: keyFile("online.pk") };
      },
    ],
  ];

  it.each(cases)("because it %s is told once, and the server serves on", async (_name, prepare) => {
    await start(await prepare());
    expect(await server!.ready()).toMatchObject({
      status: "ready",
      warnings: ["SERVER_KEY_UNUSABLE"],
      channel: { renewal: "noKey" },
      keys: { channel: "unusable" },
    });
    // That another key is there now shows that all were tried again.
    now += RETRY_MS;
    await replaceKey("prices", secretKey());
    await until(async () => (await server!.ready()).keys.prices === "ready");
    const lines = server!.log.filter(({ code }) => code === "SERVER_KEY_UNUSABLE");
    expect(lines).toEqual([expect.objectContaining({ level: 40, role: "channel" })]);
    await expectNoCanary();
  });

  it("is taken up when it is mended, without a restart", async () => {
    await writeFile(keyFile("channel.sk"), "not yet");
    await start();
    expect((await server!.ready()).keys.channel).toBe("unusable");
    await writeFile(keyFile("channel.sk"), encodeSecretKey(secretKey()));
    now += RETRY_MS;
    await until(async () => (await server!.ready()).keys.channel === "ready");
    expect((await server!.ready()).warnings).toEqual([]);
  });
});

describe("the file of a key that works", () => {
  it("is read again when it is replaced: by another key, by a torn one, by none, and by the first", async () => {
    await replaceKey("channel", secretKey());
    await start();
    const becomes = (state: string) => until(async () => (await server!.ready()).keys.channel === state);
    expect((await server!.ready()).keys.channel).toBe("ready");
    // No time goes by: a file is looked at each time, only what does not change is left in peace.
    await replaceKey("channel", await strangersKey());
    await becomes("notInRoot");
    await writeFile(keyFile("channel.sk"), "torn");
    await becomes("unusable");
    await rm(keyFile("channel.sk"));
    await becomes("missing");
    await replaceKey("channel", secretKey());
    await becomes("ready");
    expect((await server!.ready()).warnings).toEqual([]);
    await expectNoCanary();
  });
});

describe("a key that the root does not know", () => {
  it("is told, and taken up when it is replaced by one that it knows", async () => {
    await replaceKey("channel", await strangersKey());
    await start();
    expect(await server!.ready()).toMatchObject({
      warnings: ["SERVER_KEY_NOT_IN_ROOT"],
      channel: { renewal: "noKey" },
      keys: { channel: "notInRoot" },
    });
    await writeFile(keyFile("channel.sk"), encodeSecretKey(secretKey()));
    now += RETRY_MS;
    await until(async () => (await server!.ready()).keys.channel === "ready");
  });

  it("is any key of a role that the root does not have", async () => {
    const bare = await createShop();
    try {
      await bare.publish();
      await mkdir(join(bare.dataFolder, "keys"));
      await writeFile(join(bare.dataFolder, "keys", "audit.sk"), encodeSecretKey(secretKey()));
      server = await startServer(bare.dataFolder);
      await until(async () => (await server!.ready()).keys.audit === "notInRoot");
    } finally {
      await server!.close();
      server = undefined;
      await bare.remove();
    }
  });
});

describe("settings of keys", () => {
  it.each([
    ["HAGGLE_CHANNEL_KEY", { HAGGLE_CHANNEL_KEY: "canary-canary" }],
    ["HAGGLE_PRICES_KEY", { HAGGLE_PRICES_KEY: "file:" }],
    ["HAGGLE_AUDIT_PUBLIC", { HAGGLE_AUDIT_KEY: "command:PIN=canary sign" }],
  ])("that are wrong are refused at %s, and not repeated", async (at, env) => {
    const refused = startServer(shop.dataFolder, { env: env as Record<string, string> });
    const error = await refused.then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code: "SERVER_BAD_CONFIG", at });
    expect(String(error)).not.toContain("canary");
  });
});

/** In one step, so that no server reads half of it. */
async function replaceKey(role: string, key: ReturnType<typeof secretKey>): Promise<void> {
  await writeFile(keyFile("next"), encodeSecretKey(key));
  await rename(keyFile("next"), keyFile(`${role}.sk`));
}

async function strangersKey(): Promise<ReturnType<typeof secretKey>> {
  const seed = new Uint8Array(32).fill(9);
  return { seed, publicKey: (await signerFromSeed(seed)).publicKey };
}

/** A program that signs what it is given, as a key service would. */
async function writeCommand(): Promise<void> {
  const pkcs8 = `302e020100300506032b657004220420${Buffer.from(CANARY).toString("hex")}`;
  await writeFile(
    keyFile("sign.mjs"),
    `import { createPrivateKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
const key = createPrivateKey({ key: Buffer.from("${pkcs8}", "hex"), format: "der", type: "pkcs8" });
process.stdout.write(sign(null, readFileSync(0), key));
`,
  );
  await writeFile(keyFile("online.pk"), encodePublicKey(signer.publicKey));
}
