import { refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database } from "../../platform/database/database.ts";
import { openSealedTokens } from "../../platform/sealed-tokens.ts";

/** Whose place it is. `place` is undefined where it is for the lot to say. */
export type Ticket = { sale: string; unit: string; place?: number };

type Kinds = { ticket: Ticket; purchase: { sale: string; unit: string } };

export type FlashSaleTokens = Awaited<ReturnType<typeof openFlashSaleTokens>>;

export async function openFlashSaleTokens(database: Database, clock: Clock) {
  const tokens = await openSealedTokens<Kinds>(database, "flash-sales", clock);
  return {
    ...tokens,
    /**
     * Whether the turn is over is seen where a reservation is made: what was reserved in time may be asked for again.
     *
     * @throws HaggleError SERVER_BAD_TOKEN, FLASH_SALE_OTHER_UNIT where somebody else is to be its unit
     */
    openPurchase(token: string, whose: string | undefined) {
      const { sale, unit, expires } = tokens.read("purchase", token);
      if (whose !== undefined && whose !== unit) throw refuse("FLASH_SALE_OTHER_UNIT", "unit", whose);
      return { ration: rationOf(sale), unit, expires };
    },
  };
}

/** What stock calls the pieces that a sale rations. */
export function rationOf(sale: string): string {
  return `flash-sale:${sale}`;
}
