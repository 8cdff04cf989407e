// What a client remembers of the documents it accepted, so that nothing older and nothing else follows, and so that it
// starts without a network.

/** Everything that one update accepted. It is stored as one piece, or not at all. */
export type TrustState = {
  /** Bytes of the newest root's envelope. */
  root: Uint8Array;
  /** Of the newest channel document: nothing below its version may follow, nor another one of the same version. */
  channel: Accepted;
  /** Likewise, of the newest prices document. */
  prices?: Accepted;
  /** Epoch ms, the latest `issued` of all documents: a clock that was set back revives nothing. */
  issued: number;
  /** The envelopes and the bundle that the engine in use was made from. */
  good: Good;
};

export type Accepted = { version: number; sha256: string };

export type Good = {
  channel: Uint8Array;
  release: Uint8Array;
  bundle: Uint8Array;
  prices?: Uint8Array;
};

/**
 * Keeps the state of one channel. `save` resolves when the new state is durable and replaces the old one in one step;
 * when it rejects the old one is still there. `load` rejects with CLIENT_STATE_DAMAGED for what it cannot read.
 */
export type TrustStore = {
  load(): Promise<TrustState | undefined>;
  save(state: TrustState): Promise<void>;
};
