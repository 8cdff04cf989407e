// What the codes of orders mean: part of the texts in error-texts.ts.

export const ORDER_TEXTS = {
  ORDER_KEY_NEEDED: "An order is placed with an Idempotency-Key, so that it is placed once",
  ORDER_STATE: "The order is in another state than this needs; the value is its state",
  ORDER_STOCK_LOST: "What was reserved for the order was gone before it was placed; place it again",
  ORDER_UNKNOWN: "There is no such order",
};
