// A rollout as a person reads it.

import { printable, shortDigest } from "../terminal.ts";
import { showMoment } from "../trust/life.ts";

/** As the server tells it; what is not used here is left out. */
export type Rollout = {
  id: string;
  channel: string;
  state: "running" | "paused" | "awaiting_approval" | "completed" | "rolled_back" | "superseded";
  from: string;
  to: string;
  step: number;
  steps: { weightBp: number; soakMs: number; minSamples: number; approval?: boolean }[];
  weightBp: number;
  startedAt: number;
  endedAt?: number;
  judgement?: { verdict: string; samples: number; gates: Gate[] };
  history?: Transition[];
};

type Gate = { name: string; verdict: string; reason: string };

type Transition = {
  at: number;
  cause: string;
  state: string;
  weightBp: number;
  actor: { name: string };
  reason: string | null;
};

const LIVE: readonly string[] = ["running", "paused", "awaiting_approval"];

export function isLive({ state }: Pick<Rollout, "state">): boolean {
  return LIVE.includes(state);
}

/** `rol_… stable: running, 5 % on 1a2b3c…, step 2 of 5`. */
export function headline({ id, channel, state, from, to, weightBp, step, steps }: Rollout): string {
  const place = isLive({ state }) ? `, step ${step + 1} of ${steps.length}` : "";
  return `${id} ${channel}: ${spell(state)}, ${percent(weightBp)} on ${shortDigest(to)}, the others on ${shortDigest(from)}${place}`;
}

/** What its gates say, and what has become of it so far. */
export function details({ judgement, history = [] }: Rollout): string[] {
  const gates =
    judgement?.gates.map((gate) => `  ${gate.verdict.padEnd(4)} ${gate.name}: ${printable(gate.reason)}`) ??
    [];
  const samples = judgement === undefined ? [] : [`  ${judgement.samples} samples of the new release`];
  return [...samples, ...gates, ...history.map((one) => `  ${event(one)}`)];
}

/** `2026-11-26T10:00:00Z soaked: running at 5 %, by server (…)`. */
export function event({ at, cause, state, weightBp, actor, reason }: Transition): string {
  const why = reason === null ? "" : ` (${printable(reason)})`;
  return `${showMoment(at)} ${spell(cause)}: ${spell(state)} at ${percent(weightBp)}, by ${printable(actor.name)}${why}`;
}

export function percent(weightBp: number): string {
  return `${weightBp / 100} %`;
}

function spell(word: string): string {
  return word.replaceAll("_", " ");
}
