import { pathOf, type Updater } from "@haggle/sdk/trust";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createClient, type TrustClient } from "../../support/trust-client.ts";
import {
  bundleSha256,
  type Files,
  HOUR_MS,
  makeRoot,
  NOW,
  online,
  online2,
  role,
} from "../../support/trust-shop.ts";

// A source that has every document that was ever signed and gives any of them, whole or torn, for any other, while the
// client restarts, its clock goes wrong and its store fails. Whatever comes of it: nothing that nobody signed, nothing
// that does not belong together, nothing older than before, and what is stored is what is live.

const RUNS = 60;
const PRICES = "prices/stable.json";

type Step =
  | { do: "publish"; promotion: boolean; prices: boolean; isSeen: boolean }
  | { do: "price" }
  | { do: "rotate" }
  | { do: "replay"; kind: Kind; instead: number }
  | { do: "serve"; path: number; instead: number }
  | { do: "tear"; path: number; at: number }
  | { do: "withhold"; path: number }
  | { do: "heal" }
  | { do: "restart" }
  | { do: "clock"; hours: number }
  | { do: "fail" };

type Kind = "channels" | "prices" | "releases" | "roots";

const anyNumber = fc.nat({ max: 1_000_000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      promotion: fc.boolean(),
      prices: fc.boolean(),
      isSeen: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("price" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rotate" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("replay" as const),
      kind: fc.constantFrom<Kind>("channels", "channels", "prices", "releases", "roots"),
      instead: anyNumber,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("serve" as const), path: anyNumber, instead: anyNumber }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("tear" as const), path: anyNumber, at: anyNumber }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("withhold" as const), path: anyNumber }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("heal" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("clock" as const), hours: fc.integer({ min: -30, max: 3 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const) }) },
);

it(`gets nothing past a client in ${RUNS} sequences of steps`, async () => {
  let accepted = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
      const world = await createScene();
      for (const next of steps) {
        await world.take(next);
        // Else the client comes when the source has begun to lie about what was published.
        if (next.do === "publish" && !next.isSeen) continue;
        const outcome = await world.look();
        if (outcome === "accepted") accepted++;
        else refused++;
      }
      // However it was treated: an honest source gets it back to the newest.
      await world.take({ do: "heal" });
      await world.take({ do: "clock", hours: 0 });
      expect(await world.look()).toBe("accepted");
      expect(world.updater().live).toMatchObject({ version: world.newest().version, restored: false });
    }),
    { numRuns: RUNS },
  );
  // Both happen often, or the steps above prove nothing.
  expect(accepted).toBeGreaterThan(RUNS);
  expect(refused).toBeGreaterThan(RUNS);
}, 300_000);

