// Every failure of Haggle has a code from this closed list. A code is never reused for another meaning.

import { CLIENT_CODES, RECEIPT_CODES } from "./client-errors.ts";
import { BUDGET_CODES, ORDER_CODES, PAYMENT_CODES, RETURN_CODES } from "./order-errors.ts";
import {
  CATALOG_CODES,
  CUSTOMER_CODES,
  FLASH_SALE_CODES,
  INVENTORY_CODES,
  QUOTE_CODES,
  SHIPPING_CODES,
  SKU_CODES,
  STRATEGY_CODES,
  TAX_CODES,
} from "./shop-errors.ts";

/** A cart that cannot be priced. `at` is the JSON path, such as `lines[2].quantity`. */
export const CART_CODES = [
  "CART_NOT_OBJECT",
  "CART_UNKNOWN_FIELD",
  "CART_MISSING_FIELD",
  "CART_WRONG_TYPE",
  "CART_NOT_INTEGER",
  "CART_NEGATIVE",
  "CART_OUT_OF_RANGE",
  "CART_TOO_LARGE",
  "CART_DUPLICATE_LINE",
  "CART_UNKNOWN_CURRENCY",
  "CART_BAD_DECIMAL",
  "CART_SUM_OVERFLOW",
  "CART_BAD_BYTES",
  "CART_RESERVED_SEGMENT",
] as const;

/** A promotion or its parameters that do not fit the rule it names. What does not fit the document is DOCUMENT_*. */
export const PROMOTION_CODES = [
  "PROMOTION_WRONG_TYPE",
  "PROMOTION_OUT_OF_RANGE",
  "PROMOTION_UNKNOWN_RULE",
  "PROMOTION_UNKNOWN_PARAMETER",
  "PROMOTION_UNKNOWN_LANE",
  "PROMOTION_MIXED_TREE",
  "PROMOTION_WRONG_PHASE",
  "PROMOTION_DUPLICATE",
  "PROMOTION_LOOSE_GROUP",
  "PROMOTION_BAD_BYTES",
] as const;

/** A signed document (root, release, channel, prices, receipt) that is refused. */
export const DOCUMENT_CODES = [
  "DOCUMENT_TOO_LARGE",
  "DOCUMENT_NOT_JSON",
  "DOCUMENT_BAD_ENVELOPE",
  "DOCUMENT_BAD_BASE64",
  "DOCUMENT_WRONG_TYPE",
  "DOCUMENT_WRONG_CHANNEL",
  "DOCUMENT_WRONG_TENANT",
  "DOCUMENT_BAD_FIELD",
  "DOCUMENT_UNKNOWN_FIELD",
  "DOCUMENT_BAD_KEY",
  "DOCUMENT_UNSIGNED",
  "DOCUMENT_BAD_SIGNATURE",
  "DOCUMENT_THRESHOLD",
  "DOCUMENT_EXPIRED",
  "DOCUMENT_ISSUED_IN_FUTURE",
  "DOCUMENT_DIGEST_MISMATCH",
  "DOCUMENT_ROLLBACK",
  "DOCUMENT_EQUIVOCATION",
  "DOCUMENT_NO_ARM",
  "DOCUMENT_MIXED_SEEDS",
  "DOCUMENT_OUT_OF_BOUNDS",
  "DOCUMENT_DEVELOPMENT",
  "DOCUMENT_TABLE_DIFFERS",
] as const;

/** A bundle whose embedded signature section is refused. */
export const SIGNATURE_CODES = [
  "SIGNATURE_MISSING",
  "SIGNATURE_NOT_FIRST",
  "SIGNATURE_DUPLICATE",
  "SIGNATURE_MALFORMED",
  "SIGNATURE_TOO_MANY",
  "SIGNATURE_HASH_MISMATCH",
  "SIGNATURE_UNKNOWN_KEY",
  "SIGNATURE_INVALID",
  "SIGNATURE_THRESHOLD",
  "SIGNATURE_BAD_KEY",
  "SIGNATURE_UNSUPPORTED",
  "SIGNATURE_BAD_SIGNER",
] as const;

