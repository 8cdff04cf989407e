// What was accepted, in the database: the one truth of all servers of a tenant.

import { hash } from "node:crypto";
import {
  type Arm,
  type Channel,
  type Envelope,
  HaggleError,
  type Prices,
  parseChannel,
  parseEnvelope,
  parseRelease,
  parseRoot,
  type Release,
  type Root,
  refuse,
} from "@haggle/abi";
import { type TrustedRoot, verifyChannel, verifyPrices, verifyRoot } from "@haggle/sdk";
import type { TrustState } from "@haggle/sdk/trust";
import type { Clock } from "../../platform/clock.ts";
import { type Database, notify, type Queryable } from "../../platform/database/database.ts";
import { joinSignatures } from "./cosigned.ts";
import { isEqual } from "./folder.ts";
import type { ArmFiles } from "./other-arms.ts";
import {
  claimReleaseVersion,
  deleteRootsFrom,
  findHead,
  findNewestRootVersion,
  findRelease,
  findRoot,
  type Head,
  hasDocument,
  insertBundle,
  insertDocument,
  insertRelease,
  insertRoot,
  type Kind,
  listHeads,
  lockHead,
  replaceHead,
  replaceRelease,
} from "./store.ts";

/** Of what changed in the registry, whatever it was. */
export const TOPIC = "channel";

export type Registry = ReturnType<typeof createRegistry>;

/** What there is to follow. */
export type Snapshot = { root: number; heads: readonly Head[] };

/** A document as it goes into a head. */
export type NewDocument = {
  channel: string;
  kind: Kind;
  document: Pick<Channel | Prices, "version">;
  sha256: string;
  bytes: Uint8Array;
  /** Told the head that it replaces, whose row is held; what it throws refuses the document. */
  check?: ((head: Uint8Array) => void) | undefined;
};

export type News = "new" | "known" | "behind";

type Acceptance = {
  channel: string;
  state: TrustState;
  /** What the other arms of its channel document price with, as far as it is new. */
  others?: readonly ArmFiles[];
  /** Roots of before, as far as they are known. */
  history: ReadonlyMap<number, Uint8Array>;
  /** The operator said anew whom to trust: his root takes the place of another one of its version. */
  trustsAnew: boolean;
  /** Held against the channel document that this one replaces; what it throws refuses all. */
  check?: ((head: Uint8Array) => void) | undefined;
  /** Lets prices in force be those of what a channel gives from now on. */
  carryPrices: (tx: Queryable, channel: string, arms: readonly Arm[]) => Promise<void>;
};

