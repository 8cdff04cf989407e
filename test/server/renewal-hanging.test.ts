import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Channel, parseChannel, parseEnvelope } from "@haggle/abi";
import { type Signer, signDocument } from "@haggle/sdk/sign";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createHangingSigner } from "../support/hanging-signer.ts";
import { signOnlineRoot } from "../support/online-root.ts";
import { createShop, SHOES, type Shop, testSigner } from "../support/release.ts";
import { type Call, operatorOf } from "../support/rollout.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// A server signs a document again by a program outside of it, which hangs: what happens meanwhile happens.

const HOUR_MS = 60 * 60 * 1000;
const SIGNER = 6;

type Signing = Awaited<ReturnType<typeof createHangingSigner>>;

let shop: Shop;
let server: TestServer | undefined;
let signing: Signing;
let online: Signer;
let hanging: Signer;
let now: number;

beforeEach(async () => {
  now = Date.now();
  online = await testSigner(5);
  hanging = await testSigner(SIGNER);
  signing = await createHangingSigner(SIGNER);
  shop = await createShop();
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await signing.remove();
  await shop.remove();
});

async function start(env: Record<string, string>): Promise<Call> {
  server = await startServer(shop.dataFolder, { clock: () => now, env });
  await until(async () => !Object.values((await server!.ready()).keys).includes("opening"));
  return operatorOf(server, shop.dataFolder);
}

/** Lets the signer answer, and the server end with what comes of it. Resolves with what the server has logged. */
async function letGo(): Promise<string[]> {
  const { log, close } = server!;
  // It has hung until now: a server waits for it for half a minute.
  expect(log.map(({ msg }) => msg)).not.toContain("signing again failed");
  await signing.letGo();
  await close();
  server = undefined;
  return log.map(({ msg }) => msg);
}

const read = async (): Promise<Channel> =>
  parseChannel(parseEnvelope(await readFile(join(shop.folder, "channels/stable.json")), "channel").payload);

it("a kill is done, and stays", async () => {
  const root = await signOnlineRoot({ roles: { channel: [hanging] } });
  await shop.publish({ root, channelSigner: hanging });
  const { issued, expires } = await read();
  await signing.hangOver(`"issued":${issued + (expires - issued) / 2},`);
  const operate = await start(signing.env("CHANNEL"));
  now = expires - HOUR_MS;
  await until(signing.hangs);
  const kill = { channel: "stable", kind: "promotion", id: SHOES, reason: "at once", confirm: true };
  expect((await operate("/v1/kills", kill)).status).toBe(201);
  expect(await letGo()).not.toContain("signing again failed");
  expect(await read()).toMatchObject({ version: 2, off: { promotions: [SHOES] } });
});

it("a root comes that does not know the signer any more, and nothing of its is put", async () => {
  const root = await signOnlineRoot({ roles: { channel: [online], prices: [online, hanging] } });
  const { release } = await shop.publish({
    root,
    channelSigner: online,
    release: { bounds: [{ sku: "trail-*", minUnitPrice: 10_000, maxUnitPrice: 20_000 }] },
  });
  const issued = now - 2 * HOUR_MS;
  const prices = await signDocument(
    {
      type: "prices",
      channel: "stable",
      version: 1,
      issued,
      expires: now + HOUR_MS,
      release: release.sha256,
      strategy: { version: 1, id: "clearance" },
      prices: [{ sku: "trail-runner", unitPrice: 15_000 }],
    },
    [online],
  );
  await shop.write("prices/stable.json", prices.bytes);
  await signing.hangOver(`"issued":${issued + 1.5 * HOUR_MS},`);
  const operate = await start({ ...signing.env("PRICES"), HAGGLE_RENEW_PRICES: "1" });
  await until(signing.hangs);
  const next = await signOnlineRoot({ version: 2, roles: { channel: [online], prices: [online] } });
  const body = JSON.parse(new TextDecoder().decode(next.bytes));
  expect((await operate("/v1/root/2", body, { method: "PUT" })).status).toBe(201);
  expect(await letGo()).not.toContain("signed again");
  await start({});
  expect(server!.log.map(({ msg }) => msg)).not.toContain("release refused");
});
