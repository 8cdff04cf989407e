/** Why something was taken off, where the code of the demo's rule, spelt out, would tell a shopper little. */
export const REASONS_EN: Readonly<Record<string, string>> = {
  BUNDLE: "Bought together",
  BUY_X_GET_Y: "Free with the others",
  CATEGORY_PERCENT: "Category offer",
  COUPON_AMOUNT: "Coupon",
  SEGMENT_PERCENT: "For members",
  TIER_1: "First step of savings",
  TIER_2: "Second step of savings",
  TO_COUPON: "To use your coupon",
  TO_TIER_1: "To the first step of savings",
};
