// What a rollout may do next, from what is known: no clock, no database, no randomness. The service asks on every look,
// in every state that lives, and does what the answer says in one transaction.

/** The states in which a rollout holds its channel, and those in which it has let go of it for ever. */
export const LIVE_STATES = ["running", "paused", "awaiting_approval"] as const;
export const FINAL_STATES = ["completed", "rolled_back", "superseded"] as const;

export type RolloutState = (typeof LIVE_STATES)[number] | (typeof FINAL_STATES)[number];

export type Step = {
  /** The share of shoppers, in hundredths of a percent, that gets the new release. */
  weightBp: number;
  /** How long the step lasts at least, without the time before a resume. */
  soakMs: number;
  /** How many samples of the new release its gates want at least, counted since the step began. */
  minSamples: number;
  /** Whether somebody has to say yes before this step begins. */
  approval?: boolean;
};

/** Where a rollout stands. Times are epoch ms. */
export type Progress = {
  state: RolloutState;
  /** Index of the step that is under way, or was the last one. */
  step: number;
  /** When the step began: evidence from before it does not speak for it. */
  stepAt: number;
  /** Since when the step has soaked: its begin, or the last resume behind it. */
  soakFrom: number;
  /** The step that somebody has said yes to. */
  approvedStep?: number | undefined;
};

/** What the machine reads of a judgement. */
export type Evidence = {
  verdict: "pass" | "fail" | "hold";
  /** Of the new release, since the step began. */
  samples: number;
  /** What SDKs report can stop the clock, and do nothing else. */
  advice?: "pause" | undefined;
};

/**
 * What an operator may ask for; `kill` and `supersede` come with a kill of the old release, and with a channel document
 * that somebody else has made.
 */
export type Verb = "pause" | "resume" | "approve" | "promote" | "rollback" | "kill" | "supersede";

export type Cause = "start" | "gate" | "advice" | "soaked" | "approval" | Verb;

/** `step` is the step that is under way afterwards. */
export type Transition = { state: RolloutState; step: number; cause: Cause };

/**
 * The one transition that is due, if any. A failed gate takes the release back from every live state, whoever is being
 * waited for; only a running rollout goes forward, and by one step, however long nobody has looked.
 */
export function decide(
  steps: readonly Step[],
  { state, step, soakFrom, approvedStep }: Progress,
  { verdict, samples, advice }: Evidence,
  now: number,
): Transition | undefined {
  if (!isLive(state)) return undefined;
  if (verdict === "fail") return { state: "rolled_back", step, cause: "gate" };
  if (advice === "pause" && state !== "paused") return { state: "paused", step, cause: "advice" };
  if (state !== "running" || verdict !== "pass") return undefined;
  const { soakMs, minSamples } = steps[step]!;
  if (now - soakFrom < soakMs || samples < minSamples) return undefined;
  const next = steps[step + 1];
  if (next === undefined) return { state: "completed", step, cause: "soaked" };
  if (next.approval && approvedStep !== step + 1) {
    return { state: "awaiting_approval", step, cause: "approval" };
  }
  return { state: "running", step: step + 1, cause: "soaked" };
}

/** What follows from a verb; undefined where the state does not allow it, or it would change nothing. */
export function obey({ state, step }: Progress, verb: Verb): Transition | undefined {
  if (!isLive(state)) return undefined;
  const to = TARGETS[verb];
  if (verb === "resume" && state !== "paused") return undefined;
  if (verb === "approve" && state !== "awaiting_approval") return undefined;
  return to === state ? undefined : { state: to, step, cause: verb };
}

const TARGETS: Readonly<Record<Verb, RolloutState>> = {
  pause: "paused",
  resume: "running",
  // The step itself begins with the next look, which may find a gate failed meanwhile.
  approve: "running",
  promote: "completed",
  rollback: "rolled_back",
  // Neither back to what was killed nor forward without somebody who decides it.
  kill: "paused",
  supersede: "superseded",
};

/** Where a rollout stands after a transition. A new step starts its clocks; a resumed one soaks anew. */
export function advance(before: Progress, { state, step, cause }: Transition, now: number): Progress {
  const isNewStep = step !== before.step;
  return {
    state,
    step,
    stepAt: isNewStep ? now : before.stepAt,
    soakFrom: isNewStep || cause === "resume" ? now : before.soakFrom,
    approvedStep: cause === "approve" ? step + 1 : before.approvedStep,
  };
}

export function isLive(state: RolloutState): boolean {
  return (LIVE_STATES as readonly RolloutState[]).includes(state);
}

/** The share of the new release: nothing is left of a rollout that was taken back. */
export function weightOf(steps: readonly Step[], { state, step }: Pick<Progress, "state" | "step">): number {
  if (state === "rolled_back") return 0;
  return state === "completed" ? FULL_BP : steps[step]!.weightBp;
}

/** All shoppers. */
export const FULL_BP = 10_000;
