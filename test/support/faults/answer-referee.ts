import { isServed } from "./stock-log.ts";

// What every client of a server that is broken now and then may expect of its answers, whatever he asks for.

export type Heard = {
  /** What it was about. */
  order: string;
  verb: string;
  at: number;
  /** None where nothing was heard. */
  answer: { status: number; code?: string | undefined; at: number } | undefined;
};

/** While something is broken, and so long after it. */
export type Broken = { name: string; from: number; until: number };

/** So many questions in a row, of which one may fail, say that it is over. */
const WINDOW = 100;
const MAX_FAILED = 1;
/** A busy machine fails some before anything is broken; recovered is who fails no more than twice as many. */
const MAX_SHARE = 2;
/** Done, under way, refused by who is to pay or for a reason, too many, not now. */
const STATUSES: ReadonlySet<number> = new Set([200, 201, 202, 402, 409, 429, 503]);

/** Each question has an answer that says what to do, where nothing was broken. */
export function judgeAnswers(
  calls: readonly Heard[],
  faults: readonly Broken[],
  recoveryMs: number,
): string[] {
  return calls.flatMap(({ order, verb, at, answer }) => {
    if (answer !== undefined && answer.status !== 0) {
      const { status, code } = answer;
      return STATUSES.has(status) ? [] : [`${order}: ${verb} was answered with ${status} ${code}`];
    }
    const end = answer?.at ?? at;
    const isBroken = faults.some(({ from, until }) => at <= until + recoveryMs && end >= from);
    return isBroken ? [] : [`${order}: ${verb} had no answer, though nothing was broken`];
  });
}

/** Served again as before, soon after each fault. */
export function judgeRecovery(
  calls: readonly Heard[],
  faults: readonly Broken[],
  recoveryMs: number,
): string[] {
  const most = mostFailed(calls, Math.min(...faults.map(({ from }) => from)));
  return faults.flatMap((fault) => {
    const others = faults.filter((other) => other !== fault);
    return judgeEndOf(fault, others, calls, { most, recoveryMs });
  });
}

/** Of so many questions in a row as say that a fault is over, how many may fail. `first`: when something was first broken. */
export function mostFailed(calls: readonly Heard[], first: number): number {
  const before = calls.filter(({ answer }) => answer !== undefined && answer.at < first);
  const failed = before.filter((call) => !isServed(call)).length;
  const share = before.length < WINDOW ? 0 : failed / before.length;
  return MAX_FAILED + MAX_SHARE * share * WINDOW;
}

/** Whether what was asked behind the end of a fault says that it is over, however long that took. */
export function isOver(later: readonly Heard[], most: number): boolean {
  const ended = { name: "", from: Number.NEGATIVE_INFINITY, until: Number.NEGATIVE_INFINITY };
  return judgeEndOf(ended, [], later, { most, recoveryMs: Number.POSITIVE_INFINITY }).length === 0;
}

function judgeEndOf(
  { name, until }: Broken,
  others: readonly Broken[],
  calls: readonly Heard[],
  { most, recoveryMs }: { most: number; recoveryMs: number },
): string[] {
  const later = calls.filter(({ at }) => at >= until).sort((a, b) => a.at - b.at);
  const window: Heard[] = [];
  let failed = 0;
  for (const call of later) {
    // What another fault fails says nothing of this one's end.
    if (others.some((other) => isDuring(call, other))) continue;
    window.push(call);
    if (!isServed(call)) failed++;
    if (window.length < WINDOW) continue;
    const first = window.shift()!;
    const tookMs = first.at - until;
    if (tookMs > recoveryMs) return [`${name}: not served again for ${tookMs} ms`];
    if (failed <= most) return [];
    if (!isServed(first)) failed--;
  }
  return [`${name}: not served again by the end, ${later.length} questions later`];
}

function isDuring({ at, answer }: Heard, { from, until }: Broken): boolean {
  return at < until && (answer?.at ?? Number.POSITIVE_INFINITY) > from;
}
