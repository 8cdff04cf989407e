import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";
import { findCampaign } from "./campaign-store.ts";
import * as store from "./code-store.ts";
import type { Periods } from "./periods.ts";
import type { CodeBody, CodeView } from "./schema.ts";

type Dependencies = {
  database: Database;
  idOf: (code: string) => string;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  periodsOf: (now: number) => Periods;
  clock: Clock;
};

/** Codes one by one. No event and no record names one: whoever reads them could use it. */
export function createCodes({ database, idOf, audit, outbox, periodsOf, clock }: Dependencies) {
  const tell = createTell({ audit, outbox });

  /** @throws HaggleError COUPON_UNKNOWN */
  async function look(code: string): Promise<CodeView> {
    const periods = periodsOf(clock());
    const id = idOf(code);
    const [[row], used] = await Promise.all([
      store.listCodes(database, { ids: [id], customer: null, periods }),
      store.countUses(database, id),
    ]);
    if (row === undefined) throw refuse("COUPON_UNKNOWN", "code");
    const { campaign, customer, maxUses, from, until, isOff } = row;
    return {
      campaign,
      ...(maxUses !== null && { uses: maxUses }),
      ...(customer !== null && { customer }),
      ...(from !== null && { from }),
      ...(until !== null && { until }),
      isOff,
      used,
    };
  }

  return {
    look,
    /**
     * One that somebody has chosen. The same one again changes nothing of it.
     *
     * @returns whether it is new
     * @throws HaggleError CAMPAIGN_UNKNOWN, COUPON_TAKEN, SERVER_BAD_REQUEST
     */
    async add(campaign: string, body: CodeBody, by: By): Promise<boolean> {
      const code = toNewCode(body, idOf);
      return database.transaction(async (tx) => {
        if ((await findCampaign(tx, campaign)) === undefined)
          throw refuse("CAMPAIGN_UNKNOWN", "id", campaign);
        const isNew = (await store.insertCodes(tx, campaign, [code])).length > 0;
        if (!isNew) {
          const taken = await store.listTaken(tx, campaign, [code.id]);
          if (taken.length > 0) throw refuse("COUPON_TAKEN", "code");
          return false;
        }
        const data = { campaign, codes: 1 };
        const object = `campaign:${campaign}`;
        await tell(tx, by, { action: "coupons.added", subject: campaign, data, object, after: data });
        return true;
      });
    },
    /** @throws HaggleError COUPON_UNKNOWN */
    async switch(
      campaign: string,
      { code, isOff }: { code: string; isOff: boolean },
      by: By,
    ): Promise<CodeView> {
      await database.transaction(async (tx) => {
        const isKnown = await store.switchCode(tx, { campaign, id: idOf(code), isOff });
        if (!isKnown) throw refuse("COUPON_UNKNOWN", "code");
        const data = { campaign, isOff };
        const object = `campaign:${campaign}`;
        await tell(tx, by, { action: "coupon.switched", subject: campaign, data, object, after: data });
      });
      return look(code);
    },
  };
}

/** @throws HaggleError SERVER_BAD_REQUEST */
export function toNewCode(
  { code, uses, customer, from, until }: CodeBody,
  idOf: (code: string) => string,
): store.NewCode {
  if (from !== undefined && until !== undefined && until <= from) {
    throw refuse("SERVER_BAD_REQUEST", "until", until);
  }
  return {
    id: idOf(code),
    customer: customer ?? null,
    maxUses: uses ?? null,
    from: from ?? null,
    until: until ?? null,
  };
}
