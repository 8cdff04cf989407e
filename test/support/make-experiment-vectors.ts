// Writes test/vectors/experiments/assignments.json: who gets what, for those who assign in another language. Run by hand,
// when a case is added, and read the diff: the tests hold the code, and GrowthBook's SDK, against this file.
//
//   node --conditions=haggle-source test/support/make-experiment-vectors.ts

import { writeFileSync } from "node:fs";
import { createAssigner, type Experiment } from "@haggle/sdk/experiments";
import { experimentOf } from "./experiments.ts";

const EXPERIMENTS: Experiment[] = [
  experimentOf({ key: "halves", seed: "halves:1" }),
  experimentOf({ key: "tenth", seed: "tenth:1", coverage: 0.1 }),
  experimentOf({
    ...{ key: "thirds", seed: "über:1" },
    variants: [
      { key: "control", weight: 0.3334 },
      { key: "b", weight: 0.3333 },
      { key: "c", weight: 0.3333 },
    ],
  }),
  experimentOf({
    ...{ key: "ranges", seed: "🛒" },
    ranges: [
      [0, 0.25],
      [0.5, 0.75],
    ],
  }),
  experimentOf({ key: "namespace", seed: "namespace:1", namespace: { name: "checkout", range: [0.2, 0.7] } }),
];

/** As ids are, and as they should not be: other scripts, one letter in two spellings, emoji, halves of surrogate pairs. */
const UNITS = [
  ...Array.from({ length: 12 }, (_, i) => `customer-${i}`),
  ...["0", "1", "42", "00042", " ", "c-7", "C-7", "a".repeat(300)],
  ...[
    "josé",
    "jose\u0301",
    "ß",
    "Ἀθήνα",
    "顾客-7",
    "ลูกค้า",
    "👩‍👧‍👦",
    "𝒳",
    "\ud83d",
    "\udc00x",
    "\u0000",
    "\ufeffc-7",
  ],
];

const assigner = createAssigner(EXPERIMENTS);
const cases = EXPERIMENTS.flatMap(({ key }) =>
  UNITS.map((unit) => {
    const outcome = assigner.assign(key, { units: { customer: unit } });
    const { variant, reason } = outcome;
    return {
      experiment: key,
      unit,
      variant: variant ?? null,
      bucket: variant ? outcome.bucket : null,
      reason,
    };
  }),
);
const lines = cases.map((each) => `  ${JSON.stringify(each)}`).join(",\n");
const file = new URL("../vectors/experiments/assignments.json", import.meta.url);
writeFileSync(file, `{\n "experiments": ${JSON.stringify(EXPERIMENTS)},\n "cases": [\n${lines}\n ]\n}\n`);