async function createScene() {
  const shop: TrustClient = await createClient();
  const honest: Files = shop.files;
  const overlay = new Map<string, Uint8Array | undefined>();
  const documents = [...honest.values()];
  const signed: Record<Kind, Uint8Array[]> = {
    channels: [honest.get("channels/stable.json")!],
    prices: [],
    releases: [shop.release.bytes],
    roots: [shop.root.bytes],
  };
  const belongs = new Map([[1, shop.release.sha256]]);
  let newest = { version: 1, prices: 0, release: shop.release.sha256, root: 1, key: online };
  let failsNext = false;
  /** The highest that counted under the root in use. */
  let seen = { root: 1, channel: 0, prices: 0 };
  let updater = open();

  function open(): Updater {
    return shop.open({
      source: async (wanted) => {
        const path = pathOf(wanted);
        return overlay.has(path) ? overlay.get(path) : honest.get(path);
      },
      store: {
        load: shop.store.load,
        async save(state) {
          if (failsNext) throw new Error("no space left");
          await shop.store.save(state);
        },
      },
    });
  }

  const pathAt = (index: number) => {
    const paths = [...honest.keys(), `roots/${newest.root + 1}.json`];
    return paths[index % paths.length]!;
  };

  async function publish(promotion: boolean, withPrices: boolean): Promise<void> {
    const { key } = newest;
    const version = newest.version + 1;
    const promotions = promotion ? undefined : { promotions: [] };
    const release = await shop.put.release({ version, ...promotions });
    const channel = await shop.put.channel(release.sha256, { version, expires: NOW + 20 * HOUR_MS }, [key]);
    belongs.set(version, release.sha256);
    documents.push(release.bytes, channel.bytes);
    signed.releases.push(release.bytes);
    signed.channels.push(channel.bytes);
    newest = { ...newest, version, release: release.sha256 };
    if (withPrices) await price();
  }

  async function price(): Promise<void> {
    const { release, key } = newest;
    newest = { ...newest, prices: newest.prices + 1 };
    const changes = { version: newest.prices, expires: NOW + 20 * HOUR_MS };
    const prices = await shop.put.prices(release, changes, [key]);
    documents.push(prices.bytes);
    signed.prices.push(prices.bytes);
  }

  async function rotate(): Promise<void> {
    const key = newest.key === online ? online2 : online;
    newest = { ...newest, root: newest.root + 1, key };
    const only = await role(1, key);
    const { roles } = await makeRoot();
    const root = await shop.put.root({
      version: newest.root,
      roles: { ...roles, channel: only, prices: only },
    });
    documents.push(root.bytes);
    signed.roots.push(root.bytes);
    honest.delete(PRICES);
    await publish(true, false);
  }

  async function take(step: Step): Promise<void> {
    failsNext = false;
    if (step.do === "publish") await publish(step.promotion, step.prices);
    if (step.do === "price") await price();
    if (step.do === "rotate") await rotate();
    if (step.do === "replay") {
      const path = {
        channels: "channels/stable.json",
        prices: PRICES,
        releases: `releases/${newest.release}.json`,
        roots: `roots/${newest.root + 1}.json`,
      }[step.kind];
      const all = signed[step.kind];
      if (all.length > 0) overlay.set(path, all[step.instead % all.length]);
    }
    if (step.do === "serve") overlay.set(pathAt(step.path), documents[step.instead % documents.length]);
    if (step.do === "withhold") overlay.set(pathAt(step.path), undefined);
    if (step.do === "heal") overlay.clear();
    if (step.do === "clock") shop.clock.now = NOW + step.hours * HOUR_MS;
    if (step.do === "fail") failsNext = true;
    if (step.do === "tear") {
      const path = pathAt(step.path);
      const bytes = honest.get(path) ?? shop.root.bytes;
      const at = step.at % bytes.length;
      overlay.set(
        path,
        step.at % 2 === 0 ? bytes.slice(0, at) : bytes.with(at, bytes[at]! ^ (1 << (step.at % 8))),
      );
    }
    if (step.do === "restart") {
      const before = updater.live;
      updater = open();
      expect(versionsOf(await updater.restore())).toEqual(versionsOf(before));
    }
  }

  async function look(): Promise<"accepted" | "refused"> {
    const before = updater.live;
    try {
      await updater.update();
    } catch {
      expect(updater.live).toBe(before);
      return "refused";
    }
    check();
    return "accepted";
  }

  function check(): void {
    const live = updater.live!;
    const root = live.trusted.root.version;
    expect(root).toBeGreaterThanOrEqual(seen.root);
    // Another online key counts anew; what counted under the one before is then refused by its signature.
    if (root > seen.root) seen = { root, channel: 0, prices: 0 };
    expect(live.version).toBeGreaterThanOrEqual(seen.channel);
    expect(live.release).toBe(belongs.get(live.version));
    expect(live.engine).toMatchObject({ release: live.release, bundle: bundleSha256 });
    if (live.prices) {
      expect(live.prices.release).toBe(live.release);
      expect(live.prices.version).toBeGreaterThanOrEqual(seen.prices);
    }
    seen = { root, channel: live.version, prices: live.prices?.version ?? seen.prices };
    for (const bytes of Object.values(live.files)) {
      expect([...documents, ...honest.values()].some((document) => document === bytes)).toBe(true);
    }
  }

  return { take, look, updater: () => updater, newest: () => newest };
}

function versionsOf(live: Updater["live"]): object | undefined {
  return (
    live && {
      root: live.trusted.root.version,
      channel: live.version,
      release: live.release,
      prices: live.prices?.version,
    }
  );
}
