// The memory map and the record layouts, compiled by both `tsc` and `asc`: plain integer constants, nothing else.
// Little endian, every record aligned to 8 bytes, i64 fields at multiples of 8. Version 0 may still change.

export const ABI_MAGIC = 0x304c4748; // "HGL0" read as little endian
export const ABI_VERSION = 0;

// ---- The memory map. One fixed memory (min = max); untouched pages are never committed by the host's kernel.
export const PAGE_BYTES = 0x10000;
export const MEMORY_PAGES = 128; // 8 MiB: 1,000 lines x 100 promotions with one share each need about 5 MiB
export const CONTROL = 0x400;
export const CONTROL_BYTES = 0x40;
export const TABLE = 0x1000;
export const TABLE_CAPACITY = 0x7f000;
export const CART = 0x80000;
export const CART_CAPACITY = 0x180000;
export const DECISION = 0x200000;
export const DECISION_CAPACITY = 0x300000;
export const SCRATCH = 0x500000; // the engine's own working area: category index, postings, remainders
export const SCRATCH_CAPACITY = 0x280000;
export const STATIC = 0x780000; // the bundle's static data; the arena of the running rule follows it
export const MEMORY_BYTES = 0x800000;

// ---- Control block: what the host and the engine tell each other outside the records.
export const CONTROL_PHASE = 0;
export const CONTROL_CURRENT = 4; // index of the promotion whose rule runs
export const CONTROL_FAULT = 8; // written by the host before `resume`: why the current rule stopped
export const CONTROL_SLICE = 12; // fuel that each rule may use
export const CONTROL_OFF = 16; // address of one byte per promotion: 1 switches it off (channel document), 0 when there is none
export const CONTROL_SERVER = 20; // 1 on the server, where promotions that read what only it knows may run

export const PHASE_IDLE = 0;
export const PHASE_RULE = 1;
export const PHASE_RESOLVER = 2;
export const PHASE_DONE = 3;

export const FAULT_NONE = 0;
export const FAULT_FUEL = 1;
export const FAULT_TRAP = 2;
export const FAULT_STACK = 3;
export const FAULT_MONEY = 4; // an amount outside +-2^53
export const FAULT_CAPACITY = 5; // more effects than MAX_EFFECTS, more offers or shares than the decision holds

// ---- Numbers
export const NONE = -1; // "no index", as i32
export const PPM = 1_000_000; // percentages and rates are integers in parts per million
export const SYMBOL_UNKNOWN = 0; // equals nothing, not even another 0

// ---- Limits. Checked before anything is written; a cart of the largest size fits its region.
export const MAX_LINES = 1000;
export const MAX_SHIPPING = 64;
export const MAX_COUPONS = 64;
export const MAX_SEGMENTS = 256;
export const MAX_ALLOWANCES = 1024;
export const MAX_CATEGORIES = 64; // per line
export const MAX_ATTRIBUTES = 64; // per line and per customer
export const MAX_STRING = 256; // UTF-16 units of any string in a cart
export const MAX_QUANTITY = 1_000_000;
export const MAX_PROMOTIONS = 5000; // 64 bytes each: with their parameters they fit TABLE_CAPACITY
export const MAX_SYMBOLS = 20_000; // strings that a bundle and its promotion table compare with
export const MAX_EFFECTS = 1064; // of one promotion: one for each line and each shipping entry
export const MAX_TAGS = 256; // strings in one parameter

// ---- Cart header
export const CART_MAGIC = 0;
export const CART_VERSION = 4;
export const CART_LENGTH = 8;
export const CART_FLAGS = 12;
export const CART_NOW = 16; // i64, epoch ms
export const CART_CURRENCY = 24; // three ASCII letters, first letter lowest
export const CART_MINOR_DIGITS = 28;
export const CART_CHANNEL = 32;
export const CART_MARKET = 36;
export const CART_TIME_ZONE = 40;
export const CART_PAYMENT_METHOD = 44;
export const CART_LINE_COUNT = 48;
export const CART_LINES = 52;
export const CART_SHIPPING_COUNT = 56;
export const CART_SHIPPING = 60;
export const CART_COUPON_COUNT = 64;
export const CART_COUPONS = 68;
export const CART_ALLOWANCE_COUNT = 72;
export const CART_ALLOWANCES = 76;
export const CART_SEGMENT_COUNT = 80;
export const CART_SEGMENTS = 84;
export const CART_TIER = 88;
export const CART_ORDERS = 92;
export const CART_ATTRIBUTE_COUNT = 96; // the customer's
export const CART_ATTRIBUTES = 100;
export const CART_SUBTOTAL = 104; // i64, the engine's
export const CART_SHIPPING_TOTAL = 112; // i64, the engine's
export const CART_QUANTITY = 120; // i64, the engine's
export const CART_HEADER = 128;

export const CART_HAS_CUSTOMER = 1;
export const CART_LOGGED_IN = 2;

// ---- Line record, in canonical order
export const LINE_UNIT_PRICE = 0;
export const LINE_UNIT_COST = 8;
export const LINE_MIN_UNIT_PRICE = 16;
export const LINE_TOTAL = 24; // the engine's: unit price x quantity
export const LINE_DISCOUNT = 32; // the engine's: granted so far
export const LINE_QUANTITY = 40;
export const LINE_FLAGS = 44;
export const LINE_SKU = 48;
export const LINE_PRODUCT = 52;
export const LINE_SKU_GROUP = 56; // ids of this call in canonical order, from 1; 0 when no rule groups
export const LINE_PRODUCT_GROUP = 60;
export const LINE_TAX_RATE = 64; // ppm
export const LINE_CATEGORY_COUNT = 68;
export const LINE_CATEGORIES = 72; // address of u32 symbols
export const LINE_ATTRIBUTE_COUNT = 76;
export const LINE_ATTRIBUTES = 80;
export const LINE_INDEX = 84;
export const LINE_STRIDE = 88;

