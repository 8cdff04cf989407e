import { hash } from "node:crypto";
import type { Channel, Prices } from "@haggle/abi";
import { signDocument } from "@haggle/sdk/sign";
import { priceOf } from "@haggle/sdk/trust";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHangingSigner } from "../support/hanging-signer.ts";
import { createPriceWorld, lamp, type PriceWorld, point, raise, startRollout } from "../support/prices.ts";
import { SHOES, testSigner } from "../support/release.ts";
import type { Answer, Call } from "../support/rollout.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// Who waits while somebody holds the prices of a channel, or has them signed.

const HOUR_MS = 3_600_000;
const PRICE = 11_000;

let world: PriceWorld;
let server: TestServer;
let operate: Call;

beforeEach(async () => {
  world = await createPriceWorld();
  server = await world.start();
  operate = await world.operator(server);
  await operate("/v1/skus", [lamp("a"), lamp("b")], { method: "PUT" });
  await world.save(raise("10"));
  await world.costs(server, "lamp-a", PRICE);
});

afterEach(() => world.close());

/** What is in force, as somebody signs it who says something else of it. */
async function signPrices(change: Partial<Prices>): Promise<Uint8Array> {
  const prices = server.app.releases.find()!.prices!;
  const next = { ...prices, version: prices.version + 1, ...change };
  return (await signDocument(next, [await testSigner(1)])).bytes;
}

it("a publish does not wait for the signer of another server that hangs over signing prices again", async () => {
  const served: unknown[] = [];
  server.app.releases.subscribe(({ prices }) => served.push(priceOf(prices, "lamp-a")?.unitPrice));
  const next = await world.bring(operate, 2);
  const signer = await createHangingSigner(1);
  // Strategies sign them anew only when they price again.
  const now = Date.now();
  world.time.now = now;
  const renewing = await startServer(world.shop.dataFolder, {
    env: { ...signer.env("PRICES"), HAGGLE_RENEW_PRICES: "1" },
    clock: () => now,
  });
  try {
    const issued = now - 2 * HOUR_MS;
    await signer.hangOver(`"issued":${issued + 1.5 * HOUR_MS},`);
    const spent = await signPrices({ issued, expires: issued + 3 * HOUR_MS });
    const body = JSON.parse(new TextDecoder().decode(spent));
    expect((await operate("/v1/prices/stable", body, { method: "PUT" })).status).toBe(201);
    await until(signer.hangs);
    expect((await point(operate, next)).status).toBe(200);
    // It hangs still: a server waits for it for half a minute.
    expect(renewing.log.map(({ msg }) => msg)).not.toContain("signing again failed");
    await until(() => server.app.releases.find()?.prices?.release === next);
    await signer.letGo();
  } finally {
    // When its renewal is over.
    await renewing.close();
    await signer.remove();
  }
  expect(renewing.log.map(({ msg }) => msg)).not.toContain("signing again failed");
  expect([...new Set(served)]).toEqual([PRICE]);
});

it.each<[string, (other: string, live: string) => Partial<Channel>]>([
  ["another release", (other) => ({ arms: [{ release: other, range: [0, 10_000], seed: "s" }] })],
  [
    "a rule that is off",
    (_other, live) => ({
      arms: [{ release: live, range: [0, 10_000], seed: "s" }],
      off: { promotions: [], rules: ["price-by-stock"], releases: [] },
    }),
  ],
])(
  "a server that refuses the newest channel document, with %s, makes no prices for it",
  async (_what, said) => {
    const own = await createPriceWorld({ env: { HAGGLE_CHANNELS: "stable,beta" } });
    const at = await own.start();
    const call = await own.operator(at);
    const { sha256: release } = own.published.release;
    await call("/v1/channels/beta/release", { release }, { method: "PUT" });
    await call("/v1/skus", [lamp("a")], { method: "PUT" });
    await own.save(raise("10"));
    const beta = (unitPrice: number) =>
      until(async () => {
        const { body } = await call<{ unitPrice: number }>("/v1/prices/beta/skus/lamp-a");
        return body.unitPrice === unitPrice;
      });
    await beta(PRICE);

    const strangers = await testSigner(9);
    const { channel } = await own.shop.sign({
      version: 9,
      channelSigner: strangers,
      channel: said(await own.bring(call, 2), release),
    });
    const registry = await own.openRegistry();
    await registry.query(
      `update channel_heads set document = $1, version = 9, edition = edition + 1, sha256 = $2, file_sha256 = $2
     where channel = 'stable' and kind = 'channel'`,
      [Buffer.from(channel.bytes), hash("sha256", channel.bytes)],
    );
    await until(() => at.log.some(({ msg }) => msg === "release refused"));

    /** Whoever makes prices holds this row for it, and nobody else. */
    const heldBy = async () =>
      (
        await registry.query(
          `select p.xmax::text, h.edition from pricing_heads p join channel_heads h on h.channel = p.channel
         where p.channel = 'stable' and h.kind = 'prices'`,
        )
      )[0];
    // Channels are looked at one after the other, this one first.
    await call("/v1/skus/lamp-a", { stock: 100 }, { method: "PATCH" });
    await beta(9_000);
    const before = await heldBy();
    await call("/v1/skus/lamp-a", { stock: 3 }, { method: "PATCH" });
    await beta(PRICE);
    const after = await heldBy();
    await registry.close();
    await own.close();
    expect(after).toEqual(before);
  },
);