/** A module that is outside the sandbox profile. `at` is the byte offset in the file. */
export const PROFILE_CODES = [
  "PROFILE_TOO_LARGE",
  "PROFILE_TRUNCATED",
  "PROFILE_BAD_HEADER",
  "PROFILE_BAD_LEB",
  "PROFILE_SECTION_ORDER",
  "PROFILE_SECTION_UNKNOWN",
  "PROFILE_SECTION_LENGTH",
  "PROFILE_SECTION_MISSING",
  "PROFILE_TOO_MANY",
  "PROFILE_CUSTOM_SECTION",
  "PROFILE_TYPE",
  "PROFILE_IMPORT",
  "PROFILE_START",
  "PROFILE_MEMORY",
  "PROFILE_TABLE",
  "PROFILE_GLOBAL",
  "PROFILE_EXPORT",
  "PROFILE_ELEMENT",
  "PROFILE_DATA",
  "PROFILE_CONST_EXPR",
  "PROFILE_OPCODE",
  "PROFILE_FLOAT",
  "PROFILE_INDEX",
  "PROFILE_NESTING",
  "PROFILE_LOCALS",
  "PROFILE_BODY",
  "PROFILE_RECURSION",
  "PROFILE_UNMETERED",
  "PROFILE_FUEL_WRITE",
  "PROFILE_WEIGHT",
  "PROFILE_METADATA",
] as const;

/** The engine could not be made, or refuses to price. */
export const ENGINE_CODES = [
  "ENGINE_WASM_BLOCKED",
  "ENGINE_COMPILE",
  "ENGINE_INSTANTIATE",
  "ENGINE_ABI",
  "ENGINE_BUNDLE_MISMATCH",
  "ENGINE_MODULE_MISMATCH",
  "ENGINE_TABLE_TOO_LARGE",
  "ENGINE_RULE_FUEL",
  "ENGINE_RULE_TRAP",
  "ENGINE_RULE_STACK",
  "ENGINE_RULE_MONEY",
  "ENGINE_RULE_EFFECTS",
  "ENGINE_RULE_REFUSED",
  "ENGINE_RESOLVER_FAULT",
  "ENGINE_DECISION_INVALID",
  "ENGINE_RELEASE_OFF",
  "ENGINE_UNKNOWN",
] as const;

/** A rule source that does not compile. `at` is `file:line:column`. */
export const BUILD_CODES = [
  "BUILD_NO_RULES",
  "BUILD_SYNTAX",
  "BUILD_TYPE",
  "BUILD_UNKNOWN_DECORATOR",
  "BUILD_UNKNOWN_METADATA",
  "BUILD_DUPLICATE_METADATA",
  "BUILD_BAD_METADATA",
  "BUILD_DUPLICATE_RULE",
  "BUILD_BAD_SIGNATURE",
  "BUILD_BAD_PARAMETER",
  "BUILD_BANNED",
  "BUILD_RECURSION",
  "BUILD_FLOAT",
  "BUILD_TOP_LEVEL_STATE",
  "BUILD_MISSING_REASON",
  "BUILD_NOT_LITERAL",
  "BUILD_PROJECT_CODE",
  "BUILD_TOO_LARGE",
  "BUILD_METER",
] as const;

/** The command line and the project folder. */
export const CLI_CODES = [
  "CLI_USAGE",
  "CLI_NO_PROJECT",
  "CLI_NOT_EMPTY",
  "CLI_FILE",
  "CLI_FILE_TOO_LARGE",
  "CLI_NOT_JSON",
  "CLI_NOT_YAML",
  "CLI_POLICY_TWICE",
  "CLI_BAD_KEY",
  "CLI_KEY_EXISTS",
  "CLI_KEY_LOCKED",
  "CLI_AUDIT",
  "CLI_LIVE_SHORT",
  "CLI_UNKNOWN_NAME",
  "CLI_CASES",
  "CLI_CATALOGUE",
  "CLI_IMPORT",
  "CLI_BAD_EXPORT",
] as const;

