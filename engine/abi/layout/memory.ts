// Where everything lies in the one memory of a bundle, what host and engine tell each other outside the records, and the
// limits.

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
// Here, because a bundler writes what it imports as literals, but makes a variable of what is the file's own.
export const TWO_32 = 4294967296;
export const HIGH_2_53 = 0x200000; // the upper half of an i64 that is 2^53
export const MAX_I32 = 0x7fffffff;

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
