/** Of the runs that are claimed: HAGGLE_SHARE of them, all with HAGGLE_FULL=1, else `usual`, and one at least. */
export function someOf(usual: number): (runs: number) => number {
  const share = shareOf(usual);
  return (runs) => Math.max(1, Math.round(runs * share));
}

/** Of what takes many hours whole: a twentieth is usual. */
const USUAL = 0.05;
export const few = someOf(USUAL);

/** Where one of them is still too many: one in how many of its cases. */
export function oneIn(runs: number): number {
  return Math.max(1, Math.round(1 / (runs * shareOf(USUAL))));
}

function shareOf(usual: number): number {
  return Number(process.env.HAGGLE_SHARE ?? (process.env.HAGGLE_FULL === "1" ? 1 : usual));
}
