import { formatPercent, parsePercent, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { regionsAround } from "../../platform/region.ts";
import { type Condition, checkCondition, writeHeld } from "../../platform/revision.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";
import type { TaxRate, TaxTableView } from "./schema.ts";
import * as store from "./store.ts";

export type Taxes = ReturnType<typeof createTaxes>;

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  clock: Clock;
};

/** Tax rates by class, region and time. Whether prices have the tax in them already, the release's policy says. */
export function createTaxes({ database, audit, outbox, clock }: Dependencies) {
  const tell = createTell({ audit, outbox });

  return {
    async list(): Promise<TaxTableView[]> {
      return (await store.listTables(database)).map(toView);
    },
    /** @throws HaggleError TAX_UNKNOWN_REGION */
    async get(region: string): Promise<TaxTableView> {
      const table = await store.findTable(database, region);
      if (table === undefined) throw refuse("TAX_UNKNOWN_REGION", "region", region);
      return toView(table);
    },
    /**
     * The whole table of a region, in the place of what it had.
     *
     * @throws HaggleError TAX_BAD_RATE, TAX_BAD_TIME, TAX_OVERLAP, SERVER_CHANGED
     */
    async put(
      region: string,
      rates: readonly TaxRate[],
      condition: Condition,
      by: By,
    ): Promise<TaxTableView> {
      const given = readRates(rates);
      return database.transaction(async (tx) => {
        const held = await store.lockTable(tx, region);
        const before = held && toView((await store.findTable(tx, region))!);
        await writeHeld(held, condition, {
          update: () => store.countChange(tx, region, clock()),
          insert: () => store.insertTable(tx, region, clock()),
        });
        await store.replaceRates(tx, region, given);
        const after = toView((await store.findTable(tx, region))!);
        const data = { region, revision: after.revision };
        const object = `taxes:${region}`;
        await tell(tx, by, { action: "taxes.put", subject: region, data, object, before, after });
        return after;
      });
    },
    /** @throws HaggleError TAX_UNKNOWN_REGION, SERVER_CHANGED */
    async remove(region: string, condition: Condition, by: By): Promise<void> {
      await database.transaction(async (tx) => {
        const held = await store.lockTable(tx, region);
        checkCondition(held, condition);
        if (held === undefined) throw refuse("TAX_UNKNOWN_REGION", "region", region);
        const before = toView((await store.findTable(tx, region))!);
        await store.deleteTable(tx, region);
        const object = `taxes:${region}`;
        await tell(tx, by, { action: "taxes.deleted", subject: region, data: { region }, object, before });
      });
    },
    /**
     * The rate of each class at an instant, as a decimal string of percent: that of the region, or of the nearest around it
     * that has one.
     *
     * @example await taxes.resolve(["standard", "food"], "DE-BY", Date.now()) // Map { "standard" => "19", "food" => "7" }
     * @throws HaggleError TAX_UNKNOWN_CLASS for the first one that has none
     */
    async resolve(
      classes: readonly string[],
      region: string,
      at: number,
      db: Queryable = database,
    ): Promise<Map<string, string>> {
      const regions = regionsAround(region);
      const rates = await store.resolveRates(db, { classes, regions, at });
      const found = new Map(rates.map(({ taxClass, ppm }) => [taxClass, formatPercent(ppm)]));
      const missing = classes.findIndex((taxClass) => !found.has(taxClass));
      if (missing >= 0) throw refuse("TAX_UNKNOWN_CLASS", `classes[${missing}]`, classes[missing]);
      return new Map(classes.map((taxClass) => [taxClass, found.get(taxClass)!]));
    },
  };
}

/** As they are stored. */
function readRates(rates: readonly TaxRate[]): store.StoredRate[] {
  const read = rates.map(({ taxClass, rate, from = 0, until = null }, index) => {
    if (until !== null && until <= from) throw refuse("TAX_BAD_TIME", `rates[${index}].until`, until);
    return { taxClass, ppm: parsePercent(rate, `rates[${index}].rate`, "TAX_BAD_RATE"), from, until };
  });
  // By class and time: what overlaps then lies side by side.
  const inOrder = [...read.entries()].sort(([, a], [, b]) =>
    a.taxClass < b.taxClass ? -1 : a.taxClass > b.taxClass ? 1 : a.from - b.from,
  );
  for (const [place, [index, rate]] of inOrder.entries()) {
    const [index2, before] = inOrder[place - 1] ?? [];
    if (index2 === undefined || before === undefined || before.taxClass !== rate.taxClass) continue;
    if (before.until !== null && before.until <= rate.from) continue;
    const later = Math.max(index, index2);
    throw refuse("TAX_OVERLAP", `rates[${later}]`, rate.taxClass);
  }
  return read;
}

function toView({ rates, ...table }: store.StoredTable): TaxTableView {
  return {
    ...table,
    rates: rates.map(({ taxClass, ppm, from, until }) => ({
      taxClass,
      rate: formatPercent(ppm),
      ...(from > 0 && { from }),
      ...(until !== null && { until }),
    })),
  };
}
