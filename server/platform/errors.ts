import { type Code, errorText, explainError, HaggleError } from "@haggle/abi";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { maskKeys } from "./mask.ts";

/** The body of every answer that is not a success. `requestId` finds the log lines. */
export type ErrorBody = {
  error: { code: Code; message: string; at?: string | number; value?: unknown; requestId: string };
};

/**
 * The one error handler: a failure with a code becomes its status and body, anything else is a bug and says nothing. Of what
 * was refused for several reasons, such as a file, all of them are told, whichever route it was that looked.
 */
export function sendError(
  error: FastifyError | HaggleError | Error,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const failure = asFailure(error);
  const faults = "faults" in failure ? failure.faults : undefined;
  const status = faults === undefined ? statusOf(failure.code) : 422;
  if (status >= 500) request.log.error({ err: error, code: failure.code }, "request failed");
  const retryAfterS = RETRY_AFTER_S[failure.code];
  // Who counts requests has said it better.
  if (retryAfterS !== undefined && !reply.hasHeader("retry-after")) reply.header("retry-after", retryAfterS);
  // Set again, because what Fastify refuses before routing has passed no hook.
  reply.header("x-request-id", request.id);
  reply.code(status).type("application/json; charset=utf-8");
  reply.send({ ...errorBody(failure, request.id), ...(faults !== undefined && { faults }) });
}

export function asFailure(error: FastifyError | HaggleError | Error): HaggleError {
  return error instanceof HaggleError ? error : fromFramework(error);
}

export function errorBody(failure: Failure, requestId: string): ErrorBody {
  const { code, at, value } = failure;
  if (INWARD.has(code)) return { error: { code, message: errorText(code), requestId } };
  const message = maskKeys(explainError(failure)).slice(0, MESSAGE_CHARACTERS);
  const body: ErrorBody = { error: { code, message, requestId } };
  if (at !== undefined) body.error.at = typeof at === "string" ? shown(at) : at;
  // Only plain values are told: they are the caller's own, and short in every code that carries one.
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    body.error.value = typeof value === "string" ? shown(value) : value;
  }
  return body;
}

/** What they say of the cause, paths and addresses of this installation, is for the log. */
const INWARD: ReadonlySet<Code> = new Set(["SERVER_DATABASE", "SERVER_INTERNAL"]);

function shown(text: string): string {
  return maskKeys(text).slice(0, SHOWN_CHARACTERS);
}

/** The HTTP status that stands with a code. */
export function statusOf(code: Code): number {
  if (code.startsWith("CART_") || code.startsWith("EXPERIMENT_")) return 422;
  return STATUSES[code] ?? 500;
}

/** What `HaggleError` and a refused decision have in common. */
type Failure = { code: Code; message: string; at?: string | number | undefined; value?: unknown };

/** Of what has too much to do for now. A full queue is done in less than a second, a file of ordinary size in some. */
const RETRY_AFTER_S: { readonly [C in Code]?: number } = {
  SERVER_TOO_MANY_REQUESTS: 1,
  SERVER_EVENTS_FULL: 1,
  INVENTORY_BUSY: 1,
  FLASH_SALE_FULL: 2,
  QUOTE_BUSY: 1,
  CATALOG_BUSY: 5,
};

const SHOWN_CHARACTERS = 80;
/** Fastify's messages may quote a whole address. */
const MESSAGE_CHARACTERS = 300;

/** For its start, its log and `/readyz`, or in the place of a bug. Should a route answer with one after all, that is a 500. */
type Inner =
  | "SERVER_BAD_CONFIG"
  | "SERVER_ADDRESS"
  | "SERVER_RELEASE_EXPIRING"
  | "SERVER_FILE_MISSING"
  | "SERVER_FILE_TOO_LARGE"
  | "SERVER_DEVELOPMENT_ROOT"
  | "SERVER_DATABASE_LOCKED"
  | "SERVER_MIGRATION"
  | "SERVER_SECRET_KEY"
  | "SERVER_AUDIT_BROKEN"
  | "SERVER_INTERNAL"
  | "SERVER_ROLLOUT_BLOCKED"
  | "SERVER_CDN_LATE";
