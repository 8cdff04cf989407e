import type { Facts } from "./provider.ts";
import type { PaymentRow, Settled } from "./store.ts";

/** The amounts of a payment. */
export type Sums = Pick<
  PaymentRow,
  | "authorised"
  | "captured"
  | "voided"
  | "refunded"
  | "capturing"
  | "refunding"
  | "isVoiding"
  | "declined"
  | "reference"
>;

/**
 * A payment as it stands by what its provider says, and what of its operations was settled by that just now. Sums never
 * shrink, so a message that is late, or comes twice, changes nothing.
 */
export function merge(
  before: Sums,
  facts: Omit<Facts, "reference"> & { reference: string | null },
  settled: readonly Settled[],
): Sums {
  const refunded = Math.max(before.refunded, facts.refunded);
  const captured = Math.max(before.captured, facts.captured, refunded);
  const authorised = Math.max(before.authorised, facts.authorised, captured);
  const failed = (kind: Settled["kind"]) =>
    settled.filter((one) => one.kind === kind && one.state === "failed");
  const sum = (some: readonly Settled[]) => some.reduce((total, { amount }) => total + amount, 0);
  const [refusal] = failed("authorise");
  return {
    reference: before.reference ?? facts.reference,
    authorised,
    captured,
    voided: Math.max(before.voided, facts.voided),
    refunded,
    // What the provider did without being asked, in its own pages, counts as asked for.
    capturing: Math.max(captured, before.capturing - sum(failed("capture"))),
    refunding: Math.max(refunded, before.refunding - sum(failed("refund"))),
    isVoiding: before.isVoiding && failed("void").length === 0,
    declined: authorised > 0 ? null : refusal === undefined ? before.declined : (refusal.code ?? "declined"),
  };
}

/** What of it is promised and not taken. */
export function openOf({
  authorised,
  captured,
  voided,
}: Pick<Sums, "authorised" | "captured" | "voided">): number {
  return Math.max(0, authorised - captured - voided);
}

/** What the order may count on, should all go well. */
export function countedOf({ amount, ...sums }: Sums & { amount: number }): number {
  if (sums.declined !== null) return 0;
  return sums.authorised === 0 ? amount : sums.captured + openOf(sums);
}
