import { refuse } from "@haggle/abi";
import { priceOf } from "@haggle/sdk/trust";
import type { SideDocument } from "../../platform/document.ts";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import { nextOf } from "../../platform/page.ts";
import { startWorker } from "../../platform/worker.ts";
import type { Experiments } from "../experiments/service.ts";
import type { LiveRelease, Releases } from "../releases/service.ts";
import type { Strategies } from "../strategies/service.ts";
import { createReprice, type RepriceDependencies } from "./reprice.ts";
import type { PriceView, SkuView } from "./schema.ts";
import type { Skus } from "./skus.ts";
import { listNotes, type Note } from "./store.ts";

export type { Skus } from "./skus.ts";

export type Prices = ReturnType<typeof createPrices>;

type Dependencies = Omit<
  RepriceDependencies,
  "canSign" | "releases" | "strategies" | "experiments" | "skus"
> & {
  releases: Releases;
  strategies: Pick<Strategies, "findActive" | "onChange">;
  experiments: Pick<Experiments, "assigner" | "findDocument" | "side">;
  skus: Skus;
  keys: OnlineKeys;
};

/** To see whether a window opened, or a price may take its next step. One small query a channel. */
const LOOK_MS = 1_000;
/** Shops send the stock of their skus one by one. */
const SETTLE_MS = 200;

/**
 * The unit prices that strategies give the skus of a shop, as signed documents: made anew when strategies, release,
 * experiments, skus or the hour are others, within what the authors of the release signed. Without a key there are none:
 * what nobody can verify is no price.
 */
export function createPrices(dependencies: Dependencies) {
  const { database, releases, strategies, experiments, skus, keys, log } = dependencies;
  const canSign = (live: LiveRelease): boolean =>
    live.trusted.root.roles.prices.threshold === 1 && keys.find("prices", live.trusted) !== undefined;
  const reprice = createReprice({ ...dependencies, canSign });
  const listeners = new Set<(news: SideDocument) => void>();
  const told = new Map<string, string>();

  async function look(): Promise<boolean> {
    let isAny = false;
    const failures: unknown[] = [];
    for (const channel of releases.listChannels()) {
      // What is wrong with one channel keeps no other from its prices.
      await reprice(channel).then(
        (isNew) => {
          isAny ||= isNew;
        },
        (cause: unknown) => failures.push(cause),
      );
    }
    if (failures.length > 0) throw failures[0];
    return isAny;
  }

  function findSide(channel: string): SideDocument | undefined {
    const { prices, documents } = releases.find(channel) ?? {};
    return prices && documents?.prices && { channel, version: prices.version, document: documents.prices };
  }

  /** To everybody who listens, when the document of a channel is another one than the last. */
  function tell(channel: string): void {
    const side = findSide(channel);
    if (side === undefined || told.get(channel) === side.document.sha256) return;
    told.set(channel, side.document.sha256);
    for (const listener of listeners) listener(side);
  }

  function getLive(channel: string): LiveRelease {
    if (!releases.hasChannel(channel)) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", channel);
    const live = releases.find(channel);
    if (live === undefined) throw refuse("SERVER_NO_RELEASE", "channel", channel);
    return live;
  }

  /** What each of some skus costs on a channel. */
  async function show(
    live: LiveRelease,
    shown: readonly SkuView[],
    tier: string | undefined,
  ): Promise<PriceView[]> {
    const names = shown.map(({ sku }) => sku);
    const notes = await listNotes(database, live.channel.channel, names, tier ?? "");
    const noteOf = new Map(notes.map((note) => [JSON.stringify([note.sku, note.tier]), note]));
    const isInForce = live.prices !== undefined && live.prices.expires > dependencies.clock();
    return shown.map((sku) => {
      const price = isInForce ? priceOf(live.prices, sku.sku, tier) : undefined;
      const ownNote = tier === undefined ? undefined : noteOf.get(JSON.stringify([sku.sku, tier]));
      return toView(sku, live, price, ownNote ?? noteOf.get(JSON.stringify([sku.sku, ""])));
    });
  }

  return {
    /** @throws HaggleError SERVER_UNKNOWN_CHANNEL, SERVER_NO_RELEASE, SKU_UNKNOWN */
    async get(channel: string, sku: string, tier: string | undefined): Promise<PriceView> {
      const live = getLive(channel);
      return (await show(live, [await skus.get(sku)], tier))[0]!;
    },
    /** In the order of skus, those behind `after`. */
    async list(channel: string, page: { after: string; limit: number; tier: string | undefined }) {
      const live = getLive(channel);
      const shown = await skus.list(page.after, page.limit);
      return {
        channel,
        state: canSign(live) ? "signed" : "noKey",
        ...(live.prices && { version: live.prices.version }),
        prices: await show(live, shown, page.tier),
        ...nextOf(shown, page.limit, ({ sku }) => sku),
      };
    },
    /** For those who pass the document on. */
    side: {
      find: findSide,
      subscribe(listener: (news: SideDocument) => void): () => void {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    /** Whether strategies are in force whose prices nobody here may sign. */
    isKeyMissing: (): boolean =>
      releases.listChannels().some((channel) => {
        const live = releases.find(channel);
        return live !== undefined && !canSign(live) && strategies.findActive(channel) !== undefined;
      }),
    /** Tells of new documents, and with `works` makes them, until the returned function is called. */
    watch({ works }: { works: boolean }): () => Promise<void> {
      const worker = works ? startWorker({ name: "prices", work: look, everyMs: LOOK_MS, log }) : undefined;
      const wake = (): void => worker?.wake();
      let settling: NodeJS.Timeout | undefined;
      const ends = [
        releases.subscribe((live) => {
          tell(live.channel.channel);
          wake();
        }),
        strategies.onChange(wake),
        experiments.side.subscribe(wake),
        skus.watch(() => {
          settling ??= setTimeout(() => {
            settling = undefined;
            wake();
          }, SETTLE_MS).unref();
        }),
      ];
      return async () => {
        for (const end of ends) end();
        clearTimeout(settling);
        await worker?.stop();
      };
    },
  };
}

function toView(
  { sku, currency, listPrice }: SkuView,
  { prices }: LiveRelease,
  price: ReturnType<typeof priceOf>,
  note: Note | undefined,
): PriceView {
  const by = price?.by === undefined ? undefined : prices?.strategies?.[price.by];
  return {
    sku,
    currency,
    listPrice,
    unitPrice: price?.unitPrice ?? listPrice,
    ...(price?.tier !== undefined && { tier: price.tier }),
    ...(price !== undefined && {
      strategy: { version: prices!.strategy.id, number: prices!.strategy.version, ...by },
    }),
    ...(note !== undefined && { wanted: note.wanted, cut: note.cut }),
  };
}
