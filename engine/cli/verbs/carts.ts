import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { MAX_LINES } from "@haggle/abi";
import { wholeNumber } from "../arguments.ts";
import { createCatalogue, parseCatalogue } from "../carts/catalogue.ts";
import { type CartMaker, createCartMaker } from "../carts/generate.ts";
import { getJson, streamAtomically } from "../files.ts";
import type { Verb } from "../main.ts";
import { toStandardOutput } from "../standard-output.ts";
import { shown, usageError } from "../terminal.ts";

export const carts: Verb = {
  usage: `Usage: haggle carts generate [--seed N] [--count N] [--catalogue FILE] [--out FILE] [--from DATE] [--days N] [--lines N]

Writes made-up carts, one JSON object per line, for haggle replay where a shop has no recording: popular products, small
and large carts, quantities, customers with segments, coupons now and then, shipping. The same seed gives the same carts,
and more of them begin with the same ones. Nothing in them is of a real person.

  --seed N          1 when left out
  --count N         how many; 1000 when left out
  --catalogue FILE  { currency, products: [{ sku, unitPrice, ... }], shipping, segments: [{ name, share }], coupons,
                    channels, paymentMethods, timeZone }; what sells most comes first, only products must be there.
                    A made-up shop of 400 products when left out
  --out FILE        where to write; standard output when left out
  --from DATE       the first day, 2026-01-01 when left out
  --days N          how long, 28 when left out
  --lines N         lines in every cart; 1 to 30, mostly few, when left out`,

  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        seed: { type: "string", default: "1" },
        count: { type: "string", default: "1000" },
        catalogue: { type: "string" },
        out: { type: "string" },
        from: { type: "string", default: "2026-01-01" },
        days: { type: "string", default: "28" },
        lines: { type: "string" },
      },
    });
    if (positionals.length !== 1 || positionals[0] !== "generate") {
      throw usageError("The one thing to do with carts is: generate", positionals[1] ?? positionals[0]);
    }
    const from = Date.parse(values.from);
    if (!(from >= 0)) throw usageError("--from must be a date", values.from);
    const count = wholeNumber("--count", values.count, 0, Number.MAX_SAFE_INTEGER);
    const makeCart = createCartMaker({
      catalogue:
        values.catalogue === undefined
          ? createCatalogue()
          : parseCatalogue(await getJson(resolve(terminal.cwd, values.catalogue))),
      seed: wholeNumber("--seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
      from,
      days: wholeNumber("--days", values.days, 1, MOST_DAYS),
      ...(values.lines !== undefined && { lines: wholeNumber("--lines", values.lines, 1, MAX_LINES) }),
    });
    const chunks = writeChunks(makeCart, count);
    if (values.out === undefined) await toStandardOutput(chunks, terminal);
    else {
      const path = resolve(terminal.cwd, values.out);
      await streamAtomically(path, chunks);
      terminal.out(`${shown(terminal, path)}: ${count} carts`);
    }
    return 0;
  },
};

/** A century, so that no moment leaves what a cart's `now` may be. */
const MOST_DAYS = 36_525;
/** Written at once: a call for each cart would cost more than making it. */
const CHUNK_CARTS = 64;

function* writeChunks(makeCart: CartMaker, count: number): Generator<string> {
  let chunk = "";
  for (let number = 1; number <= count; number++) {
    chunk += `${JSON.stringify(makeCart(number))}\n`;
    if (number % CHUNK_CARTS !== 0 && number !== count) continue;
    yield chunk;
    chunk = "";
  }
}
