// The memory map and the record layouts, compiled by both `tsc` and `asc`: plain integer constants, nothing else.
// Little endian, every record aligned to 8 bytes, i64 fields at multiples of 8. Version 0 may still change.

export const ABI_MAGIC = 0x304c4748; // "HGL0" read as little endian
export const ABI_VERSION = 0;

// ---- The memory map. One fixed memory (min = max); untouched pages are never committed by the host's kernel.
export const PAGE_BYTES = 0x10000;
export const MEMORY_PAGES = 256; // 16 MiB: 1,000 lines x 100 promotions with one share each need about 6 MiB
export const CONTROL = 0x400;
export const CONTROL_BYTES = 0x40;
export const CANDIDATES = 0x1000; // u32 indices into the promotion table, ascending: what the host selected for this cart
export const CANDIDATES_CAPACITY = 0x1f000;
export const TABLE = 0x20000;
export const TABLE_CAPACITY = 0x4e0000;
export const CART = 0x500000;
export const CART_CAPACITY = 0x180000;
export const DECISION = 0x680000;
export const DECISION_CAPACITY = 0x380000;
export const SCRATCH = 0xa00000; // the engine's own working area: category index, postings, remainders, snapshots
export const SCRATCH_CAPACITY = 0x500000;
export const STATIC = 0xf00000; // the bundle's static data; the arena of the running rule follows it
export const MEMORY_BYTES = 0x1000000;

// ---- Control block: what the host and the engine tell each other outside the records.
export const CONTROL_RUN = 0; // RUN_*
export const CONTROL_CURRENT = 4; // position among the candidates of the promotion whose rule runs
export const CONTROL_FAULT = 8; // written by the host before `resume`: why the current rule stopped
export const CONTROL_SLICE = 12; // fuel that each rule may use
export const CONTROL_CANDIDATE_COUNT = 16;
export const CONTROL_SERVER = 20; // 1 on the server, where promotions that read what only it knows may run

export const RUN_IDLE = 0;
export const RUN_RULE = 1;
export const RUN_RESOLVER = 2;
export const RUN_DONE = 3;

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
export const MAX_PROMOTIONS = 20_000; // with conditions and effects of the usual size they fit TABLE_CAPACITY
export const MAX_SYMBOLS = 60_000; // strings that a bundle and its promotion table compare with
export const MAX_GROUPS = 1000;
export const MAX_GROUP_DEPTH = 4; // groups inside groups
export const MAX_CONDITIONS = 32; // of one promotion
export const MAX_TABLE_EFFECTS = 32; // of one promotion, stated as data
export const MAX_LIMITS = 8; // of one promotion
export const MAX_CLAUSES = 16; // of one filter
export const MAX_TIERS = 64; // of one effect
export const MAX_SLOTS = 16; // of one bundle of goods
export const MAX_OPTIONS = 12; // eligible members of a `best` group that are searched exactly
export const MAX_SEARCH = 200_000; // sets x members x (lines + 16) up to which a `best` group is searched exactly
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
export const CART_GOODS = 128; // i64, the engine's: goods total on the policy's threshold base
export const CART_LEFT = 136; // i64, the engine's: goods total less what was taken off so far
export const CART_HEADER = 144;

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
export const LINE_USED = 88; // the engine's: units that a promotion used once and for all
export const LINE_CHOSEN = 92; // the engine's: units that the effect at hand chose
export const LINE_CATALOG = 96; // i64, the engine's: what the catalog phase took off the line
export const LINE_WANTED = 104; // i64, the engine's: what the effect at hand wants off the line
export const LINE_FLOOR = 112; // i64, the engine's: the least that the line may cost
export const LINE_STRIDE = 120;

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
export const SHIPPING_WANTED = 32; // i64, the engine's
export const SHIPPING_STRIDE = 40;
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
export const ALLOWANCE_CLAIMED = 16; // i64, the engine's
export const ALLOWANCE_STRIDE = 24;

// ---- Promotion table
export const TABLE_MAGIC = 0;
export const TABLE_VERSION = 4;
export const TABLE_LENGTH = 8;
export const TABLE_COUNT = 12;
export const TABLE_PROMOTIONS = 16;
export const TABLE_SYMBOL_COUNT = 20; // symbols run from 1 to this
export const TABLE_READS = 24; // READS_* bits of all rules, conditions and effects
export const TABLE_GROUP_COUNT = 28; // groups run from 1 to this
export const TABLE_GROUPS = 32; // address of the record of group 1
export const TABLE_POLICY = 36; // address
export const TABLE_ZONE_COUNT = 40; // time zones whose offsets the release carries
export const TABLE_ZONES = 44;
export const TABLE_HEADER = 48;

