// A bar for long work: what is done, how fast, how long it will take.

import type { Terminal } from "./terminal.ts";

export type Progress = {
  update(done: { count: number; bytes: number }): void;
  /** Takes the bar away. */
  end(): void;
};

const REDRAW_MS = 100;

/** Of so many `noun`. On a terminal only: in a log each drawing would be a line of its own. */
export function createProgress({ stderr, paint }: Terminal, totalBytes: number, noun: string): Progress {
  if (stderr.isTTY !== true) return { update: () => {}, end: () => {} };
  const started = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    update(done) {
      const now = performance.now();
      if (now - drawn < REDRAW_MS) return;
      drawn = now;
      const line = drawProgress({ ...done, noun, totalBytes, elapsedMs: now - started });
      stderr.write(`\r\u001b[K${paint("cyan", line.slice(0, Math.max(20, (stderr.columns ?? 80) - 1)))}`);
    },
    end: () => void stderr.write("\r\u001b[K"),
  };
}

const BAR = 24;

/** One line: "########----  33 %  12,000 carts  8,000/s  0:03 left". */
export function drawProgress(state: {
  count: number;
  noun: string;
  bytes: number;
  totalBytes: number;
  elapsedMs: number;
}): string {
  const { count, noun, bytes, totalBytes, elapsedMs } = state;
  const share = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes);
  const filled = Math.floor(share * BAR);
  const rate = elapsedMs > 0 ? Math.round((count * 1000) / elapsedMs) : 0;
  const leftMs = bytes > 0 ? (elapsedMs * (totalBytes - bytes)) / bytes : Number.NaN;
  return [
    "█".repeat(filled) + "░".repeat(BAR - filled),
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `${grouped(count)} ${noun}`,
    `${grouped(rate)}/s`,
    Number.isNaN(leftMs) ? "" : `${minutes(leftMs)} left`,
  ]
    .join("  ")
    .trimEnd();
}

function minutes(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function grouped(number: number): string {
  return number.toLocaleString("en-US");
}
