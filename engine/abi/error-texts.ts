// What each code means, in a sentence for people. Apart from the errors, because a shopper's browser has no use for it:
// the SDK throws codes, and who shows them to a person fetches the sentence here.

import type { Code, HaggleError } from "./errors.ts";

/**
 * The sentence of an error with its place and value. Errors that brought a message of their own keep it.
 *
 * @example explainError(decision.error) // "An integer is needed; ... at lines[0].quantity, got 1.5"
 */
export function explainError({ code, message }: Pick<HaggleError, "code" | "message">): string {
  return message.startsWith(code) ? errorText(code) + message.slice(code.length) : message;
}

/** What a code means, without a full stop, so that a place and a value can follow. */
export function errorText(code: Code): string {
  return TEXTS[code];
}

const TEXTS: Readonly<Record<Code, string>> = {
  CART_NOT_OBJECT: "A cart is an object",
  CART_UNKNOWN_FIELD: "A cart has no such field",
  CART_MISSING_FIELD: "A field that every cart has is missing",
  CART_WRONG_TYPE: "The field has another type",
  CART_NOT_INTEGER: "An integer is needed; amounts are in minor units",
  CART_NEGATIVE: "A negative number makes no sense",
  CART_OUT_OF_RANGE:
    "Out of range: quantities are 1 to 1000000, orders 0 to 1000000, amounts at most 2^53 - 1, strings 1 to 256 characters",
  CART_TOO_LARGE:
    "Too many entries: at most 1000 lines, 64 shipping entries, 64 coupons, 256 segments, 1024 allowances, 64 categories or attributes",
  CART_DUPLICATE_LINE: "Line ids are unique in a cart",
  CART_UNKNOWN_CURRENCY: "The currency is an ISO 4217 code in capitals",
  CART_BAD_DECIMAL: 'A percentage is a decimal string from "0" to "100" with at most four decimals',
  CART_SUM_OVERFLOW: "The total leaves the exact integers, which end at 2^53 - 1",
  CART_BAD_BYTES: "These are not the bytes of a cart",

  PROMOTION_WRONG_TYPE: "The parameter has another type in its rule",
  PROMOTION_OUT_OF_RANGE:
    "Out of range: money is within +-(2^53 - 1), integers within 32 bits, lists have at most 256 strings",
  PROMOTION_UNKNOWN_RULE: "The bundle has no such rule",
  PROMOTION_UNKNOWN_PARAMETER: "The rule has no such parameter",
  PROMOTION_DUPLICATE: "Promotion ids are unique",
  PROMOTION_BAD_BYTES: "These are not the bytes of a promotion table",

  DOCUMENT_TOO_LARGE: "A release has at most 4 MiB, every other document at most 64 KiB",
  DOCUMENT_NOT_JSON: "The document is not JSON in UTF-8",
  DOCUMENT_BAD_ENVELOPE:
    "The document is not an envelope with payload, payloadType and at most 16 signatures",
  DOCUMENT_BAD_BASE64: "Not base64 in its one canonical spelling",
  DOCUMENT_WRONG_TYPE: "The document is of another type",
  DOCUMENT_WRONG_CHANNEL: "The document is of another channel",
  DOCUMENT_BAD_FIELD: "The field is missing, of another type or out of range",
  DOCUMENT_UNKNOWN_FIELD: "There is no such field",
  DOCUMENT_BAD_KEY: "The name of a key is not the digest of the key",
  DOCUMENT_UNSIGNED: "The document has no signatures",
  DOCUMENT_BAD_SIGNATURE: "This is not the key's signature of these bytes",
  DOCUMENT_THRESHOLD: "Fewer keys of the role signed than its threshold asks for; the value is how many did",
  DOCUMENT_EXPIRED: "The document has expired",
  DOCUMENT_ISSUED_IN_FUTURE: "The document is issued later than now; is this clock right?",
  DOCUMENT_DIGEST_MISMATCH: "This is not the document that was named by its digest",
  DOCUMENT_ROLLBACK: "The version is older than one that was accepted, or than the channel allows",
  DOCUMENT_EQUIVOCATION: "Another channel document of this version was accepted before",
  DOCUMENT_NO_ARM: "The channel has no release for this bucket",

  SIGNATURE_MISSING: "The bundle is not signed",
  SIGNATURE_NOT_FIRST: "The signature is not the first section of the bundle",
  SIGNATURE_DUPLICATE: "A second signature section, or two sets of signatures over the same hashes",
  SIGNATURE_MALFORMED: "The signature section is not what wasmsign2 writes for Ed25519 and SHA-256",
  SIGNATURE_TOO_MANY: "More than 64 sets or hashes, or more than 16 signatures",
  SIGNATURE_HASH_MISMATCH: "No signature covers these bytes as a whole",
  SIGNATURE_UNKNOWN_KEY: "No known key signed; the value is the number of signatures",
  SIGNATURE_INVALID: "A known key did not sign these bytes",
  SIGNATURE_THRESHOLD: "Fewer keys signed than the threshold asks for; the value is how many did",
  SIGNATURE_BAD_KEY: "Not a canonical Ed25519 public key of 32 bytes, or one of small order",
  SIGNATURE_UNSUPPORTED: "This host has no Ed25519 in WebCrypto; pages need https",

  PROFILE_TOO_LARGE: "The file is larger than 256 KiB",
  PROFILE_TRUNCATED: "A section reaches behind the end of the file",
  PROFILE_BAD_HEADER: "The file does not begin like a WebAssembly module",
  PROFILE_BAD_LEB: "A number takes more bytes or bits than its type has",
  PROFILE_SECTION_ORDER: "A section is repeated or out of order",
  PROFILE_SECTION_UNKNOWN: "A section that is not part of the profile, such as data count or tags",
  PROFILE_SECTION_LENGTH: "A section is longer or shorter than what it holds",
  PROFILE_SECTION_MISSING: "A section that every bundle has is missing; the value is its id",
  PROFILE_TOO_MANY: "More entries, targets or characters than allowed",
  PROFILE_CUSTOM_SECTION: "A custom section that is unknown, repeated or not where it must be",
  PROFILE_TYPE: "A type other than i32 and i64, more than one result, or more than 64 parameters",
  PROFILE_IMPORT: "The module imports something; bundles import nothing",
  PROFILE_START: "A start function would run without fuel",
  PROFILE_MEMORY: "Not exactly one memory of fixed size, 32 bits, not shared, of at most 256 pages",
  PROFILE_TABLE: "The table does not hold functions only, or its size is not fixed or above 1024",
  PROFILE_GLOBAL: "A global of unknown mutability",
  PROFILE_EXPORT: "An export that is unknown, repeated, missing or of a wrong type",
  PROFILE_ELEMENT: "An element segment that is not plainly active, or outside of the table",
  PROFILE_DATA: "A data segment that is not plainly active, or outside of the memory",
  PROFILE_CONST_EXPR: "A start value or offset that is not one constant",
  PROFILE_OPCODE: "An instruction outside of the profile",
  PROFILE_FLOAT: "A float type or instruction; money is integer",
  PROFILE_INDEX: "A function, type, local, global, label, table or memory that is not there",
  PROFILE_NESTING: "More than 128 blocks inside one another, or a path of more than 256 calls",
  PROFILE_LOCALS: "More than 1000 locals in one function",
  PROFILE_BODY: "A function body that is missing, longer than 64 KiB, or not as long as it says",
  PROFILE_RECURSION: "A function can reach itself by calls; the value is the function",
  PROFILE_UNMETERED: "The fuel code is missing or changed; metering is the last step of a build",
  PROFILE_FUEL_WRITE: "Code other than the fuel code reads or writes fuel",
  PROFILE_WEIGHT: "A charge is out of range, or below the cost of its code by the value",
  PROFILE_METADATA: "The section with the metadata of the bundle is missing, or not what a build writes",

  ENGINE_WASM_BLOCKED: "The page's content security policy needs script-src 'wasm-unsafe-eval'",
  ENGINE_COMPILE: "The host refuses the bundle's code",
  ENGINE_INSTANTIATE: "The host cannot make an instance of the bundle",
  ENGINE_ABI: "The bundle's wire format or memory is of another version, or the host is big endian",
  ENGINE_BUNDLE_MISMATCH: "The release names another bundle",
  ENGINE_TABLE_TOO_LARGE:
    "The release has more promotions, parameters or strings than the engine has room for",
  ENGINE_RULE_FUEL: "The rule ran out of fuel",
  ENGINE_RULE_TRAP: "The rule stopped by a fault",
  ENGINE_RULE_STACK: "The rule ran out of stack",
  ENGINE_RULE_MONEY: "The rule left the exact integers, which end at 2^53 - 1",
  ENGINE_RULE_EFFECTS: "The rule returned more effects than one may",
  ENGINE_RULE_REFUSED: "A rule stopped, and the policy refuses then; the value is the fault",
  ENGINE_RESOLVER_FAULT: "The engine itself stopped",
  ENGINE_DECISION_INVALID: "The engine's records contradict the cart or each other",
  ENGINE_RELEASE_OFF: "The channel switched this release off",
  ENGINE_UNKNOWN: "Pricing failed for a reason that has no code",

  BUILD_NO_RULES: "The project has no rules",
  BUILD_SYNTAX: "The source is not AssemblyScript",
  BUILD_TYPE: "The types do not fit",
  BUILD_UNKNOWN_DECORATOR: "There is no such decorator",
  BUILD_UNKNOWN_METADATA: "There is no such metadata",
  BUILD_DUPLICATE_METADATA: "The metadata is given twice",
  BUILD_BAD_METADATA: "The metadata has another type or is out of range",
  BUILD_DUPLICATE_RULE: "Two rules have one name",
  BUILD_BAD_SIGNATURE: "A rule takes a context, and parameters if it has any, and returns a result",
  BUILD_BAD_PARAMETER: "A parameter has a type or default that it cannot have",
  BUILD_BANNED: "Rules cannot use this",
  BUILD_RECURSION: "A function reaches itself by calls, so its stack has no bound",
  BUILD_FLOAT: "Rules have no fractions; money is integer",
  BUILD_TOP_LEVEL_STATE: "Rules keep no state between calls",
  BUILD_MISSING_REASON: "Every effect names its reason",
  BUILD_NOT_LITERAL: "This must be written out as a literal",
  BUILD_PROJECT_CODE: "Building runs no code of the project",
  BUILD_TOO_LARGE: "The bundle is larger than 256 KiB",
  BUILD_METER: "The compiled code cannot be metered",

  CLI_USAGE: "This is not how the command is used",
  CLI_NO_PROJECT: "There is no project here",
  CLI_NOT_EMPTY: "The folder is not empty",
  CLI_FILE: "The file cannot be read or written",
  CLI_NOT_JSON: "The file is not JSON",
  CLI_BAD_KEY: "The file holds no key",
  CLI_KEY_EXISTS: "There is a key already",
  CLI_CASES: "The file holds no cases",

  SERVER_BAD_CONFIG: "The configuration is wrong",
  SERVER_BAD_REQUEST: "The request is not as the schema says",
  SERVER_NOT_JSON: "The body is not JSON",
  SERVER_BODY_TOO_LARGE: "The body is too large",
  SERVER_UNSUPPORTED_MEDIA_TYPE: "The body is of a type that is not read here",
  SERVER_NOT_FOUND: "There is nothing at this address",
  SERVER_UNKNOWN_CHANNEL: "There is no such channel",
  SERVER_UNKNOWN_RELEASE: "There is no such release",
  SERVER_UNKNOWN_BUNDLE: "There is no such bundle",
  SERVER_NO_RELEASE: "No release has been accepted yet",
  SERVER_RELEASE_EXPIRED: "The release has expired",
  SERVER_FILE_MISSING: "A file of the release is missing",
  SERVER_FILE_TOO_LARGE: "A file of the release is too large",
  SERVER_DEVELOPMENT_ROOT: "A root for development is refused in production",
  SERVER_TOO_MANY_STREAMS: "Too many event streams are open",
  SERVER_DRAINING: "The server is about to stop",
  SERVER_INTERNAL: "An internal error",

  CLIENT_NETWORK: "The server does not answer",
  CLIENT_STATUS: "The server does not have this; the value is the status of its answer",
  CLIENT_TOO_LARGE: "The server's answer is larger than such a file may be",
  CLIENT_NO_RELEASE: "No release has been accepted yet",
  CLIENT_CLOSED: "The client is closed",
};
