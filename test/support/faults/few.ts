/** Of the runs that are claimed: all of them with HAGGLE_FULL=1, else a twentieth. */
const SHARE = Number(process.env.HAGGLE_SHARE ?? (process.env.HAGGLE_FULL === "1" ? 1 : 0.05));

/** So many of them, one at least. */
export function few(runs: number): number {
  return Math.max(1, Math.round(runs * SHARE));
}

/** Where one of them is still too many: one in how many of its cases. */
export function oneIn(runs: number): number {
  return Math.max(1, Math.round(1 / (runs * SHARE)));
}