export const PROMOTION_RULE = 0; // index of the rule in the bundle, NONE when the effects stand in the table
export const PROMOTION_PARAMETERS = 4; // address of the parameter block, 0 for a rule without one
export const PROMOTION_PRIORITY = 8;
export const PROMOTION_GROUP = 12; // 0 none, else a dense id from 1
export const PROMOTION_TREE = 16; // the outermost group, when a group in it has to choose; 0 otherwise
export const PROMOTION_FLAGS = 20;
export const PROMOTION_COUPON = 24; // symbol, 0 none
export const PROMOTION_PHASE = 28; // PHASE_*
export const PROMOTION_FROM = 32; // i64 epoch ms, inclusive
export const PROMOTION_UNTIL = 40; // i64 epoch ms, exclusive
export const PROMOTION_CONDITIONS = 48; // address
export const PROMOTION_CONDITION_COUNT = 52;
export const PROMOTION_EFFECTS = 56; // address
export const PROMOTION_EFFECT_COUNT = 60;
export const PROMOTION_LIMITS = 64; // address
export const PROMOTION_LIMIT_COUNT = 68;
export const PROMOTION_KEYS = 72; // address of tags: without one of these symbols in the cart it cannot apply; 0: no such key
export const PROMOTION_STRIDE = 80;

export const PROMOTION_SERVER_ONLY = 1;
export const PROMOTION_HAS_COUPON = 2;
export const PROMOTION_LINKED = 4; // all effects or none
export const PROMOTION_EXCLUSIVE = 8; // applies alone
export const PROMOTION_STOP_AFTER = 16; // nothing behind it applies
export const PROMOTION_UNITS_ONCE = 32; // the units it takes serve no other promotion that says so
export const PROMOTION_UNDISCOUNTED = 64; // sees only lines that nothing was taken off yet
export const PROMOTION_UNLOCK = 128; // tells what is missing when only a threshold fails
export const PROMOTION_AFTER = 256; // a condition is to hold after the discount: tested again behind it

export const PHASE_CATALOG = 1;
export const PHASE_LINE = 2;
export const PHASE_ORDER = 3;
export const PHASE_SHIPPING = 4;

// ---- Group record
export const GROUP_MODE = 0;
export const GROUP_PER = 4; // PER_ORDER or PER_LINE
export const GROUP_TIES = 8; // which of equal members wins: the one that comes TIES_FIRST or TIES_LAST
export const GROUP_PARENT = 12; // 0 none
export const GROUP_STRIDE = 16;

export const GROUP_STACK = 0;
export const GROUP_FIRST = 1;
export const GROUP_HIGHEST = 2;
export const GROUP_LOWEST = 3;
export const GROUP_BEST = 4;
export const PER_ORDER = 0;
export const PER_LINE = 1;
export const TIES_FIRST = 0;
export const TIES_LAST = 1;

// ---- Limit of a promotion: the allowance that it draws on
export const LIMIT_ALLOWANCE = 0; // symbol
export const LIMIT_COUNTS = 4;
export const LIMIT_STRIDE = 8;
export const COUNTS_USES = 0;
export const COUNTS_MONEY = 1;
export const COUNTS_UNITS = 2;

// ---- Condition
export const CONDITION_KIND = 0;
export const CONDITION_OPERATOR = 4;
export const CONDITION_BASE = 8; // BASE_*
export const CONDITION_FLAGS = 12;
export const CONDITION_FILTER = 16; // address, 0 for all goods
export const CONDITION_TAGS = 20; // address, 0 none
export const CONDITION_MODE = 24; // MODE_* over the tags
export const CONDITION_KEY = 28; // symbol
export const CONDITION_VALUE = 32; // i64
export const CONDITION_UNTIL = 40; // i64
export const CONDITION_STRIDE = 48;

export const CONDITION_NOT = 1;
export const CONDITION_GROSS = 2;
export const CONDITION_NET = 4;

export const CONDITION_GOODS_TOTAL = 1; // of the filter's lines
export const CONDITION_QUANTITY = 2; // units
export const CONDITION_LINES = 3; // lines
export const CONDITION_LINE_QUANTITY = 4; // the largest quantity of one line
export const CONDITION_ORDER_TOTAL = 5; // goods and shipping
export const CONDITION_SHIPPING_TOTAL = 6;
export const CONDITION_CHEAPEST = 7; // the lowest unit price
export const CONDITION_DEAREST = 8; // the highest unit price
export const CONDITION_SEGMENTS = 9;
export const CONDITION_TIER = 10;
export const CONDITION_LOGGED_IN = 11;
export const CONDITION_ORDERS = 12; // orders completed so far
export const CONDITION_COUNTER = 13; // an integer attribute of the customer, by key
export const CONDITION_CUSTOMER = 14; // a text attribute of the customer, by key
export const CONDITION_CHANNEL = 15;
export const CONDITION_MARKET = 16;
export const CONDITION_PAYMENT = 17;
export const CONDITION_SHIPPING_METHOD = 18;
export const CONDITION_COUPON = 19;
export const CONDITION_TIME_OF_DAY = 20; // minutes of the local day: value inclusive, until exclusive; may run over midnight
export const CONDITION_WEEKDAY = 21; // value has bit 0 for Monday to bit 6 for Sunday, in local days
export const CONDITION_PERIOD = 22; // epoch ms: value inclusive, until exclusive

