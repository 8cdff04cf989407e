import { setImmediate } from "node:timers/promises";
import {
  type Arm,
  type Channel,
  HaggleError,
  type PriceBound,
  type Prices,
  parseChannel,
  parseEnvelope,
  parsePrices,
  parseRelease,
  refuse,
} from "@haggle/abi";
import { type TrustedRoot, verifyChannel, verifyPrices } from "@haggle/sdk";
import type { SignedDocument } from "@haggle/sdk/sign";
import type { ChainedRoot } from "@haggle/sdk/trust";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import { notify, Overtaken, type Queryable } from "../../platform/database/database.ts";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import { firstRelease } from "./first-release.ts";
import { keepsBounds } from "./keeps-bounds.ts";
import { type Registry, TOPIC } from "./registry.ts";
import {
  dropPricesBytes,
  findEdition,
  findHead,
  findMissingRelease,
  findRelease,
  type Head,
  type Kind,
  listHeads,
  lockEdition,
} from "./store.ts";

/** What may be changed of a channel document. Its version and its times follow. */
export type ChannelChange = Partial<Pick<Channel, "arms" | "off" | "minRelease">>;

/** Told what it changes, and the newest root; what it throws refuses the change. */
export type ChannelMutation = (before: Channel, root: TrustedRoot) => ChannelChange | Promise<ChannelChange>;

/** Writes what belongs to a change, given the next document: it goes to the database together with that. */
export type Accompaniment = (next: Channel) => Promise<unknown>;

/** What a prices document says; its version and its times follow. */
export type PricesChange = Pick<Prices, "release" | "also" | "strategy" | "strategies" | "prices">;

type Dependencies = {
  registry: Registry;
  keys: OnlineKeys;
  sign: (document: Channel | Prices, trusted: TrustedRoot) => Promise<SignedDocument>;
  /** Whether the prices of a channel are those of strategies; others are for those who signed them. */
  isPriced: (channel: string) => boolean;
  clock: Clock;
  log: Logger;
  findNewestRoot: (db: Queryable) => Promise<ChainedRoot>;
};

/** What is written or looked at together with a document, on the same way to the database; what fails undoes it too. */
type Beside = () => readonly (Promise<unknown> | undefined)[];

/** How long the first document of a channel lives that is made here, and each prices document. */
const LIFE_MS = 24 * 60 * 60 * 1000;
/** A prices document is kept whole for so long after it was made: twice the hour that bounds on changes look back on. */
const PRICES_KEPT_MS = 2 * 60 * 60 * 1000;

