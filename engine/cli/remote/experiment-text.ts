// An experiment as a person reads it.

import { printable } from "../terminal.ts";
import { showMoment } from "../trust/life.ts";

/** As the server tells it; what is not used here is left out. */
export type Experiment = {
  key: string;
  channel: string;
  state: "draft" | "running" | "paused" | "ended";
  phase: number;
  revision: number;
  startedAt?: number;
  endedAt?: number;
  definition: {
    unit: string;
    variants: { key: string; weight: number }[];
    coverage: number;
    ranges?: [number, number][];
    sticky?: boolean;
  };
  warnings?: Warning[];
};

export type Warning = { code: string; at: string; value?: string; message: string };

export type Preview = {
  phase: number;
  needs: "nothing" | "confirm" | "newPhase";
  at?: string;
  moved: number;
  moves: { from: string | null; to: string | null; share: number }[];
  units: { unit: string; before: string | null; after: string | null; moves: boolean }[];
};

/** `summer-threshold stable: running, phase 1, customers: control 50 %, b 50 %`. */
export function headline({ key, channel, state, phase, definition }: Experiment): string {
  const { unit, variants, coverage, ranges } = definition;
  const shares = variants.map(({ key: variant, weight }, index) => {
    const [from, to] = ranges?.[index] ?? [0, weight * coverage];
    return `${printable(variant)} ${percent(to - from)}`;
  });
  return `${key} ${channel}: ${state}, phase ${phase}, ${unit}s: ${shares.join(", ")}`;
}

export function details({ revision, startedAt, endedAt, definition, warnings = [] }: Experiment): string[] {
  return [
    `  revision ${revision}${definition.sticky ? ", sticky" : ""}`,
    ...(startedAt === undefined ? [] : [`  started ${showMoment(startedAt)}`]),
    ...(endedAt === undefined ? [] : [`  ended ${showMoment(endedAt)}`]),
    ...warnings.map(warningLine),
  ];
}

export function warningLine({ code, at, value, message }: Warning): string {
  const what = value === undefined ? "" : ` (${printable(value)})`;
  return `  warning ${code} at ${at}${what}: ${printable(message)}`;
}

/** Who moves, and what has to be said so that they may. */
export function previewLines({ phase, needs, at, moved, moves, units }: Preview): string[] {
  const asks = { nothing: "", confirm: `; say --confirm (${at})`, newPhase: `; say --new-phase (${at})` };
  return [
    `phase ${phase}: ${percent(moved)} of units move${asks[needs]}`,
    ...moves.map(({ from, to, share }) => `  ${named(from)} -> ${named(to)}: ${percent(share)}`),
    ...units.map(({ unit, before, after, moves: isMoved }) => {
      const way = isMoved ? `${named(before)} -> ${named(after)}` : `stays in ${named(after)}`;
      return `  ${printable(unit)}: ${way}`;
    }),
  ];
}

function named(variant: string | null): string {
  return variant === null ? "none" : printable(variant);
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100} %`;
}
