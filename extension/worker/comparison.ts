// Recorded carts through two releases, a piece at a time, so that checks while typing come in between. One comparison at
// a time: a person looks at one.

import { decodeBase64, explainError, findMinorDigits, HaggleError } from "@haggle/abi";
import type { Engine } from "@haggle/sdk";
import {
  type Comparer,
  createComparer,
  createTally,
  openRelease,
  type Pair,
  type ReleaseFiles,
  type Tally,
  toFigures,
  wordsOf,
} from "@haggle/toolchain/replay";
import type {
  AddCarts,
  CartsAdded,
  Compared,
  ComparisonEnded,
  ComparisonFailed,
  ComparisonOpened,
  ServedRelease,
} from "../shared/release.ts";

type Open = { comparison: number; engines: Pair<Engine>; tally: Tally; compare: Comparer };

let open: Open | undefined;
let last = 0;

/** Verifies both releases by their roots, as every host does. What is refused is an answer and no error. */
export async function openComparison({ a, b }: Compared): Promise<ComparisonOpened> {
  try {
    const releases = { a: filesOf(a), b: filesOf(b) };
    const engines = { a: await openRelease(releases.a, "A"), b: await openRelease(releases.b, "B") };
    const tally = createTally();
    last += 1;
    open = {
      comparison: last,
      engines,
      tally,
      compare: createComparer(tally, engines, wordsOf([releases.a, releases.b])),
    };
    return { ok: true, comparison: last };
  } catch (cause) {
    if (!(cause instanceof HaggleError)) throw cause;
    return { ok: false, code: cause.code, message: explainError(cause) };
  }
}

/** Lines that are no carts are counted, and told by their number, which begins with `firstLine`. */
export function addCarts({ comparison, lines, firstLine }: AddCarts): CartsAdded {
  if (open?.comparison !== comparison) return GONE;
  const { tally, compare } = open;
  const before = tally.carts.read;
  lines.split("\n").forEach((text, i) => {
    if (text.trim() !== "") compare(text, firstLine + i);
  });
  return { ok: true, read: tally.carts.read - before };
}

export function endComparison(comparison: number): ComparisonEnded {
  if (open?.comparison !== comparison) return GONE;
  const { engines, tally } = open;
  open = undefined;
  const figures = toFigures({ engines, tally });
  const digits = figures.currencies.map(
    ({ currency }) => [currency, findMinorDigits(currency) ?? 2] as const,
  );
  return { ok: true, figures, minorDigits: Object.fromEntries(digits) };
}

const GONE: ComparisonFailed = {
  ok: false,
  code: undefined,
  message: "Another comparison began, or the compiler was started anew",
};

function filesOf({ bundle, release, root }: ServedRelease): ReleaseFiles {
  return {
    bundle: decodeBase64(bundle, "bundle"),
    release: decodeBase64(release, "release"),
    root: decodeBase64(root, "root"),
  };
}
