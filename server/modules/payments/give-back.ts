import { openOf } from "./merge.ts";
import type { NewOperation, PaymentRow } from "./store.ts";

// What goes back of payments. Each plan changes the payments that it is given to what is asked for by it, and they are then
// written with its operations.

export type Wanted = Pick<NewOperation, "payment" | "kind" | "amount" | "cause">;

/** All of a payment: what is promised is let go, what was taken is paid back. */
export function planGiveBack(payment: PaymentRow, cause: string): Wanted[] {
  return [...planVoid(payment, cause), ...planRefund(payment, payment.captured - payment.refunding, cause)];
}

/** What is more than the order costs, now that `payment` has had more. */
export function planSurplus(payment: PaymentRow, others: readonly PaymentRow[], total: number): Wanted[] {
  const all = [...others, payment];
  const surplus = all.reduce((sum, one) => sum + one.captured + promisedOf(one) - one.surplus, 0) - total;
  const promised = promisedOf(payment);
  // Only a promise that is not needed at all is let go: of any other a part is taken later, and no more than is needed.
  const voided = promised > 0 && surplus >= promised ? planVoid(payment, "surplus") : [];
  const amount = Math.min(surplus - promised, payment.captured - payment.refunding);
  if (amount <= 0) return voided;
  payment.surplus += amount;
  return [...voided, ...planRefund(payment, amount, "surplus")];
}

function promisedOf(payment: PaymentRow): number {
  return payment.isVoiding ? 0 : openOf(payment);
}

/** So much of what was taken, from the oldest payment on. @returns undefined where there is not so much */
export function planRefunds(
  payments: readonly PaymentRow[],
  amount: number,
  cause: string,
): Wanted[] | undefined {
  let left = amount;
  const wanted: Wanted[] = [];
  for (const payment of payments) {
    const part = Math.min(left, payment.captured - payment.refunding);
    wanted.push(...planRefund(payment, part, cause));
    left -= Math.max(0, part);
  }
  return left === 0 ? wanted : undefined;
}

/** What of it is promised and asked for by nobody, up to so much. */
export function planCapture(payment: PaymentRow, amount: number, cause: string): Wanted[] {
  const part = Math.min(amount, capturableOf(payment));
  if (part <= 0) return [];
  payment.capturing += part;
  return [{ payment: payment.id, kind: "capture", amount: part, cause }];
}

export function capturableOf({ authorised, capturing, voided, isVoiding }: PaymentRow): number {
  return isVoiding ? 0 : Math.max(0, authorised - capturing - voided);
}

/** Not while some of it is being taken: what that comes to is known later, and looked at then. */
export function planVoid(payment: PaymentRow, cause: string): Wanted[] {
  const amount = capturableOf(payment);
  if (amount === 0 || payment.capturing > payment.captured) return [];
  payment.isVoiding = true;
  return [{ payment: payment.id, kind: "void", amount, cause }];
}

function planRefund(payment: PaymentRow, amount: number, cause: string): Wanted[] {
  if (amount <= 0) return [];
  payment.refunding += amount;
  return [{ payment: payment.id, kind: "refund", amount, cause }];
}
