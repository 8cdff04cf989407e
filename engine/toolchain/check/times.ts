// Moments that suit what is said about time. Local time needs a zone that the policy carries; between two boundaries
// nothing changes, so the boundaries of eight days behind each beginning are all that has to be tried.

import type { Policy } from "@haggle/abi";
import type { Atoms, TimeAtom } from "./atoms.ts";

export type Moment = { now: number; timeZone?: string };

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
const DAYS = 8;

/** Epoch ms: nothing before `earliest` counts, and `usual` is as good as any other time. */
export type Times = { policy: Policy; earliest: number; usual: number };

/** A moment that suits all atoms about time, the usual one if it does; undefined when there is none. */
export function findMoment(atoms: Atoms, { policy, earliest, usual }: Times): Moment | undefined {
  const asked = atoms.filter((atom) => atom.on === "time");
  const isLocal = asked.some(({ kind }) => kind === "timeOfDay" || kind === "weekday");
  const zones = Object.keys(policy.timeZones ?? {});
  const starts = [Math.max(usual, earliest), ...beginnings(asked, policy, earliest)];
  const without = asked.some(({ kind, not }) => kind === "zone" && !not) ? [] : [undefined];
  for (const zone of isLocal ? [...without, ...zones] : [...without, ...zones.slice(0, 1)]) {
    for (const now of zone === undefined || !isLocal ? starts : localMoments(starts, asked, policy, zone)) {
      const moment = zone === undefined ? { now } : { now, timeZone: zone };
      if (now >= earliest && asked.every((atom) => isThen(atom, moment, policy))) return moment;
    }
  }
  return undefined;
}

/** Where periods begin, and where those end that must not be. */
function beginnings(asked: readonly TimeAtom[], policy: Policy, earliest: number): number[] {
  const bounds = asked.flatMap((atom) => (atom.kind === "period" ? [atom.from, atom.until] : []));
  const changes = Object.values(policy.timeZones ?? {}).flatMap((zone) => zone.map(({ from }) => from));
  const found = [earliest, ...bounds, ...changes].filter((time) => Number.isFinite(time) && time >= earliest);
  return [...new Set(found)].sort((a, b) => a - b);
}

function localMoments(
  starts: readonly number[],
  asked: readonly TimeAtom[],
  policy: Policy,
  zone: string,
): number[] {
  const minutes = asked.flatMap((atom) => (atom.kind === "timeOfDay" ? [atom.from, atom.until] : []));
  const boundaries = [...new Set([0, ...minutes])].sort((a, b) => a - b);
  return starts.flatMap((start) => {
    const local = localMinutes({ now: start, timeZone: zone }, policy);
    if (local === undefined) return [start];
    const midnight = start - (start % MINUTE_MS) - (local % DAY_MINUTES) * MINUTE_MS;
    const days = Array.from({ length: DAYS }, (_, day) => midnight + day * DAY_MINUTES * MINUTE_MS);
    const later = days.flatMap((day) => boundaries.map((minute) => day + minute * MINUTE_MS));
    return [start, ...later.filter((time) => time > start)];
  });
}

function isThen(atom: TimeAtom, moment: Moment, policy: Policy): boolean {
  const held = ask(atom, moment, policy);
  // Without a zone local time has no answer, which fails either way.
  return held !== undefined && held !== atom.not;
}

function ask(atom: TimeAtom, moment: Moment, policy: Policy): boolean | undefined {
  if (atom.kind === "period") return moment.now >= atom.from && moment.now < atom.until;
  const minutes = localMinutes(moment, policy);
  if (atom.kind === "zone") return minutes !== undefined;
  if (minutes === undefined) return undefined;
  if (atom.kind === "weekday") {
    // The epoch began on a Thursday, which is day 4.
    return atom.days.includes(((Math.floor(minutes / DAY_MINUTES) + 3) % 7) + 1);
  }
  const { from, until } = atom;
  const minute = minutes % DAY_MINUTES;
  return until <= from ? minute >= from || minute < until : minute >= from && minute < until;
}

function localMinutes({ now, timeZone }: Moment, policy: Policy): number | undefined {
  if (timeZone === undefined) return undefined;
  const last = policy.timeZones?.[timeZone]?.findLast(({ from }) => from <= now);
  return last && Math.floor(now / MINUTE_MS) + last.offset;
}