export const LINE_HAS_COST = 1;
export const LINE_HAS_MIN = 2;
export const LINE_HAS_TAX = 4;
export const LINE_SUBSCRIPTION = 8;

// ---- Shipping record
export const SHIPPING_PRICE = 0;
export const SHIPPING_DISCOUNT = 8; // the engine's
export const SHIPPING_METHOD = 16;
export const SHIPPING_TAX_RATE = 20;
export const SHIPPING_FLAGS = 24;
export const SHIPPING_STRIDE = 32;
export const SHIPPING_HAS_TAX = 1;

// ---- Attribute entry
export const ATTRIBUTE_KEY = 0;
export const ATTRIBUTE_KIND = 4;
export const ATTRIBUTE_VALUE = 8; // i64, or a symbol in its low half
export const ATTRIBUTE_STRIDE = 16;
export const ATTRIBUTE_SYMBOL = 1;
export const ATTRIBUTE_INTEGER = 2;
export const ATTRIBUTE_BOOLEAN = 3;

// ---- Allowance entry
export const ALLOWANCE_KEY = 0;
export const ALLOWANCE_REMAINING = 8;
export const ALLOWANCE_STRIDE = 16;

// ---- Promotion table
export const TABLE_MAGIC = 0;
export const TABLE_VERSION = 4;
export const TABLE_LENGTH = 8;
export const TABLE_COUNT = 12;
export const TABLE_PROMOTIONS = 16;
export const TABLE_SYMBOL_COUNT = 20; // symbols run from 1 to this
export const TABLE_READS = 24; // READS_* bits of all rules
export const TABLE_GROUP_COUNT = 28; // groups run from 1 to this
export const TABLE_HEADER = 32;

export const PROMOTION_RULE = 0; // index of the rule in the bundle
export const PROMOTION_PARAMETERS = 4; // address of the parameter block, 0 for a rule without one
export const PROMOTION_PRIORITY = 8;
export const PROMOTION_GROUP = 12; // 0 none, else a dense id from 1
export const PROMOTION_GROUP_MODE = 16;
export const PROMOTION_FLAGS = 20;
export const PROMOTION_COUPON = 24; // symbol, 0 none
export const PROMOTION_BUDGET = 28; // symbol, 0 none
export const PROMOTION_FROM = 32; // i64 epoch ms, inclusive
export const PROMOTION_UNTIL = 40; // i64 epoch ms, exclusive
export const PROMOTION_STRIDE = 48;

export const PROMOTION_SERVER_ONLY = 1;
export const PROMOTION_HAS_COUPON = 2;
export const GROUP_STACK = 0;
export const GROUP_FIRST = 1;

// What a bundle's rules look at, so that the host encodes no more than that.
export const READS_CATEGORIES = 1;
export const READS_SKU = 2;
export const READS_PRODUCT = 4;
export const READS_LINE_ATTRIBUTES = 8;
export const READS_SEGMENTS = 16;
export const READS_CUSTOMER_ATTRIBUTES = 32;
export const READS_GROUPS = 64;

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
export const DECISION_PROMOTION_COUNT = 64;
export const DECISION_PROMOTIONS = 68;
export const DECISION_OFFER_COUNT = 72;
export const DECISION_OFFERS = 76;
export const DECISION_SHARE_COUNT = 80;
export const DECISION_SHARES = 84;
export const DECISION_HEADER = 88;

// ---- Decided line and decided shipping
export const DECIDED_DISCOUNT = 0;
export const DECIDED_TOTAL = 8;
export const DECIDED_STRIDE = 16;

// ---- Promotion outcome
export const OUTCOME_STATUS = 0;
export const OUTCOME_FAULT = 4;
export const OUTCOME_WANTED = 8;
export const OUTCOME_GRANTED = 16;
export const OUTCOME_STRIDE = 24;

export const STATUS_NOT_ELIGIBLE = 0;
export const STATUS_APPLIED = 1;
export const STATUS_CAPPED = 2; // eligible, but less than wanted was left to take off
export const STATUS_LOST = 3; // an earlier promotion of its group applied
export const STATUS_FAILED = 4; // trapped or ran out of fuel
export const STATUS_INACTIVE = 5; // outside its window, its coupon missing, server only, or switched off

// ---- Offer: one effect that a rule returned, in the order it was resolved
export const OFFER_PROMOTION = 0;
export const OFFER_KIND = 4;
export const OFFER_REASON = 8; // symbol
export const OFFER_TARGET = 12; // line or shipping index, NONE for the order
export const OFFER_WANTED = 16;
export const OFFER_GRANTED = 24;
export const OFFER_STRIDE = 32;

export const KIND_ORDER_AMOUNT = 1;
export const KIND_ORDER_PERCENT = 2;
export const KIND_LINE_AMOUNT = 3;
export const KIND_LINE_PERCENT = 4;
export const KIND_SHIPPING_AMOUNT = 5;
export const KIND_SHIPPING_PERCENT = 6;
export const KIND_LINES_PERCENT = 7; // a percentage off each of several lines, rounded line by line
export const KIND_MESSAGE = 8; // wanted holds what is missing; moves no money

// ---- Share: what one offer took off one line or shipping
export const SHARE_OFFER = 0;
export const SHARE_TARGET = 4;
export const SHARE_AMOUNT = 8;
export const SHARE_STRIDE = 16;

// ---- Parameter block of a promotion: fields in declaration order, each aligned to its size
export const TAGS_COUNT = 0; // a Tags value points at u32 count, u32 symbols...
export const TAGS_SYMBOLS = 4;
export const TAGS_ANY = -1; // count of `Tags.any()`
