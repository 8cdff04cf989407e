// The records of a promotion table: promotions, groups, limits, conditions, filters, policy and time zones.

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
export const PROMOTION_FILTER = 76; // address: the lines that a pricing rule prices, 0 for all
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

export const PHASE_PRICING = 0; // these stand first in the table
export const PRICING_LINES = 8; // log2 of the lines for which a pricing rule has one slice of fuel more
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

// ---- Parameter block of a promotion: fields in declaration order, each aligned to its size
export const TAGS_COUNT = 0; // a Tags value points at u32 count, u32 symbols...
export const TAGS_SYMBOLS = 4;
export const TAGS_ANY = -1; // count of `Tags.any()`
