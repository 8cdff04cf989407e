import {
  MAX_EXPERIMENTS,
  maxEnvelopeBytes,
  parseEnvelope,
  parseExperiments,
  refuse,
  type Experiments as SignedExperiments,
} from "@haggle/abi";
import { checkExperiments, verifyExperiments } from "@haggle/sdk/experiments";
import type { Clock } from "../../platform/clock.ts";
import { notify, type Queryable } from "../../platform/database/database.ts";
import { toDocument } from "../../platform/document.ts";
import type { Releases } from "../releases/service.ts";
import { TOPIC } from "./follower.ts";
import type { Head } from "./store.ts";
import * as store from "./store.ts";

export type Documents = ReturnType<typeof createDocuments>;

type Dependencies = {
  tenant: string;
  releases: Pick<Releases, "findNewestRoot" | "sign">;
  clock: Clock;
};

/** As channel documents live: signed again at half of it. */
const LIFE_MS = 24 * 60 * 60 * 1000;

/** Makes the signed document of a channel from what runs on it, in the transaction of whoever changes that. */
export function createDocuments({ tenant, releases, clock }: Dependencies) {
  /**
   * Makes the next document. The caller holds the head, so nothing of the channel changes meanwhile.
   *
   * @throws HaggleError EXPERIMENT_*, SERVER_KEY_MISSING, SERVER_KEY_UNUSABLE, SERVER_KEY_NOT_IN_ROOT, SERVER_NO_ROOT,
   * DOCUMENT_TOO_LARGE
   */
  async function publish(tx: Queryable, head: Head): Promise<SignedExperiments> {
    const { channel } = head;
    const rows = await store.listExperiments(tx, channel);
    const experiments = rows
      .filter(({ state }) => state === "running")
      .map(({ definition, phase }) => ({ ...definition, phase }));
    const paused = rows
      .filter(({ state }) => state === "paused")
      .slice(0, MAX_EXPERIMENTS)
      .map(({ key, phase, definition }) => ({ key, control: definition.variants[0]!.key, phase }));
    if (experiments.length > MAX_EXPERIMENTS) {
      throw refuse("SERVER_TOO_MANY_EXPERIMENTS", "experiments", experiments.length);
    }
    checkExperiments(experiments);
    const { trusted } = await releases.findNewestRoot(tx);
    const issued = Math.max(clock(), issuedOf(head));
    const next: SignedExperiments = {
      type: "experiments",
      // As channel documents count, so that clients which saw an earlier life of the channel accept this one.
      version: head.version === 0 ? Math.floor(issued / 1_000) : head.version + 1,
      ...(trusted.root.tenant !== undefined && { tenant: trusted.root.tenant }),
      issued,
      expires: issued + LIFE_MS,
      channel,
      experiments,
      ...(paused.length > 0 && { paused }),
    };
    const { bytes } = await releases.sign(next, trusted);
    if (bytes.length > maxEnvelopeBytes("experiments")) {
      throw refuse("SERVER_TOO_MANY_EXPERIMENTS", "experiments", bytes.length);
    }
    await verifyExperiments(bytes, trusted, { now: clock(), channel });
    const { sha256 } = toDocument(bytes);
    await store.putDocument(tx, { channel, version: next.version, sha256, document: bytes }, clock());
    await notify(tx, TOPIC, tenant);
    return next;
  }

  /** The same again with a new life. False when there is a newer one than `seen`. */
  async function renew(
    tx: Queryable,
    { channel, version }: Pick<Head, "channel" | "version">,
  ): Promise<boolean> {
    const head = await store.lockHead(tx, channel);
    if (head.version !== version) return false;
    await publish(tx, head);
    return true;
  }

  return { publish, renew };
}

function issuedOf({ document }: Head): number {
  return document === null ? 0 : parseExperiments(parseEnvelope(document, "experiments").payload).issued;
}
