// Placeholder of types until the next commit.
export type LedgerEntry = {
  /** `order`: what is of no line, such as rounding to coins. */
  part: "line" | "shipping" | "order";
  /** The id of the line or of the way of shipping. */
  line: string;
  /** Of the units 0 .. quantity - 1 of the line: from this one on, so many. */
  firstUnit: number;
  units: number;
  /** `taxIncluded` is in the price already, and in no sum. */
  kind: "price" | "discount" | "tax" | "taxIncluded" | "rounding";
  /** Whose discount it is. */
  promotion: string | null;
  reason: string | null;
  /** Of each of these units, as whoever pays sees it: a discount is negative. */
  amountEach: number;
};
