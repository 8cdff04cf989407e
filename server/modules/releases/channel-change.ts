import { setImmediate } from "node:timers/promises";
import {
  type Arm,
  type Channel,
  type Prices,
  parseChannel,
  parseEnvelope,
  parsePrices,
  refuse,
} from "@haggle/abi";
import { type TrustedRoot, verifyChannel, verifyPrices } from "@haggle/sdk";
import type { SignedDocument } from "@haggle/sdk/sign";
import type { ChainedRoot } from "@haggle/sdk/trust";
import type { Clock } from "../../platform/clock.ts";
import { notify, type Queryable } from "../../platform/database/database.ts";
import type { OnlineKeys } from "../../platform/online-keys.ts";
import { type Registry, TOPIC } from "./registry.ts";
import { dropPricesBytes, findMissingRelease, type Head, type Kind, listHeads } from "./store.ts";

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
  clock: Clock;
  findNewestRoot: (db: Queryable) => Promise<ChainedRoot>;
};

/** How long the first document of a channel lives that is made here, and each prices document. */
const LIFE_MS = 24 * 60 * 60 * 1000;
/** A prices document is kept whole for so long after it was made: twice the hour that bounds on changes look back on. */
const PRICES_KEPT_MS = 2 * 60 * 60 * 1000;

/** Signs new channel and prices documents with the online keys, one behind the other, in the caller's transaction. */
export function createChannelChanges({ registry, keys, sign, clock, findNewestRoot }: Dependencies) {
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
   * nothing. That they keep the bounds of the releases that they name is for the caller to see to.
   */
  async function changePrices(
    tx: Queryable,
    name: string,
    make: (before: Prices | undefined) => Promise<PricesChange | undefined>,
  ): Promise<Prices | undefined> {
    const [head, { trusted: root }] = await Promise.all([
      registry.lockHead(tx, name, "prices"),
      findNewestRoot(tx),
    ]);
    const before = head && parsePrices(parseEnvelope(head.document, "prices").payload);
    // A shop may have a hundred thousand prices: in between, this process answers.
    await setImmediate();
    const change = await make(before);
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
    await put(tx, head, next, root);
    return next;
  }

  /** Signs a document again, as `prolong` has it. False when `bytes` is not the newest one of its kind any more. */
  async function renew(
    tx: Queryable,
    { channel, kind, bytes }: { channel: string; kind: Kind; bytes: Uint8Array },
    prolong: <T extends Channel | Prices>(document: T) => T,
  ): Promise<boolean> {
    const head = await registry.lockHead(tx, channel, kind);
    if (head === undefined || Buffer.compare(head.document, bytes) !== 0) return false;
    const { trusted: root } = await findNewestRoot(tx);
    const { payload } = parseEnvelope(bytes, kind);
    const document = kind === "channel" ? parseChannel(payload) : parsePrices(payload);
    await put(tx, head, prolong(document), root);
    return true;
  }

  async function put(
    tx: Queryable,
    before: Head | undefined,
    document: Channel | Prices,
    trusted: TrustedRoot,
    /** What is written or looked at together with it, on the same way to the database; what fails undoes it too. */
    beside: () => readonly (Promise<unknown> | undefined)[] = () => [],
  ): Promise<void> {
    const { channel } = document;
    const kind = document.type as Kind;
    const signed = await sign(document, trusted);
    // Without a floor of its own: the row is held, and its version is one below.
    const expected = { now: clock(), channel };
    if (kind === "channel") await verifyChannel(signed.bytes, trusted, expected);
    else {
      await setImmediate();
      await verifyPrices(signed.bytes, trusted, expected);
    }
    const { sha256, bytes } = signed;
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
    for (const { channel, kind } of await listHeads(tx)) {
      const head = await registry.lockHead(tx, channel, kind);
      if (head === undefined || (await registry.isSignedUnder(head, trusted))) continue;
      if (trusted.root.roles[kind].threshold > 1 || keys.find(kind, trusted) === undefined) continue;
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

  return { changeChannel, changePrices, createChannel, renew, resign };
}
