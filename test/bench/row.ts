// What a bench says: one row per subject and case.

export type Row = {
  bench: string;
  case: string;
  subject: string;
  value: number;
  unit:
    | "ns"
    | "us"
    | "ms"
    | "bytes"
    | "fuel"
    | "exponent"
    | "share"
    | "findings"
    | "carts/s"
    | "requests/s"
    | "events/s"
    | "orders/s"
    | "pieces";
  /** The least wall time seen, in the same unit. */
  best?: number;
  /** To the subject that `against` names. */
  ratio?: number;
  against?: string;
  /** What the ratio, or else the value, should be. */
  goal?: string;
  met?: boolean;
};

/** `<= 0.75` or `>= 10`. */
export type Goal = { atMost: number } | { atLeast: number };

export function withGoal(row: Row, goal: Goal | undefined): Row {
  if (goal === undefined) return row;
  const figure = row.ratio ?? row.value;
  return "atMost" in goal
    ? { ...row, goal: `<= ${goal.atMost}`, met: figure <= goal.atMost }
    : { ...row, goal: `>= ${goal.atLeast}`, met: figure >= goal.atLeast };
}

export function printHeader(bench: string): void {
  console.log(`\n${bench}`);
}

export function printRow(row: Row): void {
  const figures = [
    row.case.padEnd(38),
    row.subject.padEnd(24),
    `${format(row.value)} ${row.unit}`.padStart(14),
    row.best === undefined ? "" : `at best ${format(row.best)}`.padEnd(16),
    row.ratio === undefined ? "" : `${format(row.ratio)} x ${row.against}`.padEnd(18),
    row.goal === undefined ? "" : `goal ${row.goal} ${row.met ? "met" : "MISSED"}`,
  ];
  console.log(`  ${figures.join("  ").trimEnd()}`);
}

function format(value: number): string {
  return value >= 1000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value.toFixed(2);
}
