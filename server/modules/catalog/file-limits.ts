import type { FileLimits } from "../../platform/file-rows.ts";

/** Of a file of variants. */
export const LIMITS: FileLimits = {
  badFile: "CATALOG_BAD_FILE",
  // A hundred thousand variants have some thirty million.
  maxBytes: 256 * 1024 * 1024,
  tooManyBytes: "CATALOG_TOO_LARGE",
  // Attributes and categories at their longest have less.
  maxRowCharacters: 64 * 1024,
  rowTooLong: "CATALOG_TOO_LARGE",
};
