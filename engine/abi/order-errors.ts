// Codes of orders and what belongs to them: part of the list in errors.ts.

/** Orders. `at` is the name of the field. */
export const ORDER_CODES = ["ORDER_KEY_NEEDED", "ORDER_STATE", "ORDER_STOCK_LOST", "ORDER_UNKNOWN"] as const;