/** The HTTP server: what it answers, and why it keeps the release that it has. */
export const SERVER_CODES = [
  "SERVER_BAD_CONFIG",
  "SERVER_ADDRESS",
  "SERVER_BAD_REQUEST",
  "SERVER_NOT_JSON",
  "SERVER_BODY_TOO_LARGE",
  "SERVER_UNSUPPORTED_MEDIA_TYPE",
  "SERVER_NOT_FOUND",
  "SERVER_UNKNOWN_CHANNEL",
  "SERVER_UNKNOWN_RELEASE",
  "SERVER_UNKNOWN_BUNDLE",
  "SERVER_NO_RELEASE",
  "SERVER_RELEASE_EXPIRED",
  "SERVER_RELEASE_EXPIRING",
  "SERVER_FILE_MISSING",
  "SERVER_FILE_TOO_LARGE",
  "SERVER_DEVELOPMENT_ROOT",
  "SERVER_KEY_MISSING",
  "SERVER_KEY_UNUSABLE",
  "SERVER_KEY_NOT_IN_ROOT",
  "SERVER_TOO_MANY_STREAMS",
  "SERVER_DRAINING",
  "SERVER_DATABASE",
  "SERVER_DATABASE_LOCKED",
  "SERVER_MIGRATION",
  "SERVER_WEBHOOK_TARGET",
  "SERVER_UNKNOWN_WEBHOOK",
  "SERVER_UNKNOWN_DELIVERY",
  "SERVER_UNKNOWN_EVENT",
  "SERVER_UNKNOWN_SUBSCRIBER",
  "SERVER_TOO_MANY_WEBHOOKS",
  "SERVER_SECRET_KEY",
  "SERVER_UNAUTHORIZED",
  "SERVER_FORBIDDEN",
  "SERVER_TOO_MANY_REQUESTS",
  "SERVER_JWKS",
  "SERVER_UNKNOWN_KEY",
  "SERVER_KEY_ROTATED",
  "SERVER_LAST_ADMIN_KEY",
  "SERVER_TOO_MANY_KEYS",
  "SERVER_IDEMPOTENCY_KEY",
  "SERVER_UNKNOWN_APPROVAL",
  "SERVER_OWN_APPROVAL",
  "SERVER_APPROVAL_DECIDED",
  "SERVER_APPROVAL_EXPIRED",
  "SERVER_AUDIT_BROKEN",
  "SERVER_INTERNAL",
  "SERVER_UNKNOWN_ROLLOUT",
  "SERVER_ROLLOUT_LIVE",
  "SERVER_ROLLOUT_STATE",
  "SERVER_ROLLOUT_STEPS",
  "SERVER_ROLLOUT_REFUSED",
  "SERVER_ROLLOUT_OLDER",
  "SERVER_ROLLOUT_SUPERSEDED",
  "SERVER_ROLLOUT_BLOCKED",
  "SERVER_OVERRIDE_FORBIDDEN",
  "SERVER_OVERRIDE_OUTSIDE",
  "SERVER_UNIT_FORBIDDEN",
  "SERVER_BAD_TOKEN",
  "SERVER_PIN_REVOKED",
  "SERVER_KILL_UNKNOWN",
  "SERVER_NO_ROOT",
  "SERVER_LIVE_SHORT",
  "SERVER_NOT_CONFIRMED",
  "SERVER_CDN_LATE",
  "SERVER_UNKNOWN_EXPERIMENT",
  "SERVER_EXPERIMENT_EXISTS",
  "SERVER_TOO_MANY_EXPERIMENTS",
  "SERVER_EXPERIMENT_STATE",
  "SERVER_EXPERIMENT_MOVES",
  "SERVER_EXPERIMENT_PHASE",
  "SERVER_EXPERIMENT_NEEDED",
  "SERVER_UNKNOWN_VARIANT",
  "SERVER_EVENT_TIME",
  "SERVER_NOT_ASSIGNED",
  "SERVER_EVENTS_FULL",
  "SERVER_EXPERIMENT_UNNAMED",
  "SERVER_NO_WINNER",
  "SERVER_PERSONAL_FIELD",
  "SERVER_CHANGED",
  "SERVER_MATCH_NEEDED",
  "SERVER_UNKNOWN_CART",
  "SERVER_CART_CURRENCY",
] as const;

