// `npm run fuzz`: everything that reads what others wrote, fed with what nobody should write.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const HELP = `npm run fuzz [-- --minutes N] [--kind NAME] [--seed N] [--case N]

  bundles      bytes of a signed bundle            signatures  bytes of its signature section
  envelopes    bytes and fields of documents       forgeries   payloads that the right key did not sign
  payloads     payloads that it did sign           releases    bytes of a signed promotion table
  promotions   fields of promotions                carts       carts of any shape
  decisions    records that a module left         cdn         a CDN's whole tree, between its ages
  experiments  experiments of any shape, assigned

  --minutes    how long, 2 when left out
  --seed       where to begin, else at random
  --case       one case alone, as a failure names it

Nothing may hang, crash, throw what has no code, take memory without bound or be accepted without a signature.
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean" },
    minutes: { type: "string", default: "2" },
    kind: { type: "string" },
    seed: { type: "string" },
    case: { type: "string" },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const seed = Number(values.seed ?? randomInt(2 ** 31));
console.log(`--seed ${seed}`);
const answer = await fuzz({
  seed,
  ...(values.kind === undefined ? {} : { kind: values.kind }),
  first: Number(values.case ?? 0),
  cases: values.case === undefined ? Number.MAX_SAFE_INTEGER : 1,
  minutes: Number(values.minutes),
});
for (const [kind, { cases, accepted }] of Object.entries(answer)) {
  console.log(
    `${kind.padEnd(12)} ${String(cases).padStart(9)} cases ${String(accepted).padStart(9)} accepted`,
  );
}
