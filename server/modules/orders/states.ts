// What an order may be, and what it may become of it. The same rows stand in the table order_transitions, to which each row of
// an order's history refers: no statement steps past them.

export const STATES = [
  "draft",
  "reserved",
  "awaiting_payment",
  "paid",
  "fulfilling",
  "shipped",
  "completed",
  "cancelled",
  "expired",
  "returned_in_part",
  "returned",
] as const;

export type OrderState = (typeof STATES)[number];

export const TRANSITIONS: Readonly<Record<OrderState, readonly OrderState[]>> = {
  draft: ["reserved", "cancelled"],
  // Paid at once where there is nothing to pay.
  reserved: ["awaiting_payment", "paid", "cancelled", "expired"],
  awaiting_payment: ["paid", "cancelled", "expired"],
  paid: ["fulfilling", "cancelled"],
  // Cancelled while nothing of it has left.
  fulfilling: ["shipped", "cancelled"],
  shipped: ["completed", "returned_in_part", "returned"],
  completed: ["returned_in_part", "returned"],
  cancelled: [],
  // Money that came late, where its goods could be reserved anew.
  expired: ["paid"],
  returned_in_part: ["returned_in_part", "returned"],
  returned: [],
};

/** From which an order may become this. */
export function statesBefore(to: OrderState): OrderState[] {
  return STATES.filter((from) => TRANSITIONS[from].includes(to));
}
