/** Those that OFREP has; there is none for a value by default. */
export type Reason = "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DISABLED" | "UNKNOWN";

type Flag = {
  key: string;
  value: string | number | boolean;
  variant?: string;
  reason: Reason;
  metadata?: Readonly<Record<string, string | number | boolean>>;
};

/** A flag as an answer of OFREP. */
export function encodeFlag({ key, value, variant, reason, metadata }: Flag): string {
  return JSON.stringify({ key, value, variant, reason, metadata });
}
