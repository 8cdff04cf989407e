// A shop's CDN at six ages, as its people really filled it, and what they signed on the way: the truth that a client is
// held against.

import { createHash } from "node:crypto";
import type { Channel, Prices, Release, Root } from "@haggle/abi";
import { createUpdater, memoryStore, pathOf, type TrustState } from "@haggle/sdk/trust";
import { type Content, contentBytes, START, type Tree, treeOf } from "../support/updates/book.ts";
import {
  alice,
  carol,
  dave,
  fresh,
  MINUTE,
  makeBundle,
  makeChannel,
  makePrices,
  makeRelease,
  makeRoot,
  mallory,
  one,
  release1,
  release2,
  release3,
  rita,
  root1,
  type Signed,
  two,
} from "../support/updates/world.ts";

/** Paths of a CDN and what lies there. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** What was signed, by the digests of the payloads; of bundles, by their own. */
export type Truth = {
  roots: ReadonlyMap<string, Root>;
  channels: ReadonlyMap<string, Channel>;
  releases: ReadonlyMap<string, Release>;
  prices: ReadonlyMap<string, Prices>;
};

export type CdnAges = {
  /** What the shop's clients bring along. */
  pinned: Uint8Array;
  /** The oldest first; each has the immutable files of those before. */
  trees: readonly Files[];
  /** What a client has stored that saw each age. */
  states: readonly TrustState[];
  /** Channel documents that the right key signed as well, at versions that exist already: equivocation. */
  twins: readonly Uint8Array[];
  /** By its path, each root but the first as somebody would like it who has no officer's key: with a key of his own. */
  coups: Files;
  truth: Truth;
};

const STABLE = "channels/stable.json";
const PRICES = "prices/stable.json";

/**
 * 1 a release; 2 another; 3 the channel's key is another; 4 its release is switched off; 5 and replaced by the one
 * before; 6 the authors' keys are others, and the new channel takes none of their old releases.
 */
export async function makeCdnAges(): Promise<CdnAges> {
  const [byFresh, off] = [[fresh], { promotions: [], rules: [], releases: [release3.sha256] }];
  const root2 = await makeRoot(2, { channel: byFresh });
  const root3 = await makeRoot(3, { channel: byFresh, release: [alice, dave, carol] });
  const byDave = await makeBundle("one.wasm", [alice, dave]);
  const release4 = await makeRelease(4, {}, { bundle: byDave, signers: [alice, dave] });
  const channels = [
    await makeChannel(1, release1),
    await makeChannel(2, release2),
    await makeChannel(3, release3, {}, byFresh),
    await makeChannel(4, release3, { off }, byFresh),
    await makeChannel(5, release2, { off }, byFresh),
    await makeChannel(6, release4, { off, minRelease: 4 }, byFresh),
  ];
  const prices = [
    await makePrices(1, release1),
    await makePrices(2, release2),
    await makePrices(3, release3),
    undefined, // nothing is sold at prices of a release that is switched off
    await makePrices(5, release2),
    await makePrices(6, release4),
  ];
  const added: Tree[] = [
    treeOf(channels[0]!, release1, one, { "root.json": root1, "roots/1.json": root1 }),
    treeOf(channels[1]!, release2, two),
    treeOf(channels[2]!, release3, one, { "root.json": root2, "roots/2.json": root2 }),
    {},
    {},
    treeOf(channels[5]!, release4, byDave, { "root.json": root3, "roots/3.json": root3 }),
  ];
  const trees = added.map((_, age) =>
    filesOf({
      ...Object.assign({}, ...added.slice(0, age + 1)),
      ...{ [STABLE]: channels[age], [PRICES]: prices[age] },
    }),
  );
  const twins = [
    await makeChannel(1, release2),
    await makeChannel(2, release1),
    await makeChannel(3, release2, {}, byFresh),
    await makeChannel(5, release3, {}, byFresh),
  ];
  const coup = { root: [mallory], channel: byFresh };
  const coups = {
    "roots/2.json": await makeRoot(2, coup, {}, [mallory]),
    "roots/3.json": await makeRoot(3, { ...coup, release: [alice, dave, carol] }, {}, [mallory, rita]),
  };
  const pinned = contentBytes(root1);
  return {
    pinned,
    trees,
    states: await statesAt(trees, pinned),
    twins: twins.map(contentBytes),
    coups: filesOf(coups),
    truth: {
      roots: payloadsOf([root1, root2, root3]),
      channels: payloadsOf([...channels, ...twins]),
      releases: payloadsOf([release1, release2, release3, release4]),
      prices: payloadsOf(prices.filter((document) => document !== undefined)),
    },
  };
}

/** The CDN as it was when it had seen so many ages. */
export function agesUntil({ trees, states, twins, ...others }: CdnAges, count: number): CdnAges {
  return {
    ...others,
    trees: trees.slice(0, count),
    states: states.slice(0, count),
    // Beside the newest document another one of its version would rightly keep it out.
    twins: twins.filter((twin) => versionOf(twin) < count),
  };
}

function versionOf(envelope: Uint8Array): number {
  return (JSON.parse(new TextDecoder().decode(payloadOf(envelope))) as { version: number }).version;
}

/** Where the clock stands when a client has seen an age. */
export function clockAt(age: number): number {
  return START + age * MINUTE;
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Of an envelope, read without the SDK's help. */
export function payloadOf(envelope: Uint8Array): Uint8Array {
  const { payload } = JSON.parse(new TextDecoder().decode(envelope)) as { payload: string };
  return Buffer.from(payload, "base64");
}

function payloadsOf<T>(documents: readonly Signed[]): Map<string, T> {
  return new Map(
    documents.map((document) => {
      const payload = payloadOf(contentBytes(document));
      return [digestOf(payload), JSON.parse(new TextDecoder().decode(payload)) as T];
    }),
  );
}

function filesOf(tree: Tree): Files {
  const there = Object.entries(tree).filter((entry): entry is [string, Content] => entry[1] !== undefined);
  return new Map(there.map(([path, content]) => [path, contentBytes(content)]));
}

async function statesAt(trees: readonly Files[], root: Uint8Array): Promise<TrustState[]> {
  const states: TrustState[] = [];
  const store = memoryStore();
  let age = 0;
  const updater = createUpdater({
    ...{ root, channel: "stable", store, clock: () => clockAt(age) },
    source: async (wanted) => trees[age]!.get(pathOf(wanted)),
  });
  for (; age < trees.length; age++) {
    await updater.update();
    states.push((await store.load())!);
  }
  return states;
}
