import { PRICES, REMAINDERS, ROUNDINGS, SHORTS, SPLITS, TAX_PERS, UNKNOWN_COSTS } from "./codes.ts";
import * as L from "./layout.ts";
import type { Policy } from "./policy.ts";
import { PPM_PER_BASIS_POINT } from "./table-policy.ts";
import type { TableReader } from "./table-reader.ts";

/** What the engine sees of a policy: the rest of it is used up in the order of the table, or is the host's. */
export type DecodedPolicy = Pick<
  Policy,
  | "lines"
  | "percentBase"
  | "thresholdBase"
  | "partBase"
  | "rounding"
  | "split"
  | "splitBase"
  | "splitGross"
  | "remainder"
  | "respread"
  | "tax"
  | "short"
  | "marginFloor"
  | "cash"
>;

export function decodePolicy(read: TableReader, record: number): DecodedPolicy {
  const bases = { initial: L.BASE_INITIAL, current: L.BASE_CURRENT };
  const word = <Word extends string>(codes: Readonly<Record<Word, number>>, field: number) =>
    read.word(codes, record + field);
  const bit = (field: number) => read.index(record + field, 2) === 1;
  const margin = read.i32(record + L.POLICY_MARGIN);
  const step = read.i32(record + L.POLICY_CASH_STEP);
  return {
    lines: read.u32(record + L.POLICY_FLAGS) & L.POLICY_AS_GIVEN ? "asGiven" : "canonical",
    percentBase: word(bases, L.POLICY_PERCENT_BASE),
    thresholdBase: word(bases, L.POLICY_THRESHOLD_BASE),
    partBase: read.u32(record + L.POLICY_FLAGS) & L.POLICY_PART_REDUCED ? "reduced" : "left",
    rounding: {
      amount: word(ROUNDINGS, L.POLICY_ROUND_AMOUNT),
      share: word(ROUNDINGS, L.POLICY_ROUND_SHARE),
      catalog: word(ROUNDINGS, L.POLICY_ROUND_CATALOG),
      tax: word(ROUNDINGS, L.POLICY_ROUND_TAX),
      percentOf: bit(L.POLICY_ROUND_PER) ? "unit" : "line",
    },
    split: word(SPLITS, L.POLICY_SPLIT),
    splitBase: word(bases, L.POLICY_SPLIT_BASE),
    splitGross: bit(L.POLICY_SPLIT_GROSS),
    remainder: word(REMAINDERS, L.POLICY_REMAINDER),
    respread: bit(L.POLICY_RESPREAD),
    tax: { prices: word(PRICES, L.POLICY_PRICES), per: word(TAX_PERS, L.POLICY_TAX_PER) },
    short: word(SHORTS, L.POLICY_SHORT),
    ...(margin !== L.NONE && {
      marginFloor: {
        basisPoints: margin / PPM_PER_BASIS_POINT,
        unknownCost: word(UNKNOWN_COSTS, L.POLICY_UNKNOWN_COST),
      },
    }),
    ...(step > 0 && { cash: { step, rounding: word(ROUNDINGS, L.POLICY_CASH_ROUNDING) } }),
  };
}

export function decodeZones(read: TableReader): NonNullable<Policy["timeZones"]> {
  // As many as bytes have room for: a zone has at least one transition.
  const count = read.u32(L.TABLE_ZONE_COUNT);
  const zones = read.records(count, L.TABLE_ZONES, L.ZONE_STRIDE).map((zone) => {
    const transitions = read
      .records(read.u32(zone + L.ZONE_COUNT), zone + L.ZONE_TRANSITIONS, L.TRANSITION_STRIDE)
      .map((at) => ({ from: read.i64(at + L.TRANSITION_FROM), offset: read.i32(at + L.TRANSITION_OFFSET) }));
    return [read.text(zone + L.ZONE_NAME), transitions] as const;
  });
  return Object.fromEntries(zones);
}
