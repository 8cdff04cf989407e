// The form of the golden updates (test/vectors/updates/cases.json).

/** One way of a client through what a source gave it, and what it must have made of that. */
export type UpdateCase = {
  name: string;
  group: string;
  /** Digest of the root that the program pinned. */
  pinned: string;
  options?: { minRelease?: number; development?: true; bucket?: number; unit?: string };
  steps: UpdateStep[];
  /** What is live and stored at the end; absent when nothing ever counted. */
  after?: Counted;
};

export type UpdateStep = {
  /** Epoch ms at which the client looks. */
  clock: number;
  /** What the source has: digests of blobs by their path in a release folder. */
  tree: Record<string, string>;
  /** The program starts anew before it looks: with what it stored, and perhaps with another root pinned. */
  restart?: { pinned?: string; state?: StoredState; expect: Restored };
  expect: Expected;
  /** What is live behind a refusal that comes with a kill; all others change nothing. */
  live?: Counted;
};

export type Expected = ({ accepted: Counted } | { refused: Refusal }) & {
  /** Told by an event though the update counted, or before the one that refused it. */
  told?: Refusal;
};

/** What a client starts with before it asks anybody; `accepted` is absent where that is nothing. */
export type Restored = { accepted?: Counted; told?: Refusal };

export type Refusal = { code: string; at?: string; alarm: boolean };

/** Versions of the documents that count, and the digest of the release. */
export type Counted = {
  root: number;
  channel: number;
  release: string;
  prices?: number;
  /** Switched off: known, served, and pricing nothing. */
  withdrawn?: true;
};

/** A state put into the store from outside, in digests of blobs. */
export type StoredState = {
  roots: string[];
  channel: string;
  release: string;
  bundle: string;
  prices?: string;
};

/** A blob is its parts, one after another. `file` is another file of the folder, from a byte on. */
export type BlobPart = string | { base64: string } | { file: string; from: number } | { spaces: number };

/** cases.json and blobs.json, as they are read. */
export type UpdateVectors = { cases: UpdateCase[]; blobs: Record<string, BlobPart[]> };
