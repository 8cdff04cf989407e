import { PRICES, REMAINDERS, ROUNDINGS, SHORTS, SPLITS, TAX_PERS, UNKNOWN_COSTS } from "./codes.ts";
import * as L from "./layout.ts";
import type { Policy } from "./policy.ts";
import type { TableWriter } from "./table-writer.ts";

export const PPM_PER_BASIS_POINT = 100;

/** The address of the policy record. */
export function writePolicy(writer: TableWriter, policy: Policy): number {
  const { rounding, marginFloor, cash } = policy;
  const base = (word: Policy["splitBase"]) => (word === "initial" ? L.BASE_INITIAL : L.BASE_CURRENT);
  const record = writer.reserve(L.POLICY_STRIDE);
  const put = (field: number, value: number) => writer.u32(record + field, value);
  put(L.POLICY_PERCENT_BASE, base(policy.percentBase));
  put(L.POLICY_THRESHOLD_BASE, base(policy.thresholdBase));
  put(L.POLICY_ROUND_AMOUNT, ROUNDINGS[rounding.amount]);
  put(L.POLICY_ROUND_SHARE, ROUNDINGS[rounding.share]);
  put(L.POLICY_ROUND_CATALOG, ROUNDINGS[rounding.catalog]);
  put(L.POLICY_ROUND_TAX, ROUNDINGS[rounding.tax]);
  put(L.POLICY_ROUND_PER, rounding.percentOf === "unit" ? 1 : 0);
  put(L.POLICY_SPLIT, SPLITS[policy.split]);
  put(L.POLICY_SPLIT_BASE, base(policy.splitBase));
  put(L.POLICY_SPLIT_GROSS, policy.splitGross ? 1 : 0);
  put(L.POLICY_REMAINDER, REMAINDERS[policy.remainder]);
  put(L.POLICY_RESPREAD, policy.respread ? 1 : 0);
  put(L.POLICY_PRICES, PRICES[policy.tax.prices]);
  put(L.POLICY_TAX_PER, TAX_PERS[policy.tax.per]);
  put(L.POLICY_SHORT, SHORTS[policy.short]);
  put(L.POLICY_MARGIN, marginFloor ? marginFloor.basisPoints * PPM_PER_BASIS_POINT : L.NONE);
  put(L.POLICY_UNKNOWN_COST, marginFloor ? UNKNOWN_COSTS[marginFloor.unknownCost] : L.COST_REFUSE);
  put(L.POLICY_CASH_STEP, cash?.step ?? 0);
  put(L.POLICY_CASH_ROUNDING, cash ? ROUNDINGS[cash.rounding] : 0);
  put(
    L.POLICY_FLAGS,
    (policy.lines === "asGiven" ? L.POLICY_AS_GIVEN : 0) |
      (policy.exclusive === "first" ? L.POLICY_EXCLUSIVE_FIRST : 0) |
      (policy.partBase === "reduced" ? L.POLICY_PART_REDUCED : 0),
  );
  return L.TABLE + record;
}

/** The address of the time zones' records, by name. */
export function writeZones(writer: TableWriter, zones: NonNullable<Policy["timeZones"]>): number {
  const names = Object.keys(zones).sort();
  const start = writer.reserve(names.length * L.ZONE_STRIDE);
  names.forEach((name, i) => {
    const record = start + i * L.ZONE_STRIDE;
    const transitions = zones[name]!;
    const block = writer.reserve(transitions.length * L.TRANSITION_STRIDE);
    transitions.forEach(({ from, offset }, k) => {
      writer.i64(block + k * L.TRANSITION_STRIDE + L.TRANSITION_FROM, from);
      writer.u32(block + k * L.TRANSITION_STRIDE + L.TRANSITION_OFFSET, offset);
    });
    writer.u32(record + L.ZONE_NAME, writer.symbol(name));
    writer.u32(record + L.ZONE_COUNT, transitions.length);
    writer.u32(record + L.ZONE_TRANSITIONS, L.TABLE + block);
  });
  return L.TABLE + start;
}
