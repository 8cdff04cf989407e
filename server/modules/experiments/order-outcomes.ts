import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { type EventRow, insertEvents, listOutcomes } from "./event-store.ts";

export type OrderOutcomes = ReturnType<typeof createOrderOutcomes>;

/** In which variants an order was priced, and who was assigned them. */
export type Bought = {
  order: string;
  /** When it was paid, epoch ms. */
  at: number;
  currency: string;
  valueMinor: number;
  discountMinor: number;
  /** Where costs are known. */
  marginMinor: number | undefined;
  variants: readonly { experiment: string; variant: string; unit: string }[];
};

/** What comes back of it. `number` counts them: 1, 2, 3 ... */
export type Returned = {
  order: string;
  number: number;
  at: number;
  refundMinor: number;
  discountMinor: number;
};

type Dependencies = {
  database: Database;
  /** All of them, as this process last saw them. */
  experiments: { listDefinitions: () => readonly { key: string }[] };
  clock: Clock;
};

/**
 * Outcomes of experiments by what orders say, each once, however often it is told: its id is the order's. Whoever was not exposed
 * to the variant is counted as any other outcome of nobody.
 */
export function createOrderOutcomes({ database, experiments, clock }: Dependencies) {
  /** The outcome of an order, and those of what came back of it before, by experiment. */
  async function findOutcomes(
    order: string,
    returns: number,
  ): Promise<Map<string, [bought: EventRow, ...returned: EventRow[]]>> {
    const known = experiments.listDefinitions().map(({ key }) => key);
    const ids = Array.from({ length: returns }, (_, i) => returnOf(order, i + 1));
    const rows = await listOutcomes(database, known, [boughtOf(order), ...ids]);
    const found = new Map<string, [EventRow, ...EventRow[]]>();
    for (const row of rows) if (row.id === boughtOf(order)) found.set(row.experiment, [row]);
    for (const row of rows) if (row.id !== boughtOf(order)) found.get(row.experiment)?.push(row);
    return found;
  }

  return {
    /** It is paid: a conversion, with what it brought. */
    async bought({ order, at, variants, ...money }: Bought): Promise<void> {
      const rows = variants.map(
        ({ experiment, variant, unit }): EventRow => ({
          experiment,
          id: boughtOf(order),
          type: "outcome",
          unit,
          variant,
          at,
          received_at: clock(),
          metric: "revenue",
          currency: money.currency,
          value_minor: money.valueMinor,
          discount_minor: money.discountMinor,
          margin_minor: money.marginMinor,
        }),
      );
      if (rows.length > 0) await insertEvents(database, rows);
    },
    /** Some of it came back. Of its margin as much goes as of its money. */
    async returned({ order, number, at, refundMinor, discountMinor }: Returned): Promise<void> {
      const found = await findOutcomes(order, number - 1);
      const rows = [...found.values()].map(([bought, ...before]): EventRow => {
        const value = bought.value_minor ?? 0;
        const refunded = before.reduce((sum, row) => sum - row.value_minor!, 0);
        const margin = bought.margin_minor ?? undefined;
        return {
          ...bought,
          id: returnOf(order, number),
          at,
          received_at: clock(),
          value_minor: -refundMinor,
          is_back: true,
          discount_minor: discountMinor,
          ...(margin !== undefined && {
            margin_minor: partOf(margin, refunded, value) - partOf(margin, refunded + refundMinor, value),
          }),
        };
      });
      if (rows.length > 0) await insertEvents(database, rows);
    },
    /** All of it, and it had been paid. */
    async undone(order: string, at: number): Promise<void> {
      const rows = [...(await findOutcomes(order, 0)).values()].map(
        ([bought]): EventRow => ({
          ...bought,
          id: returnOf(order, 1),
          at,
          received_at: clock(),
          value_minor: -bought.value_minor!,
          is_back: true,
          ...(bought.margin_minor !== null && { margin_minor: -bought.margin_minor! }),
        }),
      );
      if (rows.length > 0) await insertEvents(database, rows);
    },
  };
}

/** Of the server's own events. */
function boughtOf(order: string): string {
  return `~${order}`;
}

function returnOf(order: string, number: number): string {
  return `~${order}.${number}`;
}

/** As much of the margin as `part` is of the whole: parts that follow each other add up to it. */
function partOf(marginMinor: number, part: number, whole: number): number {
  return whole === 0 ? 0 : Number((BigInt(marginMinor) * BigInt(part)) / BigInt(whole));
}
