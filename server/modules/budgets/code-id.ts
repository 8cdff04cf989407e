import { createHmac, createSecretKey } from "node:crypto";

/** 128 bits: nobody finds two texts of one id. */
const ID_CHARACTERS = 22;

/**
 * Codes to the ids under which they are kept. It takes the tenant's secret, so that whoever has the database alone cannot try out
 * which codes there are: those that people choose are easily guessed.
 */
export function createCodeIds(pepper: Uint8Array): (code: string) => string {
  const key = createSecretKey(pepper);
  return (code) =>
    createHmac("sha256", key)
      .update(`haggle coupon\n${normalize(code)}`)
      .digest("base64url")
      .slice(0, ID_CHARACTERS);
}

/** Typed off a card, with a space or hyphen more or fewer, and in whatever case. */
function normalize(code: string): string {
  return code
    .normalize("NFKC")
    .replace(/[\s-]+/g, "")
    .toUpperCase();
}