/** Experiments that contradict themselves, and units that one cannot take. `at` is the JSON path. */
export const EXPERIMENT_CODES = [
  "EXPERIMENT_BAD_UNIT",
  "EXPERIMENT_DUPLICATE",
  "EXPERIMENT_WEIGHTS",
  "EXPERIMENT_RANGES",
  "EXPERIMENT_FIXED",
  "EXPERIMENT_UNKNOWN",
  "EXPERIMENT_CYCLE",
  "EXPERIMENT_CONDITION",
  "EXPERIMENT_UNUSED_VARIANT",
  "EXPERIMENT_NAMESPACE_OVERLAP",
  "EXPERIMENT_UNEVEN_UNITS",
] as const;

/** What is wrong with an audit log. `at` is the number of the record. */
export const AUDIT_CODES = [
  "AUDIT_BAD_LINE",
  "AUDIT_TENANT",
  "AUDIT_GAP",
  "AUDIT_LINK",
  "AUDIT_HASH",
  "AUDIT_TRUNCATED",
  "AUDIT_HEAD",
  "AUDIT_SIGNATURE",
] as const;

// A pure call, unlike a spread, so that a bundler drops the lists and the storefront does not carry them.
export const CODES = /* @__PURE__ */ (
  [
    CART_CODES,
    PROMOTION_CODES,
    DOCUMENT_CODES,
    SIGNATURE_CODES,
    PROFILE_CODES,
    ENGINE_CODES,
    BUILD_CODES,
    CLI_CODES,
    SERVER_CODES,
    EXPERIMENT_CODES,
    STRATEGY_CODES,
    SKU_CODES,
    INVENTORY_CODES,
    FLASH_SALE_CODES,
    CATALOG_CODES,
    CUSTOMER_CODES,
    TAX_CODES,
    SHIPPING_CODES,
    QUOTE_CODES,
    ORDER_CODES,
    BUDGET_CODES,
    RETURN_CODES,
    PAYMENT_CODES,
    AUDIT_CODES,
    CLIENT_CODES,
    RECEIPT_CODES,
  ] as const
).flat();

export type Code = (typeof CODES)[number];

export type ErrorDetails = {
  /** Where: a JSON path, a byte offset, or file:line:column. */
  at?: string | number | undefined;
  /** The offending value, shown in the message in at most 80 characters; undefined where there is none. */
  value?: unknown;
  cause?: unknown;
};

const NAME = "HaggleError";

/** What every thrown failure looks like, and what a refused decision carries. */
export class HaggleError extends Error {
  override readonly name = NAME;
  readonly code: Code;
  readonly at: string | number | undefined;
  readonly value: unknown;

  constructor(code: Code, message: string, { at, value, cause }: ErrorDetails = {}) {
    const where = at === undefined ? "" : ` at ${at}`;
    const what = value === undefined ? "" : `, got ${show(value)}`;
    super(message + where + what, cause === undefined ? undefined : { cause });
    this.code = code;
    this.at = at;
    this.value = value;
  }

  /** By name: each package that ships carries its own copy of this class, and their errors cross one another. */
  static override [Symbol.hasInstance](value: unknown): value is HaggleError {
    return value instanceof Error && value.name === NAME;
  }
}

/**
 * An error whose message is its code, the place and the value: the sentences would be a fifth of what a storefront
 * loads. `explainError` in error-texts.ts has them.
 */
export function refuse(code: Code, at?: string | number, value?: unknown, cause?: unknown): HaggleError {
  return new HaggleError(code, code, { at, value, cause });
}

const SHOWN_CHARACTERS = 80;

/** A short, safe picture of any value: never calls code of the value, so hostile objects stay inert. */
function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(clip(value));
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return clip(String(value));
}

function clip(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`;
}
