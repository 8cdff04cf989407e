import { createHmac, type KeyObject, randomInt } from "node:crypto";

// hg_live_<id>_<secret>: the beginning can be shown and searched for, the secret has 43 letters of 62, which are 256 bits.

/** In anything that is written down a key is cut off behind its id. */
export const KEY_PREFIX = "hg_live_";

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ID_LETTERS = 12;
const SECRET_LETTERS = 43;
const KEY = new RegExp(`^${KEY_PREFIX}([0-9A-Za-z]{${ID_LETTERS}})_[0-9A-Za-z]{${SECRET_LETTERS}}$`);

/** Random letters, each as likely as another. */
export function createId(letters: number = ID_LETTERS): string {
  return Array.from({ length: letters }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

export function createKey(): { id: string; key: string } {
  const id = createId();
  return { id, key: `${KEY_PREFIX}${id}_${createId(SECRET_LETTERS)}` };
}

/** The id in a key; undefined for a text that is none. */
export function idOf(key: string): string | undefined {
  return KEY.exec(key)?.[1];
}

/** What is stored of a key, in hex. The tenant is in it, so that a row copied to another tenant opens nothing. */
export function digestKey(pepper: KeyObject, tenant: string, key: string): string {
  return createHmac("sha256", pepper).update(`${tenant}\n${key}`).digest("hex");
}