/** Of carts and experiments all have one status, see `statusOf`; of the others only those that a route answers with stand below. */
type Foreign = `${
  | "CART"
  | "EXPERIMENT"
  | "PROMOTION"
  | "DOCUMENT"
  | "SIGNATURE"
  | "PROFILE"
  | "ENGINE"
  | "BUILD"
  | "CLI"
  | "STRATEGY"
  | "AUDIT"
  | "CLIENT"
  | "RECEIPT"}_${string}`;
/** Every other code needs its status: without one, what was refused would be a 500. */
type Statuses = { readonly [C in Code]?: number } & {
  readonly [C in Exclude<Code, Inner | Foreign>]: number;
};

const STATUSES: Statuses = {
  SERVER_BAD_REQUEST: 400,
  SERVER_NOT_JSON: 400,
  SERVER_BODY_TOO_LARGE: 413,
  SERVER_UNSUPPORTED_MEDIA_TYPE: 415,
  SERVER_UNAUTHORIZED: 401,
  SERVER_FORBIDDEN: 403,
  SERVER_OWN_APPROVAL: 403,
  SERVER_UNKNOWN_KEY: 404,
  SERVER_UNKNOWN_APPROVAL: 404,
  SERVER_KEY_ROTATED: 409,
  SERVER_LAST_ADMIN_KEY: 409,
  SERVER_TOO_MANY_KEYS: 409,
  SERVER_IDEMPOTENCY_KEY: 422,
  SERVER_APPROVAL_DECIDED: 409,
  SERVER_APPROVAL_EXPIRED: 409,
  SERVER_TOO_MANY_REQUESTS: 429,
  SERVER_JWKS: 503,
  SERVER_NOT_FOUND: 404,
  SERVER_UNKNOWN_CHANNEL: 404,
  SERVER_UNKNOWN_RELEASE: 404,
  SERVER_UNKNOWN_BUNDLE: 404,
  SERVER_NO_RELEASE: 503,
  SERVER_RELEASE_EXPIRED: 503,
  ENGINE_RELEASE_OFF: 503,
  SERVER_TOO_MANY_STREAMS: 503,
  SERVER_DRAINING: 503,
  SERVER_DATABASE: 503,
  SERVER_WEBHOOK_TARGET: 422,
  SERVER_UNKNOWN_WEBHOOK: 404,
  SERVER_UNKNOWN_DELIVERY: 404,
  SERVER_UNKNOWN_EVENT: 404,
  SERVER_UNKNOWN_SUBSCRIBER: 404,
  SERVER_TOO_MANY_WEBHOOKS: 409,
  SERVER_UNKNOWN_ROLLOUT: 404,
  SERVER_ROLLOUT_LIVE: 409,
  SERVER_ROLLOUT_STATE: 409,
  SERVER_ROLLOUT_STEPS: 422,
  SERVER_ROLLOUT_REFUSED: 422,
  SERVER_ROLLOUT_OLDER: 409,
  SERVER_ROLLOUT_SUPERSEDED: 409,
  SERVER_OVERRIDE_FORBIDDEN: 403,
  SERVER_OVERRIDE_OUTSIDE: 409,
  SERVER_UNIT_FORBIDDEN: 403,
  SERVER_BAD_TOKEN: 403,
  SERVER_PIN_REVOKED: 409,
  SERVER_KILL_UNKNOWN: 404,
  SERVER_NO_ROOT: 409,
  SERVER_LIVE_SHORT: 409,
  SERVER_NOT_CONFIRMED: 409,
  SKU_BAD_ROW: 422,
  SKU_TOO_MANY: 413,
  SKU_CURRENCY: 409,
  SKU_UNKNOWN: 404,
  INVENTORY_SHORT: 409,
  INVENTORY_TIMEOUT: 503,
  INVENTORY_BUSY: 429,
  INVENTORY_EXPIRED: 409,
  INVENTORY_STATE: 409,
  INVENTORY_ATTEMPT: 409,
  INVENTORY_OTHER_LINES: 409,
  INVENTORY_TOO_MANY: 422,
  INVENTORY_LOCATION_IN_USE: 409,
  INVENTORY_UNKNOWN_LOCATION: 404,
  INVENTORY_UNKNOWN_SKU: 404,
  INVENTORY_UNKNOWN_RESERVATION: 404,
  FLASH_SALE_TOKEN_NEEDED: 409,
  FLASH_SALE_TOKEN_ENDED: 409,
  FLASH_SALE_OTHER_UNIT: 409,
  FLASH_SALE_LIMIT: 409,
  FLASH_SALE_BAD_TIME: 422,
  FLASH_SALE_OVERLAP: 409,
  FLASH_SALE_STATE: 409,
  FLASH_SALE_FULL: 429,
  FLASH_SALE_UNKNOWN: 404,
  CATALOG_BAD_ROW: 422,
  CATALOG_DUPLICATE: 422,
  CATALOG_PRODUCT_DIFFERS: 422,
  CATALOG_NO_PRODUCT: 422,
  CATALOG_BAD_FILE: 422,
  CATALOG_TOO_LARGE: 413,
  CATALOG_REFUSED: 422,
  CATALOG_INTERRUPTED: 409,
  CATALOG_BUSY: 429,
  CATALOG_PRODUCT_IN_USE: 409,
  CATALOG_OWNS_SKU: 409,
  CATALOG_UNKNOWN_PRODUCT: 404,
  CATALOG_UNKNOWN_VARIANT: 404,
  CATALOG_UNKNOWN_IMPORT: 404,
  SERVER_PERSONAL_FIELD: 422,
  SERVER_CHANGED: 412,
  SERVER_MATCH_NEEDED: 428,
  SERVER_UNKNOWN_CART: 404,
  SERVER_CART_CURRENCY: 409,
  CUSTOMER_BAD_ROW: 422,
  CUSTOMER_TOO_MANY: 413,
  CUSTOMER_COUNTER: 409,
  CUSTOMER_UNKNOWN: 404,
  TAX_BAD_RATE: 422,
  TAX_BAD_TIME: 422,
  TAX_OVERLAP: 422,
  TAX_UNKNOWN_REGION: 404,
  TAX_UNKNOWN_CLASS: 422,
  SHIPPING_BAD_TIERS: 422,
  SHIPPING_NOT_OFFERED: 422,
  SHIPPING_UNKNOWN_METHOD: 404,
  QUOTE_PRICE_FIELD: 422,
  QUOTE_UNKNOWN_FIELD: 422,
  QUOTE_UNKNOWN_SKU: 422,
  QUOTE_NO_PRICE: 422,
  QUOTE_FORBIDDEN: 403,
  QUOTE_BATCH_TOO_LARGE: 413,
  QUOTE_BUSY: 429,
  QUOTE_UNKNOWN: 404,
  QUOTE_EXPIRED: 409,
  QUOTE_USED: 409,
  QUOTE_REVOKED: 409,
  ORDER_KEY_NEEDED: 400,
  ORDER_STATE: 409,
  ORDER_STOCK_LOST: 409,
  ORDER_UNKNOWN: 404,
  PAYMENT_KEY_NEEDED: 400,
  PAYMENT_PROVIDER: 404,
  PAYMENT_BAD_CALLBACK: 400,
  PAYMENT_DECLINED: 402,
  PAYMENT_TOO_MUCH: 409,
  PAYMENT_STATE: 409,
  PAYMENT_UNKNOWN: 404,
  SHIPMENT_UNKNOWN: 404,
  SHIPMENT_UNKNOWN_LINE: 422,
  SHIPMENT_TOO_MANY: 409,
  SHIPMENT_UNPAID: 409,
  BUDGET_SPENT: 409,
  BUDGET_BAD_AMOUNT: 422,
  BUDGET_OTHER: 409,
  CAMPAIGN_UNKNOWN: 404,
  COUPON_UNKNOWN: 404,
  COUPON_USED_UP: 409,
  COUPON_OFF: 409,
  COUPON_FOREIGN: 409,
  COUPON_TAKEN: 409,
  COUPON_BAD_ROW: 422,
  COUPON_BAD_FILE: 422,
  COUPON_TOO_MANY: 413,
  COUPON_BATCH_UNKNOWN: 404,
  COUPON_BATCH_STATE: 409,
  RETURN_UNKNOWN_LINE: 422,
  RETURN_TOO_MANY: 409,
  RETURN_UNSEEN: 422,
  RETURN_CHANGED: 409,
  RETURN_NOT_PRICED: 409,
  STRATEGY_BAD_FIELD: 422,
  STRATEGY_VERSION_TAKEN: 409,
  STRATEGY_STATE: 409,
  STRATEGY_UNKNOWN_VERSION: 404,
  SERVER_UNKNOWN_EXPERIMENT: 404,
  SERVER_EXPERIMENT_EXISTS: 409,
  SERVER_TOO_MANY_EXPERIMENTS: 409,
  SERVER_EXPERIMENT_STATE: 409,
  SERVER_EXPERIMENT_MOVES: 409,
  SERVER_EXPERIMENT_PHASE: 409,
  SERVER_EXPERIMENT_NEEDED: 409,
  SERVER_UNKNOWN_VARIANT: 400,
  SERVER_EVENT_TIME: 400,
  SERVER_NOT_ASSIGNED: 422,
  SERVER_EVENTS_FULL: 429,
  SERVER_EXPERIMENT_UNNAMED: 409,
  SERVER_NO_WINNER: 409,
  SERVER_KEY_MISSING: 503,
  SERVER_KEY_UNUSABLE: 503,
  SERVER_KEY_NOT_IN_ROOT: 503,
};

