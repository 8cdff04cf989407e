import type { Clock } from "../../platform/clock.ts";
import {
  AMOUNT_BUCKETS,
  AMOUNT_EDGES_MINOR,
  bucketOf,
  LATENCY_BUCKETS,
  LATENCY_EDGES_MS,
} from "./buckets.ts";
import type { Observation, Sums } from "./observation.ts";
import { createShoppers, FAULTED, PRICED, SOLD } from "./shoppers.ts";

/** The sums of one slot. What is written of it is all of it, each time. */
export type Cell = Sums & { rollout: string; slot: number };

type LiveCell = Cell & { isDirty: boolean };

export const SLOT_MS = 10_000;
/** Currencies times sources times arms of one slot are far fewer; what comes on top tells nothing of its money. */
const MAX_CELLS = 1_024;
/** While the database is away: about an hour of a busy server. The oldest are given up. */
const MAX_WAITING = 10_000;

/** Adds observations up in memory: nothing is allocated but for the first of its kind in a slot. */
export function createRecorder({ clock }: { clock: Clock }) {
  let slot = 0;
  let cells: LiveCell[] = [];
  let waiting: LiveCell[] = [];
  let last: LiveCell | undefined;
  const shoppers = createShoppers();

  function getCell(observation: Observation, rollout: string, currency: string): LiveCell {
    if (last !== undefined && isOf(last, observation, rollout, currency)) return last;
    let cell = cells.find((known) => isOf(known, observation, rollout, currency));
    if (cell === undefined) {
      cell = createCell(observation, rollout, currency, slot);
      cells.push(cell);
    }
    last = cell;
    return cell;
  }

  /** A clock that goes back changes no slot. */
  function turnSlot(): void {
    const now = clock();
    const current = now - (now % SLOT_MS);
    if (current <= slot) return;
    waiting = waiting.concat(cells.filter(({ isDirty }) => isDirty)).slice(-MAX_WAITING);
    cells = [];
    last = undefined;
    slot = current;
  }

  return {
    observe(observation: Observation): void {
      const { rollout, outcome, latencyMs } = observation;
      if (rollout === undefined) return;
      turnSlot();
      const told = cells.length < MAX_CELLS ? observation.money : undefined;
      const fresh = shoppers.mark(observation, slot, marksOf(outcome, told));
      const money = fresh & SOLD ? told : undefined;
      const cell = getCell(observation, rollout, money?.currency ?? "");
      cell.isDirty = true;
      cell.samples++;
      if (outcome === "error") cell.errors++;
      else if (outcome === "fault") cell.faults++;
      if (fresh & PRICED) cell.units++;
      if (fresh & FAULTED) cell.faultedUnits++;
      cell.latencies[bucketOf(latencyMs, LATENCY_EDGES_MS)]!++;
      if (money !== undefined) addMoney(cell, money);
    },
    /**
     * What has changed since it was taken last. The caller writes it and calls `settle`, or `putBack` where that failed.
     */
    take(): Cell[] {
      turnSlot();
      const taken = [...waiting, ...cells.filter(({ isDirty }) => isDirty)];
      for (const cell of taken) cell.isDirty = false;
      return taken;
    },
    settle(): void {
      waiting = waiting.filter(({ isDirty }) => isDirty);
    },
    putBack(taken: readonly Cell[]): void {
      const known = new Set<Cell>([...waiting, ...cells]);
      for (const cell of taken as readonly LiveCell[]) {
        cell.isDirty = true;
        // Its slot has ended meanwhile.
        if (!known.has(cell)) waiting.push(cell);
      }
    },
  };
}

/** A server that failed says nothing of rules. */
function marksOf(outcome: Observation["outcome"], money: Observation["money"]): number {
  const priced = outcome === "error" ? 0 : PRICED;
  return priced | (outcome === "fault" ? FAULTED : 0) | (money === undefined ? 0 : SOLD);
}

function isOf(cell: LiveCell, observation: Observation, rollout: string, currency: string): boolean {
  return (
    cell.source === observation.source &&
    cell.arm === observation.arm &&
    cell.isOverridden === observation.isOverridden &&
    cell.currency === currency &&
    cell.rollout === rollout &&
    cell.release === observation.release
  );
}

function createCell(
  { source, release, arm, isOverridden }: Observation,
  rollout: string,
  currency: string,
  slot: number,
): LiveCell {
  return {
    rollout,
    slot,
    source,
    currency,
    release,
    arm,
    isOverridden,
    isDirty: true,
    samples: 0,
    errors: 0,
    faults: 0,
    latencies: new Array<number>(LATENCY_BUCKETS).fill(0),
    units: 0,
    faultedUnits: 0,
    totalMinor: 0,
    marginSamples: 0,
    marginMinor: 0,
    marginShares: 0,
    marginSquares: 0,
    floorSamples: 0,
    atFloor: 0,
    discountCounts: new Array<number>(AMOUNT_BUCKETS).fill(0),
    discountSums: new Array<number>(AMOUNT_BUCKETS).fill(0),
    discountSquares: new Array<number>(AMOUNT_BUCKETS).fill(0),
  };
}

function addMoney(cell: LiveCell, money: NonNullable<Observation["money"]>): void {
  const { discountMinor, totalMinor, marginMinor, atFloor } = money;
  const bucket = bucketOf(discountMinor, AMOUNT_EDGES_MINOR);
  cell.discountCounts[bucket]!++;
  cell.discountSums[bucket]! += discountMinor;
  cell.discountSquares[bucket]! += discountMinor ** 2;
  cell.totalMinor += totalMinor;
  if (atFloor !== undefined) {
    cell.floorSamples++;
    if (atFloor) cell.atFloor++;
  }
  if (marginMinor === undefined) return;
  const share = shareOf(marginMinor, totalMinor);
  cell.marginSamples++;
  cell.marginMinor += marginMinor;
  cell.marginShares += share;
  cell.marginSquares += share ** 2;
}

/** From -1 to 1: a loss of more than the price counts as the price, so that no single order decides. */
function shareOf(marginMinor: number, totalMinor: number): number {
  if (totalMinor <= 0) return marginMinor < 0 ? -1 : 0;
  return Math.max(-1, Math.min(1, marginMinor / totalMinor));
}