export function createRegistry({ database, clock }: { database: Database; clock: Clock }) {
  /**
   * Takes over what an updater has accepted, whole or not at all, before it counts for this process. A channel document
   * that another process has already replaced by a newer one is no news. Resolves with whether there are other prices since.
   *
   * @throws HaggleError DOCUMENT_EQUIVOCATION, DOCUMENT_ROLLBACK, SERVER_DATABASE
   */
  async function accept(acceptance: Acceptance): Promise<boolean> {
    const { channel, state, others = [], history, trustsAnew, check, carryPrices } = acceptance;
    const trusted = await verifyRoot(state.roots.at(-1)!);
    const document = await verifyChannel(state.channel, trusted, { channel });
    const prices = state.prices && (await findVerified(verifyPrices(state.prices, trusted, { channel })));
    return database.transaction(async (tx) => {
      for (const bytes of [...history.values(), ...state.roots]) await acceptRoot(tx, bytes, trustsAnew);
      for (const files of [state, ...others]) await storeRelease(tx, files, trusted);
      const news: (News | undefined)[] = [];
      const [head, held] = await Promise.all([
        findHead(tx, channel, "channel"),
        findHead(tx, channel, "prices"),
      ]);
      // Prices before their channel, as everywhere. A kill leaves them as they are, and waits for nobody who holds them; nor are
      // they held, while others are signed below, for prices from before the newest ones.
      const isOther = prices !== undefined && !isEqual(held?.document, state.prices);
      if (isOther && (await mayFollow(held, prices.prices, trusted))) {
        const { prices: document, sha256 } = prices;
        const next: NewDocument = { channel, kind: "prices", document, sha256, bytes: state.prices! };
        // Two of one version are for the updater to tell; they keep nobody from a channel document.
        news.push(await findVerified(acceptHead(tx, trusted, next)));
      }
      if (head !== undefined && givesOther(head, document.channel))
        await carryPrices(tx, channel, document.channel.arms);
      const newest = await findHead(tx, channel, "prices");
      const isNews = await acceptHead(tx, trusted, {
        channel,
        kind: "channel",
        document: document.channel,
        sha256: document.sha256,
        bytes: state.channel,
        check,
      });
      news.push(isNews);
      if (news.includes("new")) await notify(tx, TOPIC, database.tenant);
      return newest !== undefined && !isEqual(newest.document, state.prices);
    });
  }

  async function acceptRoot(tx: Queryable, bytes: Uint8Array, trustsAnew: boolean): Promise<void> {
    const { payload } = parseEnvelope(bytes, "root");
    const { version } = parseRoot(payload);
    const root = { version, sha256: hash("sha256", payload), document: bytes, now: clock() };
    if (await insertRoot(tx, root)) return;
    const known = await findRoot(tx, version);
    if (known?.sha256 === root.sha256) return;
    if (!trustsAnew) throw refuse("DOCUMENT_EQUIVOCATION", "root", root.sha256);
    await deleteRootsFrom(tx, version);
    await insertRoot(tx, root);
  }

  async function storeRelease(
    tx: Queryable,
    { release, bundle }: ArmFiles,
    { root }: TrustedRoot,
  ): Promise<void> {
    const envelope = parseEnvelope(release, "release");
    const document = parseRelease(envelope.payload);
    await insertBundle(tx, { sha256: document.bundles[0]!.sha256, document: bundle, now: clock() });
    const sha256 = hash("sha256", envelope.payload);
    const signers = listSigners(envelope, root);
    const row = { ...describeRelease(document), sha256, signers, document: release, now: clock() };
    if (await insertRelease(tx, row)) {
      await claimReleaseVersion(tx, document.version);
      return;
    }
    const known = (await findRelease(tx, sha256))!;
    const joined = joinSignatures(known, envelope);
    if (joined === undefined) return;
    const all = listSigners(parseEnvelope(joined, "release"), root);
    await replaceRelease(tx, { sha256, signers: all, document: joined });
  }

  /**
   * `new`: the newest now. `known`: it was that already, or once. `behind`: prices that are neither; the newest that an
   * updater knew come along with every channel document.
   *
   * @throws HaggleError DOCUMENT_ROLLBACK, DOCUMENT_EQUIVOCATION
   */
  async function acceptHead(tx: Queryable, trusted: TrustedRoot, next: NewDocument): Promise<News> {
    const before = await lockHead(tx, next.channel, next.kind);
    // Nobody holds a row that is not there yet: who comes second finds the other's.
    if (before === undefined)
      return (await putHead(tx, undefined, next)) ? "new" : acceptHead(tx, trusted, next);
    if (before.sha256 === next.sha256) return "known";
    if (await isSignedUnder(before, trusted)) {
      const { channel, kind, document } = next;
      const { version } = document;
      if (version <= before.version) {
        if (await hasDocument(tx, { channel, kind, fileSha256: hash("sha256", next.bytes) })) return "known";
        if (version === before.version) throw refuse("DOCUMENT_EQUIVOCATION", `${kind}.version`, version);
        if (kind === "prices") return "behind";
        throw refuse("DOCUMENT_ROLLBACK", `${kind}.version`, version);
      }
    }
    next.check?.(before.document);
    await putHead(tx, before, next);
    return "new";
  }

  /**
   * Makes a document the newest one behind `before`, whose row the transaction holds. False when there was none before,
   * and somebody else has put one there.
   */
  async function putHead(
    tx: Queryable,
    before: Head | undefined,
    { channel, kind, document, sha256, bytes }: NewDocument,
  ): Promise<boolean> {
    const { version } = document;
    const edition = (before?.edition ?? 0) + 1;
    const fileSha256 = hash("sha256", bytes);
    const head: Head = { channel, kind, edition, version, sha256, fileSha256, document: bytes };
    if (before === undefined) {
      if (!(await replaceHead(tx, head))) return false;
      await insertDocument(tx, head, clock());
      return true;
    }
    // The row is held: where it is another all the same, whoever asks for this gives the transaction up.
    const [isPut] = await Promise.all([replaceHead(tx, head), insertDocument(tx, head, clock())]);
    return isPut;
  }

  return {
    tenant: database.tenant,
    database,
    accept,
    acceptHead,
    isSignedUnder,
    putHead,
    lockHead,
    async look(): Promise<Snapshot> {
      const [root, heads] = await Promise.all([findNewestRootVersion(database), listHeads(database)]);
      return { root, heads };
    },
    /** Whether these bytes were once the newest document of their kind. */
    isKnown: (channel: string, kind: Kind, bytes: Uint8Array): Promise<boolean> =>
      hasDocument(database, { channel, kind, fileSha256: hash("sha256", bytes) }),
    /** Calls `look` when something may have changed, until the returned function is called. */
    watch: (look: () => void): (() => void) => database.listen(TOPIC, look),
  };
}

