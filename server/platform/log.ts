import { type DestinationStream, type Logger, pino } from "pino";
import { maskKeys } from "./mask.ts";

/** What may carry a secret or a person. Bodies and headers are not logged at all; this is the second line. */
const REDACTED = [
  "authorization",
  "cookie",
  "coupons",
  "*.authorization",
  "*.cookie",
  "*.coupons",
  "*.customer",
  "req.headers.authorization",
  "req.headers.cookie",
  'req.headers["x-api-key"]',
  'res.headers["set-cookie"]',
];

/** JSON lines on standard output, or on `destination`. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    redact: { paths: REDACTED, censor: "[redacted]" },
    hooks: { streamWrite: maskKeys },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
