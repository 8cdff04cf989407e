import fc from "fast-check";
import { expect, it } from "vitest";
import { createRateCounter } from "../../server/platform/rate-counter.ts";

const WINDOW_MS = 60_000;

it("counts what a plain list of times counts, each key by itself, in windows that begin with the first", () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom("a", "b", "c"), after: fc.nat(WINDOW_MS * 1.2), isLook: fc.boolean() }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (list) => {
      let at = 0;
      const counter = createRateCounter({ windowMs: WINDOW_MS, capacity: 3, now: () => at });
      const begun = new Map<string, number[]>();
      for (const { key, after, isLook } of list) {
        at += after;
        const times = begun.get(key) ?? [];
        if (times.length > 0 && at - times[0]! >= WINDOW_MS) times.length = 0;
        if (!isLook) times.push(at);
        begun.set(key, times);
        const resetsInS = times.length === 0 ? 0 : Math.ceil((times[0]! + WINDOW_MS - at) / 1_000);
        expect(isLook ? counter.look(key) : counter.add(key)).toEqual({ count: times.length, resetsInS });
      }
    }),
  );
});

it("forgets whoever came longest ago when more come than it keeps", () => {
  const counter = createRateCounter({ windowMs: WINDOW_MS, capacity: 2, now: () => 0 });
  for (const key of ["a", "b", "a", "c"]) counter.add(key);
  expect(["a", "b", "c"].map((key) => counter.look(key).count)).toEqual([2, 0, 1]);
});
