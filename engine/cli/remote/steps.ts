// The steps of a rollout as a person says them.

import { usageError } from "../terminal.ts";

export type Step = { weightBp: number; soakMs: number; minSamples: number; approval?: true };

type StepFlags = { steps?: string; soak?: string; "min-samples"?: string; "approve-before"?: string };

export const STEP_FLAGS = {
  steps: { type: "string" },
  soak: { type: "string" },
  "min-samples": { type: "string" },
  "approve-before": { type: "string" },
} as const;

export const STEP_HELP = `  --steps LIST     shares of shoppers in percent, such as 1,5,25,50,100; that is what the server takes when left out
  --soak SPAN      how long each step lasts at least: 30s, 10m, 1h, 2d; 1h when left out
  --min-samples N  how many requests each step wants to see at least; 3000 when left out
  --approve-before LIST  the shares, of --steps, that somebody has to say yes to: 50,100`;

const UNITS_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DEFAULT_STEPS = "1,5,25,50,100";
const DEFAULT_SOAK = "1h";
const DEFAULT_SAMPLES = 3_000;

/** Undefined where nothing is said of them: the server knows its own. @throws HaggleError CLI_USAGE */
export function parseSteps(flags: StepFlags): Step[] | undefined {
  const { steps, soak, "min-samples": samples, "approve-before": approvals } = flags;
  if ([steps, soak, samples, approvals].every((flag) => flag === undefined)) return undefined;
  const soakMs = parseSpan("--soak", soak ?? DEFAULT_SOAK);
  const minSamples = samples === undefined ? DEFAULT_SAMPLES : Number(samples);
  if (!Number.isSafeInteger(minSamples) || minSamples < 0)
    throw usageError("--min-samples is a whole number", samples);
  const weights = parseShares("--steps", steps ?? DEFAULT_STEPS);
  const approved = new Set(approvals === undefined ? [] : parseShares("--approve-before", approvals));
  for (const share of approved) {
    if (!weights.includes(share))
      throw usageError("--approve-before names a share of --steps", `${share / 100}`);
  }
  return weights.map((weightBp) => ({
    weightBp,
    soakMs,
    minSamples,
    ...(approved.has(weightBp) && { approval: true as const }),
  }));
}

/** Hundredths of a percent. */
export function parseShare(flag: string, text: string): number {
  const share = /^(\d{1,3})(?:\.(\d{1,2}))?%?$/.exec(text.trim());
  const weightBp = share ? Number(share[1]) * 100 + Number((share[2] ?? "").padEnd(2, "0")) : 0;
  if (weightBp < 1 || weightBp > 10_000) throw usageError(`${flag} is in percent, from 0.01 to 100`, text);
  return weightBp;
}

function parseShares(flag: string, text: string): number[] {
  return text.split(",").map((share) => parseShare(flag, share));
}

function parseSpan(flag: string, text: string): number {
  const span = /^(\d{1,6})([smhd])$/.exec(text);
  if (!span) throw usageError(`${flag} is a time like 30s, 10m, 1h or 2d`, text);
  return Number(span[1]) * UNITS_MS[span[2]!]!;
}
