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

/** Flash sales. `at` is the JSON path, or the name of the field. */
export const FLASH_SALE_CODES = [
  "FLASH_SALE_TOKEN_NEEDED",
  "FLASH_SALE_TOKEN_ENDED",
  "FLASH_SALE_OTHER_UNIT",
  "FLASH_SALE_LIMIT",
  "FLASH_SALE_BAD_TIME",
  "FLASH_SALE_OVERLAP",
  "FLASH_SALE_STATE",
  "FLASH_SALE_FULL",
  "FLASH_SALE_UNKNOWN",
] as const;

/** The catalog. `at` is the JSON path, the name of the field, or of a CSV file the name of the column. */
export const CATALOG_CODES = [
  "CATALOG_BAD_ROW",
  "CATALOG_DUPLICATE",
  "CATALOG_PRODUCT_DIFFERS",
  "CATALOG_NO_PRODUCT",
  "CATALOG_BAD_FILE",
  "CATALOG_TOO_LARGE",
  "CATALOG_REFUSED",
  "CATALOG_INTERRUPTED",
  "CATALOG_BUSY",
  "CATALOG_PRODUCT_IN_USE",
  "CATALOG_OWNS_SKU",
  "CATALOG_UNKNOWN_PRODUCT",
  "CATALOG_UNKNOWN_VARIANT",
  "CATALOG_UNKNOWN_IMPORT",
] as const;

/** Who buys. `at` is the JSON path, such as `rows[3].segments[0]`. */
export const CUSTOMER_CODES = [
  "CUSTOMER_BAD_ROW",
  "CUSTOMER_TOO_MANY",
  "CUSTOMER_COUNTER",
  "CUSTOMER_UNKNOWN",
] as const;

/** Tax tables. `at` is the JSON path, such as `rates[2].until`. */
export const TAX_CODES = [
  "TAX_BAD_RATE",
  "TAX_BAD_TIME",
  "TAX_OVERLAP",
  "TAX_UNKNOWN_REGION",
  "TAX_UNKNOWN_CLASS",
] as const;

/** How goods come to a customer. `at` is the JSON path, such as `prices[0].tiers[1].upTo`. */
export const SHIPPING_CODES = [
  "SHIPPING_BAD_TIERS",
  "SHIPPING_NOT_OFFERED",
  "SHIPPING_UNKNOWN_METHOD",
] as const;

/** What the shop stands by. `at` is the JSON path, such as `lines[3].sku`, or the name of the field. */
export const QUOTE_CODES = [
  "QUOTE_PRICE_FIELD",
  "QUOTE_UNKNOWN_FIELD",
  "QUOTE_UNKNOWN_SKU",
  "QUOTE_NO_PRICE",
  "QUOTE_FORBIDDEN",
  "QUOTE_BUSY",
  "QUOTE_BATCH_TOO_LARGE",
  "QUOTE_UNKNOWN",
  "QUOTE_EXPIRED",
  "QUOTE_USED",
  "QUOTE_REVOKED",
] as const;

/** A file of pricing strategies, and what is done with its versions. `at` is the JSON path, such as `strategies[0].rule`. */
export const STRATEGY_CODES = [
  "STRATEGY_NOT_YAML",
  "STRATEGY_TOO_LARGE",
  "STRATEGY_TORN",
  "STRATEGY_BAD_FIELD",
  "STRATEGY_UNKNOWN_FIELD",
  "STRATEGY_DUPLICATE",
  "STRATEGY_NEVER",
  "STRATEGY_UNKNOWN_RULE",
  "STRATEGY_VERSION_TAKEN",
  "STRATEGY_SUPERSEDED",
  "STRATEGY_UNKNOWN_VERSION",
  "STRATEGY_STATE",
  "STRATEGY_FILE_MISSING",
  "STRATEGY_WITHDRAWN",
] as const;
