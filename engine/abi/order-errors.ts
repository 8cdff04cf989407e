// Codes of orders and what belongs to them: part of the list in errors.ts.

/** Orders. `at` is the name of the field. */
export const ORDER_CODES = ["ORDER_KEY_NEEDED", "ORDER_STATE", "ORDER_STOCK_LOST", "ORDER_UNKNOWN"] as const;

/** Campaigns, their budgets and codes. `at` is the JSON path, such as `budgets[0].amounts`, or the line of a file. */
export const BUDGET_CODES = [
  "BUDGET_SPENT",
  "BUDGET_BAD_AMOUNT",
  "BUDGET_OTHER",
  "CAMPAIGN_UNKNOWN",
  "COUPON_UNKNOWN",
  "COUPON_USED_UP",
  "COUPON_OFF",
  "COUPON_FOREIGN",
  "COUPON_TAKEN",
  "COUPON_BAD_ROW",
  "COUPON_BAD_FILE",
  "COUPON_TOO_MANY",
  "COUPON_BATCH_UNKNOWN",
  "COUPON_BATCH_STATE",
] as const;

/** What comes back of an order. `at` is the name of the field. */
export const RETURN_CODES = [
  "RETURN_UNKNOWN_LINE",
  "RETURN_TOO_MANY",
  "RETURN_UNSEEN",
  "RETURN_CHANGED",
  "RETURN_NOT_PRICED",
] as const;

/** Money of orders, and what left for it. `at` is the name of the field, or the JSON path. */
export const PAYMENT_CODES = [
  "PAYMENT_KEY_NEEDED",
  "PAYMENT_PROVIDER",
  "PAYMENT_BAD_CALLBACK",
  "PAYMENT_DECLINED",
  "PAYMENT_TOO_MUCH",
  "PAYMENT_STATE",
  "PAYMENT_UNKNOWN",
  "SHIPMENT_UNKNOWN",
  "SHIPMENT_UNKNOWN_LINE",
  "SHIPMENT_TOO_MANY",
  "SHIPMENT_UNPAID",
] as const;
