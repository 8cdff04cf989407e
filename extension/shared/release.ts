// What passes between the half in VS Code, which talks to servers and signs, and the language server's worker, which
// builds drafts and prices recorded carts with two releases.

import type { Release } from "@haggle/abi";
import type { Figures, Pair } from "@haggle/toolchain/replay";

/** Builds an unsigned release of a project; answers with a `DraftAnswer`. */
export const DRAFT = "haggle/draft";

export type DraftRequest = {
  root: string;
  /** One more than the newest that the registry holds. */
  version: number;
  /** Digest of the release before. */
  previous?: string;
  /** That of the server's root, if it has one. */
  tenant?: string;
  /** Epoch ms: when the release was issued. */
  now: number;
  /** Epoch ms; a year after `now` when left out. */
  expires?: number;
};

export type Draft = {
  /** Not signed, base64. */
  bundle: string;
  /** Names that bundle as it is: its signature gives it another digest. */
  release: Release;
  warnings: number;
};

export type DraftAnswer =
  | ({ ok: true } & Draft)
  | {
      ok: false;
      /** The errors. */
      problems: DraftProblem[];
    };

/** `line` and `character` count from 0. `file` is relative to the project; empty where it is about no file. */
export type DraftProblem = { file: string; line: number; character: number; code: string; message: string };

// Two releases on recorded carts: opened once, then given carts in pieces, so that whatever else the worker has to do
// comes in between.

/** Opens two releases; answers with a `ComparisonOpened`. A comparison that was open before is forgotten. */
export const OPEN_COMPARISON = "haggle/openComparison";

/** Documents and bundle as they are served, base64. */
export type ServedRelease = { bundle: string; release: string; root: string };

export type ComparisonOpened = { ok: true; comparison: number } | ComparisonFailed;

/** Without a code where the worker does not know the comparison any more. */
export type ComparisonFailed = { ok: false; code: string | undefined; message: string };

/** Prices carts, one to a line, with both releases; answers with a `CartsAdded`. */
export const ADD_CARTS = "haggle/addCarts";

export type AddCarts = { comparison: number; lines: string; firstLine: number };

export type CartsAdded = { ok: true; read: number } | ComparisonFailed;

/** What the carts came to; answers with a `ComparisonEnded` and forgets the comparison. */
export const END_COMPARISON = "haggle/endComparison";

export type ComparisonEnded =
  | {
      ok: true;
      figures: Figures;
      /** Of each currency, as carts count it: an editor's own tables know others for some. */
      minorDigits: Record<string, number>;
    }
  | ComparisonFailed;

export type Compared = Pair<ServedRelease>;
