// A client of a CDN that somebody else fills: whatever lies there, it prices with what the shop's people signed, goes
// back to nothing, and is well again when the CDN is.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { CODES, HaggleError } from "@haggle/abi";
import { folderSource } from "@haggle/sdk/node";
import {
  createUpdater,
  type Live,
  memoryStore,
  pathOf,
  type ReleaseSource,
  type TrustState,
  type TrustStore,
  type UpdaterEvent,
} from "@haggle/sdk/trust";
import { below, type Random } from "../support/byte-mutator.ts";
import { generateCart } from "../support/carts.ts";
import {
  agesUntil,
  type CdnAges,
  clockAt,
  digestOf,
  type Files,
  makeCdnAges,
  payloadOf,
  type Truth,
} from "./cdn-ages.ts";
import { mutateTree } from "./cdn-mutations.ts";

const MAX_LOOKS = 4;
/** Files cost more than a map. */
const FOLDER_SHARE = 0.15;
/** A client that was never here and has no root of its own: it believes the first that it sees. */
const TRUSTING_SHARE = 0.1;
const RESTART_SHARE = 0.3;

/** A case: a client that has seen some age or none, a few looks at hostile trees, and then at the newest good one. */
export async function createCdnKind(): Promise<(random: Random) => Promise<boolean>> {
  const ages = await makeCdnAges();
  return async (random) => {
    const cdn = random() < FOLDER_SHARE ? await openFolder() : openMemory();
    try {
      return await runCase(agesUntil(ages, 1 + below(random, ages.trees.length)), cdn, random);
    } finally {
      await cdn.close();
    }
  };
}

async function runCase(ages: CdnAges, cdn: Cdn, random: Random): Promise<boolean> {
  const store = memoryStore();
  const first = await mutateTree(ages, random);
  const brought = random() < TRUSTING_SHARE ? first.get("root.json") : undefined;
  const seen = brought === undefined ? below(random, ages.trees.length + 1) - 1 : -1;
  if (seen >= 0) await store.save(ages.states[seen]!);
  const start = () => startClient(brought ?? ages.pinned, cdn.source, store);
  let client = start();
  if (seen >= 0) await client.restore();

  let accepted = 0;
  const looks = 1 + below(random, MAX_LOOKS);
  for (let tree = first, count = 0; count < looks; count++, tree = await mutateTree(ages, random)) {
    await cdn.show(tree);
    if (await look(client, store, ages.truth)) accepted++;
    if (random() < RESTART_SHARE) {
      const before = client.live();
      client = start();
      await client.restore();
      expectSame("after a restart", shown(client.live()), shown(before));
    }
  }
  // A root that somebody has spoilt leads nowhere.
  if (brought !== undefined) return accepted > 0;

  await cdn.show(ages.trees.at(-1)!);
  if (!(await look(client, store, ages.truth))) throw new Error("the good tree is refused");
  expectNewest(client.live()!, ages);
  return accepted > 0;
}

/** What everybody has who saw the newest age. Where that has no prices, earlier ones of the same release stay. */
function expectNewest({ files }: Live, { trees, states }: CdnAges): void {
  const { roots, channel, release, bundle } = states.at(-1)!;
  const prices = trees.at(-1)!.get("prices/stable.json") ?? files.prices;
  expectSame(
    "the newest",
    digestsOf(files),
    digestsOf({ root: roots.at(-1), channel, release, bundle, prices }),
  );
}

/** What a failure can name; of documents what was signed, which may come in more than one envelope. */
function digestsOf(files: Partial<Record<string, Uint8Array>>): Record<string, string> {
  const digest = (name: string, bytes: Uint8Array) => digestOf(name === "bundle" ? bytes : payloadOf(bytes));
  const there = Object.entries(files).flatMap(([name, bytes]) =>
    bytes ? [[name, digest(name, bytes)]] : [],
  );
  return Object.fromEntries(there.sort()) as Record<string, string>;
}

type Client = ReturnType<typeof startClient>;

function startClient(root: Uint8Array, source: ReleaseSource, store: TrustStore) {
  let events: UpdaterEvent[] = [];
  const now = clockAt(10);
  const updater = createUpdater({
    ...{ root, channel: "stable", source, store, clock: () => now },
    onEvent: (event) => events.push(event),
  });
  /** Undefined when it came to something, else why not; anything without a code is thrown. */
  const codeOf = async (work: Promise<unknown>): Promise<string | undefined> => {
    events = [];
    try {
      await work;
      return undefined;
    } catch (cause) {
      if (!(cause instanceof HaggleError) || !CODES.includes(cause.code) || !FORESEEN.test(cause.code))
        throw cause;
      return cause.message;
    }
  };
  let told: string | undefined;
  return {
    live: () => updater.live,
    restore: () => codeOf(updater.restore()),
    /** False when it was refused; each refusal is told, unless it repeats the one before. */
    async update(): Promise<boolean> {
      const refusal = await codeOf(updater.update());
      const event = events.find((each) => each.type === "refused" && each.error.message === refusal);
      if (refusal !== undefined && event === undefined && told !== refusal)
        throw new Error(`${refusal}: not told`);
      told = refusal;
      return refusal === undefined;
    },
  };
}

const FORESEEN = /^(?:CLIENT|DOCUMENT|SIGNATURE|PROFILE|PROMOTION|ENGINE)_|^CLI_FILE$/;

