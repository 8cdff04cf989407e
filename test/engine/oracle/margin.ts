import { divideUp, most, PPM, sum } from "./exact.ts";
import { type Line, leftOf, type State } from "./state.ts";

// Section 10.

/** The least that a line may come to. */
export function floorOf(line: Line): bigint {
  return line.floor * BigInt(line.quantity);
}

/** How much more may be taken off goods of known cost; undefined where no margin is kept. */
export function marginRoomOf({ lines, policy, isServer }: State): bigint | undefined {
  const { marginFloor } = policy;
  if (!marginFloor || !isServer) return undefined;
  const known = lines.filter(({ cost }) => cost !== undefined);
  if (marginFloor.unknownCost === "refuse" && known.length < lines.length) return 0n;
  const isGross = policy.tax.prices === "gross";
  const revenue = sum(
    known.map((line) => (isGross ? (leftOf(line) * PPM) / (PPM + line.ratePpm) : leftOf(line))),
  );
  const cost = sum(known.map((line) => line.cost! * BigInt(line.quantity)));
  return most(0n, revenue - divideUp(cost * 10_000n, 10_000n - BigInt(marginFloor.basisPoints)));
}

/** Whether what is taken off this line counts against the margin. */
export function isMarginKept(line: Line, { policy }: State): boolean {
  return line.cost !== undefined || policy.marginFloor?.unknownCost === "refuse";
}
