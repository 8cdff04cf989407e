import {
  createUpdater,
  memoryStore,
  type TrustStore,
  type Updater,
  type UpdaterEvent,
  type UpdaterOptions,
} from "@haggle/sdk/trust";
import { beforeEach, describe, expect, it } from "vitest";
import { makeCart } from "../../support/release.ts";
import { createWorld, NOW, type World } from "../../support/trust-shop.ts";

let world: World;
let store: TrustStore;
let events: UpdaterEvent[];
let now: number;

beforeEach(async () => {
  world = await createWorld();
  store = memoryStore();
  events = [];
  now = NOW;
});

function open(options: Partial<UpdaterOptions> = {}): Updater {
  return createUpdater({
    root: world.root.bytes,
    channel: "stable",
    source: world.source,
    store,
    clock: () => now,
    onEvent: (event) => events.push(event),
    ...options,
  });
}

describe("an updater", () => {
  it("makes an engine of a whole set and tells so", async () => {
    const updater = open();
    expect(updater.live).toBeUndefined();
    const live = await updater.update();
    expect(live).toMatchObject({ version: 1, release: world.release.sha256, restored: false });
    expect(live.engine.evaluate(makeCart())).toMatchObject({ ok: true, total: 35_000 });
    expect(updater.live).toBe(live);
    expect(events).toEqual([{ type: "updated", live }]);
  });

  it("starts from the store without a source", async () => {
    await open().update();
    const updater = open({ source: async () => undefined });
    const live = await updater.restore();
    expect(live).toMatchObject({ version: 1, restored: true });
    await expect(updater.update()).rejects.toMatchObject({ code: "CLIENT_STATUS" });
    expect(updater.live).toBe(live);
  });
});
