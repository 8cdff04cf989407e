import type { Place } from "./queue-store.ts";
import type { StandingView } from "./schema.ts";
import type { SaleQueue } from "./store.ts";
import type { FlashSaleTokens } from "./tokens.ts";

export type Standing = {
  view: StandingView;
  /** When to ask again, in seconds; undefined where there is nothing to wait for. */
  retryAfterS: number | undefined;
};

/** Where somebody stands who has not been let in, by the ticket alone or as the database has him. */
export type Seat = { unit: string; place: number | null };

/** A ticket outlives its sale, which may be made longer. */
const TICKET_LIFE_MS = 24 * 60 * 60 * 1000;
const MAX_RETRY_MS = 30_000;
const MIN_RETRY_MS = 1_000;
/** Of a turn: whoever waits asks at least so often, or would find it half over. */
const RETRIES_IN_A_TURN = 4;

/** What those who queue are told, and the tokens that they are given. Pure, but for the tokens' secret. */
export function createStandings({ seal }: Pick<FlashSaleTokens, "seal">) {
  function toTicket({ id, until }: SaleQueue, { unit, place }: Seat): string {
    const ticket = { sale: id, unit, ...(place !== null && { place }) };
    return seal("ticket", ticket, until + TICKET_LIFE_MS);
  }

  return {
    /** @param pace shoppers who are let in each second, as it was measured; undefined where nobody was */
    waiting(sale: SaleQueue, seat: Seat, { now, pace }: { now: number; pace: number | undefined }): Standing {
      const position = seat.place === null ? undefined : Math.max(1, seat.place - sale.head);
      const untilStartMs = Math.max(0, sale.from - now);
      const queueMs = position === undefined ? undefined : estimateMs(sale, position, pace);
      const waitMs = queueMs === undefined ? undefined : untilStartMs + queueMs;
      const soonest = waitMs ?? untilStartMs;
      const longest = Math.min(MAX_RETRY_MS, sale.turnMs / RETRIES_IN_A_TURN);
      const retryMs = Math.max(MIN_RETRY_MS, Math.min(soonest / 2, longest));
      return {
        view: {
          state: "waiting",
          ticket: toTicket(sale, seat),
          ...(position !== undefined && { position }),
          ...(waitMs !== undefined && { waitMs }),
          ...(untilStartMs > 0 && { startsAt: sale.from }),
        },
        retryAfterS: Math.ceil(retryMs / 1000),
      };
    },
    /** As the database has it: let in, over, or still waiting. */
    of(sale: SaleQueue, place: Place, at: { now: number; pace: number | undefined }): Standing {
      if (hasEnded(sale, at.now)) return this.ended();
      if (isOver(sale, place, at.now)) return { view: { state: "over" }, retryAfterS: undefined };
      if (place.admittedAt === null) return this.waiting(sale, place, at);
      const turnUntil = Math.min(place.admittedAt + sale.turnMs, sale.until);
      const purchaseToken = seal("purchase", { sale: sale.id, unit: place.unit }, turnUntil);
      return {
        view: { state: "admitted", ticket: toTicket(sale, place), purchaseToken, turnUntil },
        retryAfterS: undefined,
      };
    },
    ended: (): Standing => ({ view: { state: "ended" }, retryAfterS: undefined }),
  };
}

/** Whether it sells nothing more by its rules. */
export function hasEnded({ until, endedAt }: SaleQueue, now: number): boolean {
  return endedAt !== null || now >= until;
}

/** Whether somebody had a turn, or gave it up. */
export function isOver({ turnMs }: SaleQueue, { admittedAt, leftAt }: Place, now: number): boolean {
  return leftAt !== null || (admittedAt !== null && admittedAt + turnMs <= now);
}

/** From the moment at which the sale runs. Where as many may be in as are, and nobody was let in yet: the most it can be. */
function estimateMs(
  { perSecond, atOnce, turnMs }: SaleQueue,
  position: number,
  pace: number | undefined,
): number {
  const each = perSecond ?? pace;
  if (each !== undefined) return Math.ceil((position * 1000) / each);
  return Math.ceil(position / atOnce!) * turnMs;
}
