/** Those that OFREP has; there is none for a value by default. */
export type FlagReason = "STATIC" | "TARGETING_MATCH" | "SPLIT" | "DISABLED" | "UNKNOWN";

/** What a flag is for somebody. It advises: no price follows from it. */
export type Flag = {
  key: string;
  value: string | number | boolean;
  variant?: string;
  reason: FlagReason;
  metadata?: Readonly<Record<string, string | number | boolean>>;
};
