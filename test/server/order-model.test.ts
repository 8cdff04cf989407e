import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../support/order-model.ts";
import {
  bringBack,
  cancel,
  deliver,
  INDEXES,
  pass,
  pay,
  place,
  quote,
  race,
  ship,
} from "../support/order-model-commands.ts";
import { begin, MINUTE_MS, PAY_WITHIN_MS, type Real, SKUS } from "../support/order-model-shop.ts";
import { openReturnWorld, type ReturnWorld } from "../support/returns.ts";
import { operatorOf } from "../support/rollout.ts";

// Two servers on one database are asked for quotes, orders, payments, shipments and returns in any order, some of them at once,
// and a plain model says what has to come of it.

const RUNS = Number(process.env.HAGGLE_RUNS ?? 10);
const COMMANDS = 60;

const wanted = fc.array(
  fc.record({ sku: fc.constantFrom(...SKUS), quantity: fc.integer({ min: 1, max: 3 }) }),
  { minLength: 1, maxLength: 2 },
);
const index = fc.nat({ max: INDEXES - 1 });
const at = fc.constantFrom(0, 1);
/** What leads on comes more often than what ends. */
const often = <T>(times: number, command: T): T[] => new Array<T>(times).fill(command);
const commands = fc.commands<Model, Real, false>(
  [
    ...often(
      2,
      fc.tuple(wanted, fc.boolean()).map((given) => quote(...given)),
    ),
    ...often(
      3,
      fc.tuple(index, fc.constantFrom(1, 2), at).map((given) => place(...given)),
    ),
    ...often(
      3,
      fc.tuple(index, fc.constantFrom("tok_ok", "tok_ok", "tok_declined"), at).map((given) => pay(...given)),
    ),
    ...often(
      3,
      fc.tuple(index, at).map((given) => ship(...given)),
    ),
    fc.tuple(index, at).map((given) => deliver(...given)),
    ...often(
      4,
      fc
        .record({
          index,
          line: fc.constantFrom(0, 1),
          asked: fc.integer({ min: 1, max: 3 }),
          isRestocked: fc.boolean(),
          isClawedBack: fc.boolean(),
          at,
        })
        .map(bringBack),
    ),
    fc.tuple(index, at).map((given) => cancel(...given)),
    fc.tuple(index, fc.constantFrom("pay" as const, "ship" as const), at).map((given) => race(...given)),
    fc.constantFrom(MINUTE_MS, PAY_WITHIN_MS).map(pass),
  ],
  { maxCommands: COMMANDS, size: "max" },
);

/** So that there is something to send back from the beginning. */
const sold = fc
  .tuple(wanted, fc.boolean())
  .map((given) => [quote(...given), place(0, 1, 0), pay(0, "tok_ok", 1), ship(0, 0)]);

describe("orders", () => {
  let world: ReturnWorld;
  let servers: Real["servers"];

  beforeAll(async () => {
    world = await openReturnWorld();
    const other = await world.start();
    servers = [
      { server: world.server, operate: world.operate },
      { server: other, operate: await operatorOf(other, world.shop.dataFolder) },
    ];
    world.time.now = Date.now();
  });
  afterAll(() => world.close());

  it("are what a plain model says, whatever is asked in whatever order of whichever of two servers", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(sold, commands, async (first, some) => {
        const begun = await begin({ world, servers }, `${++runs}`);
        await fc.asyncModelRun(() => begun, [...first, ...some]);
        // What the provider has in its own book, and nothing else, moved.
        for (const { id, captured, refunded } of begun.model.orders) {
          const { capture = 0, refund = 0 } = await world.moneyOf(id);
          expect([capture, refund]).toEqual([captured, refunded]);
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