/** One look at the tree as it is; false when it was refused. */
async function look(client: Client, store: TrustStore, truth: Truth): Promise<boolean> {
  const [live, state] = [client.live(), await store.load()];
  const isAccepted = await client.update();
  const [now, stored] = [client.live(), await store.load()];
  if (now) expectSigned(now, truth);
  if (live && now) expectForward(live, now);
  if (state) expectPricesForward(state, stored, truth);
  if (isAccepted) expectStored(now!, stored);
  else if (now !== live) expectStopped(live, now, state, stored);
  else expectSame("the state after a refusal", stored, state);
  return isAccepted;
}

/** What is in use was signed, by people whose turn it was, and is what the channel document names. */
function expectSigned({ files, version, release, withdrawn, prices, engine }: Live, truth: Truth): void {
  const root = find("root", truth.roots, files.root);
  const channel = find("channel document", truth.channels, files.channel);
  const signed = find("release", truth.releases, files.release);
  expectSame("the release", digestOf(payloadOf(files.release)), release);
  expectSame("the bundle", digestOf(files.bundle), signed.bundles[0]!.sha256);
  expectSame("the version", version, channel.version);
  const isOff = channel.off.releases.includes(release) || signed.version < channel.minRelease;
  expectSame("whether it is switched off", withdrawn, isOff);
  if (!withdrawn) expectSame("the channel's release", release, channel.arms[0]!.release);
  // From the second root on another key signs channel documents, from the third on others sign releases.
  if (root.version >= 2 && channel.version < 3) throw new Error("a channel document by the old key");
  if (root.version >= 3 && signed.version < 4 && !withdrawn) throw new Error("a release by the old keys");
  if (files.prices) {
    const priced = find("prices document", truth.prices, files.prices);
    expectSame("the release that was priced", priced.release, release);
    expectSame("the prices", prices?.prices, priced.prices);
  }
  const decision = engine.evaluate(generateCart(1));
  if (withdrawn) expectSame("a price by a release that is off", decision.ok, false);
  else if (!decision.ok) throw decision.error;
}

function find<T>(what: string, signed: ReadonlyMap<string, T>, envelope: Uint8Array): T {
  const found = signed.get(digestOf(payloadOf(envelope)));
  if (found === undefined) throw new Error(`a ${what} that nobody signed`);
  return found;
}

function expectForward(before: Live, now: Live): void {
  if (now.trusted.root.version < before.trusted.root.version) throw new Error("an older root");
  if (now.version < before.version) throw new Error(`channel ${now.version} after ${before.version}`);
  if (now.version > before.version) return;
  expectSame(
    "one version",
    digestsOf({ channel: now.files.channel }),
    digestsOf({ channel: before.files.channel }),
  );
}

/** The newest prices stay known, also while a release is in use that they are not of. */
function expectPricesForward(before: TrustState, now: TrustState | undefined, { prices }: Truth): void {
  if (before.prices === undefined) return;
  if (now?.prices === undefined) throw new Error("prices that were forgotten");
  const old = find("prices document", prices, before.prices).version;
  const { version } = find("prices document", prices, now.prices);
  if (version < old) throw new Error(`prices ${version} after ${old}`);
}

function expectStored({ files }: Live, stored: TrustState | undefined): void {
  const { channel, release, bundle, roots } = stored ?? {};
  const { prices: _, ...others } = files;
  expectSame(
    "what is stored",
    digestsOf({ root: roots?.at(-1), channel, release, bundle }),
    digestsOf(others),
  );
}

/** A stop counts at once, even where the release that shall follow cannot be had; nothing else may come of a refusal. */
function expectStopped(
  before: Live | undefined,
  now: Live | undefined,
  state: TrustState | undefined,
  stored: TrustState | undefined,
): void {
  if (!before || !now?.withdrawn) throw new Error("a refused update changed what is in use");
  expectSame("the release that was stopped", now.release, before.release);
  expectStored(now, stored);
  expectSame("what else is stored", stored?.prices ?? null, state?.prices ?? null);
}

/** What two clients must agree on that stand on the same state. */
function shown(live: Live | undefined) {
  if (live === undefined) return undefined;
  const { version, release, withdrawn, files } = live;
  return { version, release, withdrawn, ...digestsOf(files) };
}

function expectSame(what: string, got: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(got, expected)) {
    throw new Error(
      `${what}: ${JSON.stringify(got)?.slice(0, 200)}, not ${JSON.stringify(expected)?.slice(0, 200)}`,
    );
  }
}

type Cdn = { source: ReleaseSource; show(files: Files): Promise<void>; close(): Promise<void> };

function openMemory(): Cdn {
  let tree: Files = new Map();
  return {
    source: async (wanted) => tree.get(pathOf(wanted)),
    async show(files) {
      tree = files;
    },
    async close() {},
  };
}

/** On disk, where an empty file is a folder. */
async function openFolder(): Promise<Cdn> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-fuzz-"));
  return {
    source: folderSource(join(folder, "cdn")),
    async show(files) {
      await rm(join(folder, "cdn"), { recursive: true, force: true });
      for (const [path, bytes] of files) {
        const place = join(folder, "cdn", path);
        await mkdir(bytes.length === 0 ? place : dirname(place), { recursive: true });
        if (bytes.length > 0) await writeFile(place, bytes);
      }
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