describe("a kill waits for no prices", () => {
  const end = { channel: "stable", reason: "at once", confirm: true };

  /** While somebody holds the prices' row. Resolves when `publish`, if it is given, waits for that one. */
  async function holdPrices(publish?: () => Promise<Answer>) {
    const database = await world.openRegistry();
    let letGo = (): void => {};
    const over = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let publishing: Promise<Answer> | undefined;
    let isHeld = false;
    const holding = database.transaction(async (tx) => {
      await tx.query("select 1 from channel_heads where kind = 'prices' for update");
      publishing = publish?.();
      await until(async () => {
        const waiting = await tx.query(
          "select 1 from pg_locks where not granted and transactionid = pg_current_xact_id()::xid",
        );
        return publish === undefined || waiting.length > 0;
      });
      isHeld = true;
      await over;
    });
    await until(() => isHeld);
    return async (): Promise<Answer | undefined> => {
      letGo();
      await holding;
      await database.close();
      return publishing;
    };
  }

  /** The status of a kill that is answered while they are held. */
  async function kill(target: object): Promise<number> {
    let killed: number | undefined;
    void operate("/v1/kills", { ...end, ...target }).then(({ status }) => {
      killed = status;
    });
    return until(() => killed);
  }

  it("that a publish waits for", async () => {
    const next = await world.bring(operate, 2);
    const release = await holdPrices(() => point(operate, next));
    let published: Answer | undefined;
    try {
      expect(await kill({ kind: "promotion", id: SHOES })).toBe(201);
    } finally {
      published = await release();
    }
    expect(published?.status).toBe(200);
  });

  it("that a step of its release's rollout waits for, which is taken no more", async () => {
    // They name it already, and a pass of strategies under way, for those who have the other one, could take that back.
    const to = await world.bring(operate, 2);
    const id = await startRollout(operate, to, 5_000, 10_000);
    await until(() => server.app.releases.find()?.channel.arms.length === 2);
    const release = await holdPrices(() => operate(`/v1/rollouts/${id}/promote`, { reason: "it is meant" }));
    let promoted: Answer | undefined;
    try {
      expect(await kill({ kind: "release", id: to })).toBe(201);
    } finally {
      promoted = await release();
    }
    expect(promoted).toMatchObject({ status: 409, body: { error: { code: "SERVER_ROLLOUT_STATE" } } });
    expect((await operate(`/v1/rollouts/${id}`)).body).toMatchObject({ state: "rolled_back" });
  });

  it("nor does the way back to the release that a channel gives first", async () => {
    const to = await world.bring(operate, 2);
    const id = await startRollout(operate, to, 5_000, 10_000);
    const release = await holdPrices();
    try {
      const aborted = await operate(`/v1/rollouts/${id}/rollback`, { reason: "it gives too much" });
      expect(aborted).toMatchObject({ status: 200, body: { state: "rolled_back" } });
    } finally {
      await release();
    }
  });

  /** By the folder, while they are held. */
  async function killInFolder(): Promise<void> {
    const release = await holdPrices();
    try {
      const { release: live } = world.published;
      const { channel } = await world.shop.sign({
        channel: {
          version: 2,
          arms: [{ release: live.sha256, range: [0, 10_000], seed: "s" }],
          off: { promotions: [SHOES], rules: [], releases: [] },
        },
      });
      await world.shop.write("channels/stable.json", channel.bytes);
      await until(() => server.app.releases.find()?.channel.off.promotions.includes(SHOES));
    } finally {
      await release();
    }
  }

  it("when it comes by the folder", killInFolder);

  it("when it comes by the folder to a server that has not the newest prices", async () => {
    // Nobody prices anew meanwhile.
    world.time.now = Date.now();
    const bytes = await signPrices({ prices: [{ sku: "lamp-a", unitPrice: 1 }] });
    const database = await world.openRegistry();
    await database.query(
      `update channel_heads set document = $1, version = version + 1, edition = edition + 1, sha256 = $2, file_sha256 = $2
       where kind = 'prices'`,
      [Buffer.from(bytes), hash("sha256", bytes)],
    );
    await database.close();
    await until(() => server.log.some(({ code }) => code === "DOCUMENT_OUT_OF_BOUNDS"));
    await killInFolder();
  });
});
