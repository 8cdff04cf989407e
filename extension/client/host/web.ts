import type { KeyHost } from "./keys.ts";

/** A browser runs no command of the machine, and its cryptography has no scrypt. */
export const keyHost: KeyHost | undefined = undefined;
