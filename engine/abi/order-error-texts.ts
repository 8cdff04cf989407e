// What the codes of orders mean: part of the texts in error-texts.ts.

export const ORDER_TEXTS = {
  ORDER_KEY_NEEDED: "An order is placed with an Idempotency-Key, so that it is placed once",
  ORDER_STATE: "The order is in another state than this needs; the value is its state",
  ORDER_STOCK_LOST: "What was reserved for the order was gone before it was placed; place it again",
  ORDER_UNKNOWN: "There is no such order",
  BUDGET_SPENT: "Too little is left of a budget for what the order takes of it",
  BUDGET_BAD_AMOUNT: "Money has amounts by currency, and what is counted otherwise one amount",
  BUDGET_OTHER: "The budget of this id counts something else; take another id",
  CAMPAIGN_UNKNOWN: "There is no such campaign",
  COUPON_UNKNOWN: "There is no such code, or it is good for nothing here and now",
  COUPON_USED_UP: "The code, or its campaign, has no use left; the value is the campaign",
  COUPON_OFF: "The code or its campaign was switched off; the value is the campaign",
  COUPON_FOREIGN: "The code is for another customer; the value is the campaign",
  COUPON_TAKEN: "Another campaign has this code",
  COUPON_BAD_ROW: "A row is a code with, where they are stated, uses, customer, from and until",
  COUPON_BAD_FILE: "The file cannot be read as what its content type says",
  COUPON_TOO_MANY: "A file has at most 1,000,000 codes",
  COUPON_BATCH_UNKNOWN: "The campaign has no such batch of codes",
  COUPON_BATCH_STATE: "The codes of the batch are not all made yet, or were forgotten; the value is its state",
  RETURN_UNKNOWN_LINE: "The order has no such line",
  RETURN_TOO_MANY: "The customer has fewer units of the line; the value is how many",
  RETURN_UNSEEN: "What is kept back is shown first: look at the preview, and say what refund it told",
  RETURN_CHANGED: "The refund is another one by now; the value is what it would be",
  RETURN_NOT_PRICED:
    "What stays cannot be priced by itself any more, for the reason of the value; return it without clawback",
};