/** Fastify's own refusals, by its codes (fastify lib/errors.js). */
const FRAMEWORK_CODES: Readonly<Record<string, Code>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "SERVER_BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "SERVER_UNSUPPORTED_MEDIA_TYPE",
  FST_ERR_CTP_EMPTY_JSON_BODY: "SERVER_NOT_JSON",
  FST_ERR_CTP_INVALID_JSON_BODY: "SERVER_NOT_JSON",
  FST_ERR_NOT_FOUND: "SERVER_NOT_FOUND",
};

/** Fastify tells bad JSON and a poisoned prototype by one code and calls both "not valid JSON". */
const NOT_JSON =
  "The body is not valid JSON, or has a key that is forbidden in it: __proto__, or prototype in constructor";

function fromFramework(error: FastifyError | Error): HaggleError {
  const { code, statusCode, validation } = error as Partial<FastifyError>;
  const known = FRAMEWORK_CODES[code ?? ""];
  if (known !== undefined) {
    return new HaggleError(known, code === "FST_ERR_CTP_INVALID_JSON_BODY" ? NOT_JSON : error.message);
  }
  const [wrong] = validation ?? [];
  if (wrong !== undefined) return fromSchema(wrong, (error as FastifyError).validationContext ?? "request");
  if (error instanceof SyntaxError && statusCode === 400)
    return new HaggleError("SERVER_NOT_JSON", "The body is not JSON");
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new HaggleError("SERVER_BAD_REQUEST", error.message);
  }
  return new HaggleError("SERVER_INTERNAL", "An internal error");
}

