// The records of a cart.

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
