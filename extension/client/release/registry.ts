// What is asked of a server to bring a release there and to move shoppers to it. Each answers as the server does; one
// that wants a second person's yes answers with an approval instead.

import type { Api } from "./api.ts";
import type { Rollout } from "./board.ts";
import type { SignedDraft } from "./sign-draft.ts";

/** What the server waits for before it does it. */
export type Waiting = { approval: string };

export type Step = { weightBp: number; soakMs: number; minSamples: number };

const FULL_BP = 10_000;
/** The server's own steps, above the first one. */
const LATER_BP = [2_500, 5_000, FULL_BP];
const SOAK_MS = 3_600_000;
const MIN_SAMPLES = 3_000;

/** The bundle first: a release is refused whose bundle is not there. Said again, both are there already. */
export async function bringRelease(
  api: Api,
  { bundle, digest, release }: SignedDraft,
  signal?: AbortSignal,
): Promise<void> {
  await api.ask("PUT", `/v1/bundles/${digest}`, { wasm: bundle }, signal);
  await api.ask("POST", "/v1/releases", { document: release }, signal);
}

/** Gives a release to all shoppers of a channel at once. */
export function pointChannel(
  api: Api,
  channel: string,
  body: { release: string; older?: true; reason?: string },
): Promise<{ channel: string; version: number; release: string } | Waiting> {
  return api.ask("PUT", `/v1/channels/${encodeURIComponent(channel)}/release`, body);
}

export function startRollout(
  api: Api,
  body: { channel: string; to: string; steps: Step[]; older?: true },
): Promise<Rollout | Waiting> {
  return api.ask("POST", "/v1/rollouts", body);
}

export function moveRollout(
  api: Api,
  id: string,
  verb: "pause" | "resume" | "approve" | "promote" | "rollback",
  reason?: string,
): Promise<Rollout | Waiting> {
  const body = reason === undefined ? {} : { reason };
  return api.ask("POST", `/v1/rollouts/${encodeURIComponent(id)}/${verb}`, body);
}

/** A canary of this share, and from there the server's usual steps to everybody. */
export function stepsFrom(weightBp: number): Step[] {
  const shares = [weightBp, ...LATER_BP.filter((later) => later > weightBp)];
  return shares.map((share) => ({ weightBp: share, soakMs: SOAK_MS, minSamples: MIN_SAMPLES }));
}

/** Hundredths of a percent of a text like `5`, `0.5` or `5 %`; undefined where it is no share. */
export function parseShare(text: string): number | undefined {
  const share = /^(\d{1,3})(?:\.(\d{1,2}))?\s*%?$/.exec(text.trim());
  const weightBp = share === null ? 0 : Number(share[1]) * 100 + Number((share[2] ?? "").padEnd(2, "0"));
  return weightBp >= 1 && weightBp <= FULL_BP ? weightBp : undefined;
}

export function isWaiting(answer: object): answer is Waiting {
  return "approval" in answer;
}
