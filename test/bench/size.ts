// What a storefront downloads before it can price a cart.

import { gzipSync } from "node:zlib";
import { bundleSdk } from "./bundled-sdk.ts";
import { type Row, withGoal } from "./row.ts";
import { MOST_RULES, makeRules } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { createShop } from "./shop.ts";

/** The test in test/sdk/size.test.ts holds it. */
const SDK_GZIP_BYTES = 12_000;

export async function* size(_: BenchOptions): AsyncGenerator<Row> {
  const sdk = await bundleSdk("browser");
  const { bundle } = await createShop(makeRules(MOST_RULES));
  const row = (subject: string, unit: string, value: number): Row => ({
    ...{ bench: "size", case: unit, subject, value, unit: "bytes" },
  });
  yield row("sdk, createEngine", "minified", sdk.length);
  yield withGoal(row("sdk, createEngine", "minified, gzip", gzipSync(sdk, { level: 9 }).length), {
    atMost: SDK_GZIP_BYTES,
  });
  yield row(`bundle of ${MOST_RULES} rules`, "signed", bundle.length);
  yield row(`bundle of ${MOST_RULES} rules`, "signed, gzip", gzipSync(bundle, { level: 9 }).length);
}
