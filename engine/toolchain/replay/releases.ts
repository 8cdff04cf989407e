// The two releases that carts are priced with.

import { HaggleError, parseEnvelope, parseMetadata, parseRelease } from "@haggle/abi";
import { createEngine, type Engine, verifyProfile } from "@haggle/sdk";
import type { ShopWords } from "./anonymous.ts";

export type ReleaseFiles = {
  bundle: Uint8Array<ArrayBuffer>;
  release: Uint8Array<ArrayBuffer>;
  root: Uint8Array<ArrayBuffer>;
};

/** The two sides of a comparison. */
export type Pair<T> = { a: T; b: T };

/**
 * An engine that prices as the server does: with costs, floors and budgets. Old carts are priced with old releases, so
 * expiry does not matter.
 *
 * @throws HaggleError as `createEngine`, with `place` as the place
 */
export async function openRelease(files: ReleaseFiles, place: string): Promise<Engine> {
  try {
    return await createEngine({ ...files, server: true, development: true });
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    throw new HaggleError(cause.code, cause.message, { at: place, cause });
  }
}

/** Every string that the rules and promotions of these releases compare with. */
export function wordsOf(releases: readonly ReleaseFiles[]): ShopWords {
  return new Set(
    releases.flatMap(({ bundle, release }) => [
      ...parseMetadata(verifyProfile(bundle).metadata).symbols,
      ...parseRelease(parseEnvelope(release, "release").payload).table.symbols,
    ]),
  );
}
