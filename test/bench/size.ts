// What a storefront downloads, entry by entry, before it can price a cart.

import { gzipSync } from "node:zlib";
import { bundleEntry } from "./bundled-sdk.ts";
import { type Row, withGoal } from "./row.ts";
import { MOST_RULES, makeRules } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { SDK_ENTRIES } from "./sdk-entries.ts";
import { createShop } from "./shop.ts";

/** The tests in test/sdk/size*.test.ts hold what was reached. */
export async function* size(_: BenchOptions): AsyncGenerator<Row> {
  const { bundle } = await createShop(makeRules(MOST_RULES));
  const row = (subject: string, unit: string, value: number): Row => ({
    ...{ bench: "size", case: unit, subject, value, unit: "bytes" },
  });
  for (const entry of SDK_ENTRIES) {
    const code = await bundleEntry(entry);
    const zipped = row(`sdk, ${entry.name}`, "minified, gzip", gzipSync(code, { level: 9 }).length);
    yield row(`sdk, ${entry.name}`, "minified", code.length);
    yield entry.goalBytes === undefined ? zipped : withGoal(zipped, { atMost: entry.goalBytes });
  }
  yield row(`bundle of ${MOST_RULES} rules`, "signed", bundle.length);
  yield row(`bundle of ${MOST_RULES} rules`, "signed, gzip", gzipSync(bundle, { level: 9 }).length);
}
