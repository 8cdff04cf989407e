import type { OrderState } from "./schema.ts";
import type { OrderRow } from "./store.ts";

/** Without whose it is and what is in it. */
export function toState(row: Omit<OrderRow, "stock" | "lines" | "attempt" | "customer">): OrderState {
  const { id, quote, state, channel, release, currency, total, authorised, captured, refunded } = row;
  const { latePayment, expiresAt, createdAt, updatedAt } = row;
  return {
    id,
    quote,
    state,
    channel,
    release,
    currency,
    total,
    authorised,
    captured,
    refunded,
    latePayment,
    created: createdAt,
    updated: updatedAt,
    expires: expiresAt,
  };
}
