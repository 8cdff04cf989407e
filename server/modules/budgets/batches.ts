// Codes by the hundred thousand. All codes of a batch follow from a seed and their numbers, so that making them can be interrupted
// at any place, and the database keeps none of them: they are handed out as long as the seed is known, and nobody can tell them
// afterwards.

import { createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { By } from "../../platform/scope.ts";
import type { SecretBox } from "../../platform/secret-box.ts";
import { createTell } from "../../platform/tell.ts";
import { startWorker, type Worker } from "../../platform/worker.ts";
import type { Audit } from "../audit/service.ts";
import * as store from "./batch-store.ts";
import { findCampaign } from "./campaign-store.ts";
import type { BatchBody, BatchView } from "./schema.ts";

type Dependencies = {
  database: Database;
  secrets: SecretBox;
  idOf: (code: string) => string;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
  log: Logger;
};

/** In one transaction: some tens of milliseconds. */
const MADE_AT_ONCE = 2_000;
const READ_AT_ONCE = 5_000;
const LISTED = 200;
const SEED_BYTES = 32;
const ID_BYTES = 18;
/** Digits and letters without I, L, O and U, which are taken for others: 60 bits, of which nobody guesses one. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_DIGITS = 12;
const GROUP_DIGITS = 4;
/** Whoever had them made has had time to fetch them. */
const KEPT_MS = 7 * 24 * 3_600_000;
/** For a download that broke off where nobody saw it. */
const KEPT_AFTER_EXPORT_MS = 3_600_000;
const LOOK_EVERY_MS = 2_000;
/** Of those that are under way at once; each has its turn. */
const MAKING = 16;

export function createBatches(dependencies: Dependencies) {
  const { database, secrets, idOf, audit, outbox, clock, log } = dependencies;
  const tell = createTell({ audit, outbox });
  let worker: Worker | undefined;

  async function getRow(campaign: string, id: string): Promise<store.StoredBatch> {
    const row = await store.findBatch(database, id);
    if (row?.campaign !== campaign) throw refuse("COUPON_BATCH_UNKNOWN", "batch", id);
    return row;
  }

  const contextOf = (id: string) => `${database.tenant} coupon batch ${id}`;

  function openSeed({ id, seed }: store.StoredBatch): KeyObject {
    return createSecretKey(secrets.open(seed!, contextOf(id)), "base64url");
  }

  /** @returns whether there was something to make */
  async function makeSome(id: string): Promise<boolean> {
    return database.transaction(async (tx) => {
      const batch = await store.lockMaking(tx, id);
      if (batch === undefined) return false;
      const { prefix, count, made, next } = batch;
      const key = openSeed(batch);
      const ids = Array.from({ length: Math.min(MADE_AT_ONCE, count - made) }, (_, i) =>
        idOf(codeOf(key, prefix, next + i)),
      );
      const isNew = await store.insertBatchCodes(tx, batch, next, ids);
      const forgetAt = clock() + KEPT_MS;
      await store.moveBatch(tx, { id, made: made + isNew, next: next + ids.length, forgetAt });
      return true;
    });
  }

  /** One batch after the other has its turn; one that cannot be made keeps none of the others from it. */
  async function work(): Promise<boolean> {
    const outcomes: boolean[] = [];
    for (const id of await store.listMaking(database, MAKING)) {
      outcomes.push(
        await makeSome(id).catch((cause: unknown) => {
          log.error({ err: cause, batch: id }, "codes of a batch cannot be made");
          return false;
        }),
      );
    }
    await store.forgetSeeds(database, clock());
    return outcomes.includes(true);
  }

  return {
    work,
    /** @throws HaggleError CAMPAIGN_UNKNOWN, SERVER_IDEMPOTENCY_KEY */
    async create(
      campaign: string,
      { count, uses = 1, prefix = "" }: BatchBody,
      by: By,
      repeatable: Repeatable | undefined,
    ): Promise<BatchView> {
      const id = `batch_${randomBytes(ID_BYTES).toString("base64url")}`;
      const seed = secrets.seal(randomBytes(SEED_BYTES).toString("base64url"), contextOf(id));
      const now = clock();
      const { answer } = await database.transaction((tx) =>
        once(tx, repeatable, now, async () => {
          if ((await findCampaign(tx, campaign)) === undefined) {
            throw refuse("CAMPAIGN_UNKNOWN", "id", campaign);
          }
          const batch = { id, campaign, prefix: prefix.toUpperCase(), maxUses: uses, count, createdAt: now };
          await store.insertBatch(tx, { ...batch, seed });
          const data = { campaign, batch: id, count };
          const object = `campaign:${campaign}`;
          await tell(tx, by, { action: "coupons.ordered", subject: campaign, data, object, after: data });
          return toView({ ...batch, made: 0, next: 0, seed, forgetAt: null });
        }),
      );
      worker?.wake();
      return answer;
    },
    /** @throws HaggleError COUPON_BATCH_UNKNOWN */
    get: async (campaign: string, id: string): Promise<BatchView> => toView(await getRow(campaign, id)),
    async list(campaign: string): Promise<BatchView[]> {
      return (await store.listBatches(database, campaign, LISTED)).map(toView);
    },
    /**
     * All codes of a batch, a line each. Once they were told to the end they are told for an hour more.
     *
     * @throws HaggleError COUPON_BATCH_UNKNOWN, COUPON_BATCH_STATE
     */
    async export(campaign: string, id: string, by: By): Promise<AsyncGenerator<string>> {
      const batch = await getRow(campaign, id);
      const { state } = toView(batch);
      if (state !== "made") throw refuse("COUPON_BATCH_STATE", "state", state);
      await database.transaction(async (tx) => {
        const data = { campaign, batch: id };
        const object = `campaign:${campaign}`;
        await tell(tx, by, { action: "coupons.exported", subject: campaign, data, object, after: data });
      });
      return tellCodes(batch);
    },
    /** Makes codes, and forgets seeds, from now on. Returns what ends it. */
    watch(): () => Promise<void> {
      worker = startWorker({ name: "coupon batches", work, everyMs: LOOK_EVERY_MS, log });
      return worker.stop;
    },
  };

  async function* tellCodes(batch: store.StoredBatch): AsyncGenerator<string> {
    const { id, prefix } = batch;
    const key = openSeed(batch);
    yield "code\n";
    for (let after = -1; ; ) {
      const numbers = await store.listNumbers(database, { id, after, limit: READ_AT_ONCE });
      if (numbers.length > 0) yield numbers.map((number) => `${codeOf(key, prefix, number)}\n`).join("");
      if (numbers.length < READ_AT_ONCE) break;
      after = numbers.at(-1)!;
    }
    await store.forgetBatch(database, id, clock() + KEPT_AFTER_EXPORT_MS);
  }
}

/** @example codeOf(key, "SUMMER", 0) // "SUMMER-7Q2K-9XHD-M4TE" */
function codeOf(key: KeyObject, prefix: string, number: number): string {
  const bytes = createHmac("sha256", key).update(String(number)).digest();
  let code = prefix;
  for (let i = 0; i < CODE_DIGITS; i++) {
    if (i % GROUP_DIGITS === 0 && code !== "") code += "-";
    code += DIGITS[bytes[i]! & 31];
  }
  return code;
}

function toView(row: store.StoredBatch): BatchView {
  const { id, campaign, count, made, maxUses: uses, prefix, seed, forgetAt, createdAt } = row;
  return {
    id,
    campaign,
    state: made < count ? "making" : seed === null ? "forgotten" : "made",
    count,
    made,
    uses,
    ...(prefix !== "" && { prefix }),
    ...(forgetAt !== null && { forgottenAt: forgetAt }),
    createdAt,
  };
}
