import type { Strategy, StrategyFile } from "@haggle/abi";

/** A version of the strategies as the database has it. */
export type StoredSet = StrategyFile & {
  /** 1, 2, 3 ... of the tenant, in the order in which versions came; one that is brought back keeps its own. */
  number: number;
  /** SHA-256 of the file, as hex. */
  digest: string;
};

/** What prices a channel: only the strategies that are for it, in the order of the file. */
export type StrategySet = Omit<StoredSet, "strategies"> & { strategies: readonly ActiveStrategy[] };

/**
 * `withdrawn`: the live release has no such rule any more, or the rule not these parameters. It still takes its skus, so that
 * no strategy behind it prices them by accident, and gives them no price.
 */
export type ActiveStrategy = Strategy & { withdrawn?: true };
