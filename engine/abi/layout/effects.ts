// Effects: what a rule returns and what a promotion states as data.

// ---- Effect: what a rule returns and what a promotion states as data, one layout for both
export const EFFECT_VALUE = 0; // i64: minor units or ppm
export const EFFECT_TARGET = 8; // TARGET_*
export const EFFECT_TYPE = 12; // TYPE_*
export const EFFECT_REASON = 16; // symbol
export const EFFECT_SELECTS = 20; // SELECTS_*
export const EFFECT_SELECTION = 24; // address of a line, a selection, a filter or tags
export const EFFECT_MORE = 28; // address of what plain effects do not need, 0 none
export const EFFECT_STRIDE = 32;

export const TARGET_UNIT = 1; // each unit
export const TARGET_LINE = 2; // each line, once
export const TARGET_LINES = 3; // several lines together: one amount, split
export const TARGET_ORDER = 4; // all goods together: one amount, split
export const TARGET_SHIPPING = 5;
export const TARGET_GIFT = 6; // a line that the engine adds
export const TARGET_POINTS = 7; // no money
export const TARGET_CASHBACK = 8; // money, but not off this order
export const TARGET_MESSAGE = 9; // value is what is missing; moves no money

export const TYPE_AMOUNT = 0;
export const TYPE_PERCENT = 1;
export const TYPE_PRICE = 2; // what it shall cost
export const TYPE_UNITS = 3; // messages: pieces, not money

export const SELECTS_ALL = 0;
export const SELECTS_LINE = 1;
export const SELECTS_LINES = 2;
export const SELECTS_FILTER = 3;
export const SELECTS_METHODS = 4; // shipping: address of tags

// ---- What an effect may say beyond value and selection. -1 (NONE) is no limit.
export const MORE_MAX_AMOUNT = 0; // i64: of the whole effect
export const MORE_MAX_PER_LINE = 8; // i64
export const MORE_MAX_PER_UNIT = 16; // i64
export const MORE_MAX_UNITS = 24; // units in all
export const MORE_MAX_UNITS_PER_LINE = 28;
export const MORE_PICK = 32; // PICK_*: the order in which units are taken
export const MORE_GROUPS_OF = 36; // only full groups of so many units; 1 is any number
export const MORE_SKIP = 40; // units or lines left out at the start
export const MORE_EVERY = 44; // then the first of every so many; 1 is each
export const MORE_OVER = 48; // OVER_*: what skip and every count
export const MORE_PER = 52; // PER_GROUP_*: buy, get and groups are counted apart for each
export const MORE_BUY_QUANTITY = 56; // 0: nothing to buy first
export const MORE_BUY_FILTER = 60; // address, 0: the goods of the effect itself
export const MORE_BUY_PICK = 64;
export const MORE_GET_QUANTITY = 68;
export const MORE_MAX_TIMES = 72;
export const MORE_FLAGS = 76;
export const MORE_BASE = 80; // BASE_*
export const MORE_SPLIT = 84; // SPLIT_*
export const MORE_CAP_SPLIT = 88; // how a cap is shared out: CAP_*
export const MORE_TIERS = 92; // address
export const MORE_TIER_COUNT = 96;
export const MORE_TIER_BY = 100; // TIER_BY_*
export const MORE_TIER_MODE = 104; // TIER_*
export const MORE_SLOTS = 108; // address: the goods of a bundle
export const MORE_SLOT_COUNT = 112;
export const MORE_GIFT_SKU = 116; // symbol
export const MORE_GIFT_PRODUCT = 120; // symbol
export const MORE_GIFT_QUANTITY = 124; // pieces, or pieces for each unit of the selection
export const MORE_GIFT_PRICE = 128; // i64
export const MORE_PRICE_OF = 136; // address of a filter: TYPE_PRICE means the lowest unit price of these lines
export const MORE_STRIDE = 144;

export const MORE_PARTIAL = 1; // fewer units than the last get asks for will do
export const MORE_BUY_FIRST = 2; // bought units are set aside before free ones
export const MORE_GIFT_PER_UNIT = 4;
export const MORE_DISCOUNT_PRESENT = 8; // a gift that is in the cart already is discounted there
export const MORE_EACH = 16; // shipping: each entry by itself
export const MORE_BUY_SELECTION = 32; // MORE_BUY_FILTER is a selection that the rule made, not a filter
export const MORE_SLOT_SELECTIONS = 64; // so is each SLOT_FILTER

export const PICK_CHEAPEST = 0;
export const PICK_DEAREST = 1;
export const PICK_GIVEN = 2; // the order of the lines
export const PICK_LARGEST = 3; // lines of descending quantity, then the order of the lines

export const OVER_UNITS = 0;
export const OVER_LINES = 1;

export const PER_GROUP_ALL = 0;
export const PER_GROUP_PRODUCT = 1;
export const PER_GROUP_SKU = 2;
export const PER_GROUP_LINE = 3;

export const SPLIT_POLICY = 0;
export const SPLIT_PROPORTIONAL = 1;
export const SPLIT_QUANTITY = 2;
export const SPLIT_EVEN = 3;

export const CAP_WANTED = 0; // in proportion to what each line was to get
export const CAP_TOTALS = 1; // in proportion to the line totals
export const CAP_ORDER = 2; // line by line until nothing is left

export const TIER_BY_GOODS = 0; // goods total of the order
export const TIER_BY_TOTAL = 1; // total of the selection
export const TIER_BY_QUANTITY = 2; // units of the selection
export const TIER_BY_LINE_TOTAL = 3;
export const TIER_BY_LINE_QUANTITY = 4;
export const TIER_WHOLE = 0; // the highest tier reached holds for all
export const TIER_MARGINAL = 1; // each tier holds for what lies in it

export const TIER_FROM = 0; // i64
export const TIER_VALUE = 8; // i64
export const TIER_STRIDE = 16;

export const SLOT_FILTER = 0; // address
export const SLOT_QUANTITY = 4;
export const SLOT_STRIDE = 8;
