// The records of a decision.

// ---- Decision header
export const DECISION_MAGIC = 0;
export const DECISION_VERSION = 4;
export const DECISION_LENGTH = 8;
export const DECISION_CURRENCY = 12;
export const DECISION_SUBTOTAL = 16;
export const DECISION_DISCOUNT_TOTAL = 24; // goods and shipping
export const DECISION_SHIPPING_TOTAL = 32; // after discounts
export const DECISION_TOTAL = 40;
export const DECISION_LINE_COUNT = 48;
export const DECISION_LINES = 52; // addresses, as everywhere
export const DECISION_SHIPPING_COUNT = 56;
export const DECISION_SHIPPING = 60;
export const DECISION_PROMOTION_COUNT = 64; // candidates
export const DECISION_PROMOTIONS = 68;
export const DECISION_OFFER_COUNT = 72;
export const DECISION_OFFERS = 76;
export const DECISION_SHARE_COUNT = 80;
export const DECISION_SHARES = 84;
export const DECISION_TAX_TOTAL = 88; // i64; 0 where no tax is computed
export const DECISION_CASH = 96; // i64: what cash rounding added to the total, or took
export const DECISION_ADDED_COUNT = 104;
export const DECISION_ADDED = 108;
export const DECISION_CLAIM_COUNT = 112;
export const DECISION_CLAIMS = 116;
export const DECISION_FLAGS = 120;
export const DECISION_HEADER = 128;

export const DECISION_GREEDY = 1; // a `best` group was too large to search exactly
export const DECISION_MARGIN = 2; // the margin floor held something back
export const DECISION_PRICED = 4; // a pricing rule changed unit prices

// ---- Decided line and decided shipping
export const DECIDED_DISCOUNT = 0;
export const DECIDED_TOTAL = 8;
export const DECIDED_TAX = 16;
export const DECIDED_STRIDE = 24;

// ---- Promotion outcome, by position among the candidates
export const OUTCOME_STATUS = 0;
export const OUTCOME_DETAIL = 4; // failed: FAULT_*; not eligible: the condition; lost and stopped: to which candidate
export const OUTCOME_WANTED = 8;
export const OUTCOME_GRANTED = 16;
export const OUTCOME_STRIDE = 24;

export const STATUS_NOT_ELIGIBLE = 0; // detail: the condition that failed, NONE when the rule said no
export const STATUS_APPLIED = 1;
export const STATUS_CAPPED = 2; // eligible, but less than wanted was left to take off
export const STATUS_LOST = 3; // another member of its group won, or an exclusive promotion stands alone
export const STATUS_FAILED = 4; // trapped or ran out of fuel
export const STATUS_INACTIVE = 5; // outside its window, its coupon missing, server only, or switched off
export const STATUS_STOPPED = 6; // behind a promotion that lets nothing follow
export const STATUS_EXHAUSTED = 7; // an allowance is used up, and the policy drops what does not fit

// ---- Offer: one effect, in the order in which it was resolved
export const OFFER_PROMOTION = 0; // position among the candidates
export const OFFER_TARGET = 4; // TARGET_*
export const OFFER_REASON = 8; // symbol
export const OFFER_TYPE = 12; // TYPE_*
export const OFFER_WANTED = 16;
export const OFFER_GRANTED = 24;
export const OFFER_STRIDE = 32;

// ---- Share: what one offer took off one line or shipping
export const SHARE_OFFER = 0;
export const SHARE_TARGET = 4; // index of the line or the shipping entry
export const SHARE_AMOUNT = 8; // i64
export const SHARE_UNITS = 16; // so many units of the line carry it
export const SHARE_FIRST = 20; // from this unit on
export const SHARE_STRIDE = 24;

// ---- Added line: a gift
export const ADDED_OFFER = 0;
export const ADDED_SKU = 4; // symbol
export const ADDED_PRODUCT = 8; // symbol
export const ADDED_QUANTITY = 12;
export const ADDED_UNIT_PRICE = 16; // i64
export const ADDED_DISCOUNT = 24; // i64
export const ADDED_STRIDE = 32;

// ---- Claim: what a promotion drew from an allowance
export const CLAIM_PROMOTION = 0; // position among the candidates
export const CLAIM_ALLOWANCE = 4; // symbol
export const CLAIM_AMOUNT = 8; // i64
export const CLAIM_STRIDE = 16;