/** As Ajv tells it; `data` is what it found at that path, since it is asked to be verbose. */
type Wrong = NonNullable<FastifyError["validation"]>[number] & { data?: unknown };

function fromSchema({ instancePath, params, data, message }: Wrong, context: string): HaggleError {
  // Of a field that is missing or too many Ajv tells the object alone, and the name beside it.
  const name = params.additionalProperty ?? params.missingProperty;
  const at = `${context}${instancePath}`;
  const what = message ?? "Not as the schema says";
  // Whatever stands in a field that nobody asked for is not ours to repeat.
  if (typeof name === "string") return new HaggleError("SERVER_BAD_REQUEST", what, { at: `${at}/${name}` });
  const value = isTellable(at, data) ? data : undefined;
  return new HaggleError("SERVER_BAD_REQUEST", what, { at, value });
}

/** Longer texts are no value that somebody mistyped. */
const TOLD_CHARACTERS = 80;
/** Words of paths whose values are secrets, may hold one, or may say something of a person. */
const UNTOLD: ReadonlySet<string> = new Set(
  (
    "assignment code codes coupon coupons headers key keys password pin preview receipt secret secrets token tokens url " +
    "attributes customer"
  ).split(" "),
);

/** Short and plain, by its path neither secret nor personal, and no mail address: an answer may end in somebody's log. */
function isTellable(at: string, value: unknown): boolean {
  if (typeof value === "object") return false;
  if (typeof value === "string" && (value.length > TOLD_CHARACTERS || value.includes("@"))) return false;
  const words = at.replace(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`).split(/[^a-z]+/);
  return !words.some((word) => UNTOLD.has(word));
}
