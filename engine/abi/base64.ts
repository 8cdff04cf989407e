import { refuse } from "./errors.ts";
import { encodeUtf8 } from "./utf8.ts";

// Every host of Haggle has these two (browsers, workers, Node), but the language library does not declare them.
declare const atob: (text: string) => string;
declare const btoa: (binary: string) => string;

/** So many arguments a call takes on every host; byte by byte a large table took seconds, as spread arguments do. */
const CHUNK_BYTES = 8192;

/** Standard base64 with padding (RFC 4648, section 4). */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let i = 0; i < bytes.length; i += CHUNK_BYTES) {
    binary += String.fromCharCode.apply(null, bytes.subarray(i, i + CHUNK_BYTES) as unknown as number[]);
  }
  return btoa(binary);
}

/**
 * The bytes of a canonical base64 text. `atob` alone forgives white space, missing padding and left-over bits, so
 * that one signature would have many spellings; only the spelling that `encodeBase64` gives is accepted.
 *
 * @throws HaggleError DOCUMENT_BAD_BASE64
 */
export function decodeBase64(text: string, at: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw refuse("DOCUMENT_BAD_BASE64", at, text, cause);
  }
  if (btoa(binary) !== text) throw refuse("DOCUMENT_BAD_BASE64", at, text);
  // ASCII is its own UTF-8, and anything else is longer in it. Documents are mostly ASCII, and in a fresh process
  // `from` takes longer for one than its hash.
  const ascii = encodeUtf8(binary);
  if (ascii.length === binary.length) return ascii;
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