/** Signs new channel and prices documents with the online keys, one behind the other, in the caller's transaction. */
export function createChannelChanges(dependencies: Dependencies) {
  const { registry, keys, sign, isPriced, clock, log, findNewestRoot } = dependencies;

  /**
   * Makes the next document of a channel from what `mutate` gives for the one before, and stores it. Who comes second
   * waits for the first, and goes on from its document.
   *
   * @throws HaggleError SERVER_NO_RELEASE, SERVER_UNKNOWN_CHANNEL, SERVER_UNKNOWN_RELEASE, SERVER_KEY_MISSING,
   * SERVER_KEY_UNUSABLE, SERVER_KEY_NOT_IN_ROOT, DOCUMENT_*
   */
  async function changeChannel(
    tx: Queryable,
    name: string,
    mutate: ChannelMutation,
    accompany?: Accompaniment,
  ): Promise<Channel> {
    // Behind the row: who waited for it finds the root that its holder has brought.
    const [head, { trusted: root }] = await Promise.all([
      registry.lockHead(tx, name, "channel"),
      findNewestRoot(tx),
    ]);
    if (head === undefined) throw refuse("SERVER_UNKNOWN_CHANNEL", "channel", name);
    const before = parseChannel(parseEnvelope(head.document, "channel").payload);
    const change = await mutate(before, root);
    const issued = Math.max(clock(), before.issued);
    const { arms, off, minRelease } = { ...before, ...change };
    const life = before.expires - before.issued;
    const version = before.version + 1;
    const next: Channel = { ...before, arms, off, minRelease, version, issued, expires: issued + life };
    await put(tx, head, next, root, () => [checkArms(tx, change.arms ?? [], before), accompany?.(next)]);
    return next;
  }

  /** The first document of a channel that has none. */
  async function createChannel(
    tx: Queryable,
    name: string,
    arms: Arm[],
    minRelease: number,
  ): Promise<Channel> {
    const { trusted: root } = await findNewestRoot(tx);
    await checkArms(tx, arms);
    const { tenant } = root.root;
    const issued = clock();
    const channel: Channel = {
      type: "channel",
      channel: name,
      // As those who publish into a folder count, so that clients which saw an earlier life of it accept this one.
      version: Math.floor(issued / 1000),
      ...(tenant === undefined ? {} : { tenant }),
      issued,
      expires: issued + LIFE_MS,
      arms,
      off: { promotions: [], rules: [], releases: [] },
      minRelease,
    };
    await put(tx, undefined, channel, root);
    return channel;
  }

  /**
   * Makes the next prices document of a channel from what `make` gives for the one before, which stays where it gives
   * nothing. That they keep the bounds of the releases that they name is for the caller to see to. `make` is told the newest
   * channel document too. Nobody waits for it: where there are other prices meanwhile, or another channel document, all is
   * done again.
   */
  async function changePrices(
    tx: Queryable,
    name: string,
    make: (before: Prices | undefined, newest: Channel | undefined) => Promise<PricesChange | undefined>,
  ): Promise<Prices | undefined> {
    const [head, channel, { trusted: root }] = await Promise.all([
      findHead(tx, name, "prices"),
      findHead(tx, name, "channel"),
      findNewestRoot(tx),
    ]);
    const before = head && parsePrices(parseEnvelope(head.document, "prices").payload);
    const newest = channel && parseChannel(parseEnvelope(channel.document, "channel").payload);
    // A shop may have a hundred thousand prices: in between, this process answers.
    await setImmediate();
    const change = await make(before, newest);
    if (change === undefined) return undefined;
    await setImmediate();
    const { tenant } = root.root;
    const issued = Math.max(clock(), before?.issued ?? 0);
    const next: Prices = {
      type: "prices",
      channel: name,
      version: before === undefined ? Math.floor(issued / 1000) : before.version + 1,
      ...(tenant === undefined ? {} : { tenant }),
      issued,
      expires: issued + LIFE_MS,
      ...change,
    };
    const signed = await signNext(next, root);
    // In this order: whoever gives other releases holds the prices' row before.
    const [isNext, channelEdition] = await Promise.all([
      holdsStill(tx, { channel: name, kind: "prices", edition: head?.edition }, root),
      findEdition(tx, name, "channel"),
    ]);
    if (!isNext || channelEdition !== channel?.edition) throw new Overtaken();
    await store(tx, head, next, signed);
    return next;
  }

  /**
   * Lets the prices in force name the releases that the channel is about to give, where they keep what their authors signed:
   * until strategies have priced anew, shoppers would pay list prices. Prices and times stay as they are. Comes before the
   * channel's row is held, since a kill waits for that one; what cannot be signed keeps nobody from another release.
   */
  async function carryPrices(tx: Queryable, name: string, arms: readonly Arm[]): Promise<void> {
    if (!isPriced(name)) return;
    const made = await makeCarried(tx, name, arms).catch((cause: unknown) => {
      if (!(cause instanceof HaggleError) || cause.code === "SERVER_DATABASE") throw cause;
      const { code, at } = cause;
      log.warn({ channel: name, code, at }, "prices cannot be signed for what comes next");
    });
    if (made === undefined) return;
    if (!(await holdsStill(tx, made.head, made.root))) throw new Overtaken();
    if (made.next !== undefined) await store(tx, made.head, made.next, made.signed);
  }

  /**
   * Waits for nobody. Without `next` the prices name these releases already, and are to be held, since a pass of strategies that
   * knows of other releases would name those alone. Undefined where nothing is to be done: the release that the channel gives first
   * now is named by whatever pass is under way, so that a rollout goes back to it whoever holds the prices.
   */
  async function makeCarried(tx: Queryable, name: string, arms: readonly Arm[]) {
    // A server that starts may find a release in its folder sooner than its keys are open.
    await keys.opened();
    const given = [...new Set(arms.map(({ release }) => release))];
    const [head, channel, { trusted: root }, ...releases] = await Promise.all([
      findHead(tx, name, "prices"),
      findHead(tx, name, "channel"),
      findNewestRoot(tx),
      ...given.map((sha256) => findRelease(tx, sha256)),
    ]);
    if (head === undefined || !maySign("prices", root)) return undefined;
    const prices = parsePrices(parseEnvelope(head.document, "prices").payload);
    if (prices.expires <= clock()) return undefined;
    const named = [prices.release, ...(prices.also ?? [])];
    if (given.every((sha256) => named.includes(sha256))) {
      const now = channel && parseChannel(parseEnvelope(channel.document, "channel").payload).arms;
      const first = now && firstRelease(now);
      return given.every((sha256) => sha256 === first) ? undefined : { head, root };
    }
    await setImmediate();
    const own = arms.length > 1 ? boundsOf(await findRelease(tx, prices.release)) : [];
    const also = given.filter((sha256, index) => {
      if (named.includes(sha256)) return sha256 !== prices.release;
      const bounds = boundsOf(releases[index]);
      // What follows for the first arm is priced by its own bounds, from these prices on.
      return keepsBounds(prices, sha256 === firstRelease(arms) ? bounds : own, {
        sha256,
        release: { bounds },
      });
    });
    if (also.every((sha256) => named.includes(sha256))) return { head, root };
    await setImmediate();
    const next: Prices = { ...prices, version: prices.version + 1, also };
    return { head, root, next, signed: await signNext(next, root) };
  }

  /**
   * Signs a document again, as `prolong` has it, and only then holds its row: a signer may take half a minute, and kills and
   * publishes wait for that. False when `bytes` is not the newest one of its kind any more.
   */
  async function renew(
    tx: Queryable,
    { channel, kind, bytes }: { channel: string; kind: Kind; bytes: Uint8Array },
    prolong: <T extends Channel | Prices>(document: T) => T,
  ): Promise<boolean> {
    const [head, { trusted: root }] = await Promise.all([findHead(tx, channel, kind), findNewestRoot(tx)]);
    if (head === undefined || Buffer.compare(head.document, bytes) !== 0) return false;
    const { payload } = parseEnvelope(bytes, kind);
    const next = prolong(kind === "channel" ? parseChannel(payload) : parsePrices(payload));
    const signed = await signNext(next, root);
    if (!(await holdsStill(tx, head, root))) return false;
    await store(tx, head, next, signed);
    return true;
  }

  /**
   * Holds the row of what was signed while nobody waited for it. False where that follows something else by now, or was signed
   * under another root than the newest.
   */
  async function holdsStill(
    tx: Queryable,
    { channel, kind, edition }: Pick<Head, "channel" | "kind"> & { edition: number | undefined },
    { sha256 }: TrustedRoot,
  ): Promise<boolean> {
    // The root behind the row, as whoever brings one holds that.
    const [held, { trusted }] = await Promise.all([lockEdition(tx, channel, kind), findNewestRoot(tx)]);
    return held === edition && trusted.sha256 === sha256;
  }

  async function put(
    tx: Queryable,
    before: Head | undefined,
    document: Channel | Prices,
    trusted: TrustedRoot,
    beside?: Beside,
  ): Promise<void> {
    await store(tx, before, document, await signNext(document, trusted), beside);
  }

  async function signNext(document: Channel | Prices, trusted: TrustedRoot): Promise<SignedDocument> {
    const signed = await sign(document, trusted);
    // Without a floor of its own: its version is one above that of the row which it replaces.
    const expected = { now: clock(), channel: document.channel };
    if (document.type === "channel") await verifyChannel(signed.bytes, trusted, expected);
    else {
      await setImmediate();
      await verifyPrices(signed.bytes, trusted, expected);
    }
    return signed;
  }

  async function store(
    tx: Queryable,
    before: Head | undefined,
    document: Channel | Prices,
    { sha256, bytes }: SignedDocument,
    beside: Beside = () => [],
  ): Promise<void> {
    const { channel } = document;
    const kind = document.type as Kind;
    const [isPut] = await Promise.all([
      registry.putHead(tx, before, { channel, kind, document, sha256, bytes }),
      kind === "prices" && before !== undefined && dropPricesBytes(tx, before, clock() - PRICES_KEPT_MS),
      notify(tx, TOPIC, registry.tenant),
      ...beside(),
    ]);
    if (!isPut) throw refuse("DOCUMENT_EQUIVOCATION", kind, channel);
  }

  /** What the document before names was there, and no release ever goes. */
  async function checkArms(tx: Queryable, arms: readonly Arm[], before?: Channel): Promise<void> {
    const known = new Set(before?.arms.map(({ release }) => release));
    const named = arms.map(({ release }) => release).filter((release) => !known.has(release));
    const missing = named.length === 0 ? undefined : await findMissingRelease(tx, named);
    if (missing !== undefined) throw refuse("SERVER_UNKNOWN_RELEASE", "channel.arms", missing);
  }

  /** Signs again, under a new root, the documents that its keys have not signed, as far as this server has its keys. */
  async function resign(tx: Queryable, trusted: TrustedRoot): Promise<void> {
    // Prices before their channel, as everywhere.
    for (const { channel, kind } of (await listHeads(tx)).toReversed()) {
      const head = await registry.lockHead(tx, channel, kind);
      if (head === undefined || (await registry.isSignedUnder(head, trusted))) continue;
      if (!maySign(kind, trusted)) continue;
      const { payload } = parseEnvelope(head.document, kind);
      const before = kind === "channel" ? parseChannel(payload) : parsePrices(payload);
      const issued = Math.max(clock(), before.issued);
      const life = before.expires - before.issued;
      await put(
        tx,
        head,
        { ...before, version: before.version + 1, issued, expires: issued + life },
        trusted,
      );
    }
  }

  /** Whether this server may sign documents of a kind alone. */
  function maySign(kind: Kind, trusted: TrustedRoot): boolean {
    return trusted.root.roles[kind].threshold === 1 && keys.find(kind, trusted) !== undefined;
  }

  return { changeChannel, changePrices, carryPrices, createChannel, renew, resign };
}

/** Of a release that is not there there are none, and no price keeps them. */
function boundsOf(release: Uint8Array | undefined): PriceBound[] {
  return (release && parseRelease(parseEnvelope(release, "release").payload).bounds) ?? [];
}
