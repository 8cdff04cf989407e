// The few that stand out, kept while all others pass by.

/** At most `size` entries, the greatest first. */
export type Leaders<T> = T[];

/** Whether an entry of this rank would be among them: asked before anything is made of it. */
export function wouldLead<T extends Ranked>(leaders: Leaders<T>, entry: Ranked, size: number): boolean {
  return leaders.length < size || compareRanks(entry, leaders.at(-1)!) < 0;
}

export function addLeader<T extends Ranked>(leaders: Leaders<T>, entry: T, size: number): void {
  let at = leaders.length;
  while (at > 0 && compareRanks(entry, leaders[at - 1]!) < 0) at--;
  leaders.splice(at, 0, entry);
  if (leaders.length > size) leaders.pop();
}

/** By what they changed; of equal ones the earlier line of the recording, so that workers cannot matter. */
export type Ranked = { difference: number; line: number };

function compareRanks(a: Ranked, b: Ranked): number {
  return Math.abs(b.difference) - Math.abs(a.difference) || a.line - b.line;
}
