// What experiments and strategies cost: assignments in process, OFREP, ingestion of events, a strategy from its file to a
// price, and prices of a whole catalogue.

import { assignments } from "./experiments/assignments.ts";
import { ingest } from "./experiments/ingest.ts";
import { ofrep } from "./experiments/ofrep.ts";
import { reprice } from "./experiments/reprice.ts";
import { saveToPrice } from "./experiments/save-to-price.ts";
import type { Row } from "./row.ts";
import type { BenchOptions } from "./run.ts";

/** In the order in which they are run. Each is a file of its own in ./experiments. */
const CASES: readonly ((options: BenchOptions) => AsyncGenerator<Row>)[] = [
  assignments,
  ofrep,
  ingest,
  saveToPrice,
  reprice,
];

export async function* experiments(options: BenchOptions): AsyncGenerator<Row> {
  for (const one of CASES) yield* one(options);
}