export const AT_LEAST = 0;
export const AT_MOST = 1;
export const EQUAL_TO = 2;
export const MORE_THAN = 3;
export const LESS_THAN = 4;

// Which amount a percentage or a threshold means.
export const BASE_POLICY = 0;
export const BASE_INITIAL = 1; // after the catalog phase, before any other promotion
export const BASE_CURRENT = 2; // what is left now
export const BASE_AFTER = 3; // thresholds only: what is left behind this promotion

// ---- Filter: a header and clauses
export const FILTER_MATCH = 0; // MODE_EVERY: all clauses hold; MODE_ANY: one of them
export const FILTER_COUNT = 4;
export const FILTER_CLAUSES = 8; // the first clause

export const CLAUSE_FIELD = 0;
export const CLAUSE_MODE = 4; // MODE_* over the tags
export const CLAUSE_KEY = 8; // symbol of an attribute
export const CLAUSE_TAGS = 12; // address
export const CLAUSE_MIN = 16; // i64, inclusive
export const CLAUSE_MAX = 24; // i64, inclusive
export const CLAUSE_STRIDE = 32;

export const FIELD_CATEGORY = 1;
export const FIELD_PRODUCT = 2;
export const FIELD_SKU = 3;
export const FIELD_ATTRIBUTE = 4; // a text attribute
export const FIELD_NUMBER = 5; // an integer attribute between min and max
export const FIELD_UNIT_PRICE = 6;
export const FIELD_QUANTITY = 7;
export const FIELD_SUBSCRIPTION = 8; // min 1: with, max 0: without
export const FIELD_UNDISCOUNTED = 9; // nothing taken off yet

export const MODE_ANY = 0;
export const MODE_EVERY = 1;
export const MODE_NONE = 2;

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

// ---- Policy record
export const POLICY_PERCENT_BASE = 0;
export const POLICY_THRESHOLD_BASE = 4;
export const POLICY_ROUND_AMOUNT = 8; // Rounding
export const POLICY_ROUND_SHARE = 12;
export const POLICY_ROUND_CATALOG = 16;
export const POLICY_ROUND_TAX = 20;
export const POLICY_ROUND_PER = 24; // percentages of units: rounded for each unit (1) or for its line (0)
export const POLICY_SPLIT = 28;
export const POLICY_SPLIT_BASE = 32; // BASE_INITIAL or BASE_CURRENT
export const POLICY_SPLIT_GROSS = 36; // weights with tax
export const POLICY_REMAINDER = 40; // REMAINDER_*
export const POLICY_RESPREAD = 44; // what does not fit above floors goes to other lines
export const POLICY_PRICES = 48; // PRICES_*
export const POLICY_TAX_PER = 52; // TAX_PER_*
export const POLICY_SHORT = 56; // SHORT_*: what a short allowance does
export const POLICY_MARGIN = 60; // ppm, NONE off
export const POLICY_UNKNOWN_COST = 64; // COST_*
export const POLICY_CASH_STEP = 68; // minor units, 0 off
export const POLICY_CASH_ROUNDING = 72;
export const POLICY_FLAGS = 76;
export const POLICY_STRIDE = 80;

export const POLICY_AS_GIVEN = 1; // lines keep the order of the cart and are not merged
export const POLICY_PART_REDUCED = 4; // some units of a line cost their price less all that was taken off the line
export const POLICY_EXCLUSIVE_FIRST = 2; // exclusive promotions stand first, and are not lost to what ran in an earlier phase

export const REMAINDER_LARGEST = 0;
export const REMAINDER_FIRST = 1;
export const REMAINDER_LAST = 2;
export const REMAINDER_NONE = 3;

export const PRICES_UNTAXED = 0; // no tax is computed
export const PRICES_NET = 1;
export const PRICES_GROSS = 2;
export const TAX_PER_LINE = 0;
export const TAX_PER_UNIT = 1;
export const TAX_PER_RATE = 2; // on the sum of all that has one rate

export const SHORT_PARTIAL = 0;
export const SHORT_DROP = 1; // the promotion
export const SHORT_DROP_SHARE = 2; // the shares that do not fit

export const COST_REFUSE = 0; // nothing is granted
export const COST_IGNORE_LINE = 1;

// ---- Time zone: the offsets that the release carries, ascending by time
export const ZONE_NAME = 0; // symbol
export const ZONE_COUNT = 4;
export const ZONE_TRANSITIONS = 8; // address
export const ZONE_STRIDE = 16;
export const TRANSITION_FROM = 0; // i64 epoch ms
export const TRANSITION_OFFSET = 8; // minutes east of UTC
export const TRANSITION_STRIDE = 16;

// What rules, conditions and effects look at, so that the host encodes no more than that.
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

// ---- Parameter block of a promotion: fields in declaration order, each aligned to its size
export const TAGS_COUNT = 0; // a Tags value points at u32 count, u32 symbols...
export const TAGS_SYMBOLS = 4;
export const TAGS_ANY = -1; // count of `Tags.any()`
