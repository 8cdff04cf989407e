import { type HaggleError, refuse } from "@haggle/abi";
import type { Line } from "./allocate.ts";

/** Says for a while that nobody gets any of a sku without a share of a ration. */
export type Rule = {
  ration: string;
  sku: string /** Of all its skus together, for each unit. */;
  limit: number;
  /** Whether the level of the sku is several rows. */
  isSplit: boolean;
};

/** Whose share of which ration may be used, and until when, in epoch ms. */
export type Holder = { ration: string; unit: string; expires: number };

/** Pieces of a reservation that count for a unit's part of a ration. */
export type Share = { ration: string; unit: string; pieces: number };

/** Pieces that a unit holds or has bought; `before` as it was found, undefined where it never had any. */
export type Use = { ration: string; unit: string; pieces: number };
export type UseChange = Use & { before: number | undefined };

export type Rations = ReturnType<typeof createRations>;

/**
 * The rations that are in force, and what a transaction has locked of their uses, as they are behind each thing that was
 * decided in it.
 */
export function createRations(rules: readonly Rule[], uses: readonly Use[]) {
  const bySku = new Map(rules.map((rule) => [rule.sku, rule]));
  const found = new Map(uses.map((use) => [keyOf(use), use.pieces]));
  const changed = new Map<string, Use>();

  function add({ ration, unit }: Omit<Share, "pieces">, pieces: number): void {
    const key = keyOf({ ration, unit });
    const before = changed.get(key)?.pieces ?? found.get(key);
    // Of a ration that is long over, and of which nothing is counted any more.
    if (before === undefined && pieces < 0) return;
    changed.set(key, { ration, unit, pieces: (before ?? 0) + pieces });
  }

  return {
    /**
     * What these lines take of a ration: undefined where they need none, and why not where the holder may not have them.
     */
    share(lines: readonly Line[], holder: Holder | undefined, now: number): Share | undefined | HaggleError {
      const rationed = lines.filter(({ sku }) => bySku.has(sku));
      if (rationed.length === 0) return undefined;
      const stranger = rationed.find(({ sku }) => bySku.get(sku)!.ration !== holder?.ration);
      if (stranger !== undefined || holder === undefined) {
        return refuse("FLASH_SALE_TOKEN_NEEDED", "purchaseToken", (stranger ?? rationed[0]!).sku);
      }
      if (holder.expires <= now) return refuse("FLASH_SALE_TOKEN_ENDED", "purchaseToken", holder.expires);
      const { ration, unit } = holder;
      const key = keyOf(holder);
      const pieces = rationed.reduce((sum, { quantity }) => sum + quantity, 0);
      const left =
        bySku.get(rationed[0]!.sku)!.limit - (changed.get(key) ?? { pieces: found.get(key) ?? 0 }).pieces;
      return pieces <= left
        ? { ration, unit, pieces }
        : refuse("FLASH_SALE_LIMIT", "lines", Math.max(0, left));
    },
    take: (share: Share | null): void => {
      if (share !== null) add(share, share.pieces);
    },
    giveBack: (share: Share | null): void => {
      if (share !== null) add(share, -share.pieces);
    },
    listChanges: (): UseChange[] =>
      [...changed].flatMap(([key, use]) => {
        const before = found.get(key);
        return use.pieces === (before ?? 0) ? [] : [{ ...use, before }];
      }),
  };
}

function keyOf({ ration, unit }: { ration: string; unit: string }): string {
  return JSON.stringify([ration, unit]);
}
