import { openOf } from "./merge.ts";
import type { PaymentView } from "./schema.ts";
import type { PaymentRow, WholePayment } from "./store.ts";

export function toView({ operations, ...row }: WholePayment): PaymentView {
  const { id, order, provider, capture, amount, currency, reference, declined, createdAt, updatedAt } = row;
  const { authorised, captured, voided, refunded } = row;
  return {
    id,
    order,
    state: stateOf(row),
    provider,
    capture,
    amount,
    currency,
    authorised,
    captured,
    voided,
    refunded,
    ...(reference !== null && { reference }),
    ...(declined !== null && { declined }),
    operations: operations.map(({ code, settledAt, ...operation }) => ({
      ...operation,
      ...(code !== null && { code }),
      ...(settledAt !== null && { settledAt }),
    })),
    createdAt,
    updatedAt,
  };
}

/** The one word that says most. */
function stateOf(row: PaymentRow): PaymentView["state"] {
  const { declined, authorised, captured, refunded } = row;
  if (declined !== null) return "declined";
  if (authorised === 0) return "pending";
  if (refunded > 0) return refunded === captured ? "refunded" : "refunded_in_part";
  if (captured > 0) return openOf(row) > 0 ? "captured_in_part" : "captured";
  return openOf(row) > 0 ? "authorised" : "voided";
}
