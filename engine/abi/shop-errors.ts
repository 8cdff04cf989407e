// Codes of what a shop runs on: part of the list in errors.ts.

/** What a shop sells, as prices need it. `at` is the JSON path, such as `rows[3].listPrice`. */
export const SKU_CODES = ["SKU_BAD_ROW", "SKU_TOO_MANY", "SKU_CURRENCY", "SKU_UNKNOWN"] as const;

/** Stock and reservations. `at` is the JSON path, or the name of the field. */
export const INVENTORY_CODES = [
  "INVENTORY_SHORT",
  "INVENTORY_TIMEOUT",
  "INVENTORY_BUSY",
  "INVENTORY_EXPIRED",
  "INVENTORY_STATE",
  "INVENTORY_ATTEMPT",
  "INVENTORY_OTHER_LINES",
  "INVENTORY_TOO_MANY",
  "INVENTORY_LOCATION_IN_USE",
  "INVENTORY_UNKNOWN_LOCATION",
  "INVENTORY_UNKNOWN_SKU",
  "INVENTORY_UNKNOWN_RESERVATION",
] as const;
