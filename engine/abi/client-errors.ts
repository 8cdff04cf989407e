// Codes of what runs at a storefront: part of the list in errors.ts.

/** The SDK's client, which keeps a page on the newest release. */
export const CLIENT_CODES = [
  "CLIENT_NETWORK",
  "CLIENT_STATUS",
  "CLIENT_TOO_LARGE",
  "CLIENT_NO_RELEASE",
  "CLIENT_NO_SERVER",
  "CLIENT_CLOSED",
  "CLIENT_STATE",
  "CLIENT_STATE_DAMAGED",
  "CLIENT_EXPOSURES_LOST",
] as const;

/** A receipt, and what was shown with it. `at` is the field of the receipt that says otherwise. */
export const RECEIPT_CODES = ["RECEIPT_OTHER_QUOTE", "RECEIPT_OTHER_CART", "RECEIPT_OTHER_DECISION"] as const;
