import type { Experiment } from "@haggle/abi";
import { createAssigner } from "./assigner.ts";

/** A share of all units that changes variants; undefined stands for being in none. */
export type Movement = { from: string | undefined; to: string | undefined; share: number };

/** Of 10,000 buckets every one is met by about ten. */
const SAMPLE_SIZE = 100_000;

/**
 * Who changes variants where one state of an experiment follows another: of the given ids, or of a sample of made-up ones.
 * Conditions, prerequisites, holdouts and what is remembered are left aside: it is the draw that moves people. Largest
 * share first; empty where nobody moves.
 */
export function whoMoves(
  before: Experiment,
  after: Experiment,
  ids: Iterable<string> = sample(),
): Movement[] {
  const [assignBefore, assignAfter] = [drawOf(before), drawOf(after)];
  const counts = new Map<string, { from: string | undefined; to: string | undefined; count: number }>();
  let size = 0;
  for (const id of ids) {
    size += 1;
    const [from, to] = [assignBefore(id), assignAfter(id)];
    if (from === to) continue;
    const place = `${from ?? ""}>${to ?? ""}`;
    const found = counts.get(place) ?? { from, to, count: 0 };
    found.count += 1;
    counts.set(place, found);
  }
  return [...counts.values()]
    .map(({ from, to, count }) => ({ from, to, share: count / size }))
    .sort((a, b) => b.share - a.share);
}

function drawOf(experiment: Experiment): (id: string) => string | undefined {
  const { condition: _, prerequisites: __, holdout: ___, sticky: ____, ...draw } = experiment;
  const assigner = createAssigner([draw]);
  return (id) => assigner.assign(draw.key, { units: { [draw.unit]: id } }).variant;
}

function* sample(): Generator<string> {
  for (let i = 0; i < SAMPLE_SIZE; i++) yield String(i);
}