/** Who of the authors signed, by key id. */
export function listSigners({ signatures }: Envelope, { roles }: Root): string[] {
  return signatures.map(({ keyid }) => keyid).filter((keyid) => roles.release.keyids.includes(keyid));
}

export function describeRelease({ version, issued, expires, bundles, promotions }: Release) {
  return { version, issued, expires, bundle: bundles[0]!.sha256, promotions: promotions.length };
}

/** Whether a newer document gives shoppers other releases than before. */
function givesOther({ version, document }: Head, next: Channel): boolean {
  if (version >= next.version) return false;
  try {
    const { arms } = parseChannel(parseEnvelope(document, "channel").payload);
    const [given, wanted] = [arms, next.arms].map((each) => each.map(({ release }) => release).join());
    return given !== wanted;
  } catch (cause) {
    if (cause instanceof HaggleError) return true;
    throw cause;
  }
}

/** Whether a document may take the place of the newest one. */
async function mayFollow(
  head: Head | undefined,
  { version }: Pick<Prices, "version">,
  trusted: TrustedRoot,
): Promise<boolean> {
  return head === undefined || version > head.version || !(await isSignedUnder(head, trusted));
}

/** Under another root versions count from the beginning where the key that signed them is gone. */
async function isSignedUnder({ channel, kind, document }: Head, trusted: TrustedRoot): Promise<boolean> {
  const verified =
    kind === "channel"
      ? verifyChannel(document, trusted, { channel })
      : verifyPrices(document, trusted, { channel });
  return (await findVerified<unknown>(verified)) !== undefined;
}

async function findVerified<T>(verified: Promise<T>): Promise<T | undefined> {
  try {
    return await verified;
  } catch (cause) {
    if (cause instanceof HaggleError) return undefined;
    throw cause;
  }
}

/** Whether there is nothing new for those who follow a channel. */
export function isSameHeads(a: Snapshot, b: Snapshot, channel: string): boolean {
  const editions = ({ root, heads }: Snapshot): string =>
    [root, ...heads.filter((head) => head.channel === channel).map(toEdition)].join();
  return editions(a) === editions(b);
}

function toEdition({ kind, edition, fileSha256 }: Head): string {
  return `${kind} ${edition} ${fileSha256}`;
}
