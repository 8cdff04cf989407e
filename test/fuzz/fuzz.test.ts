import { expect, it } from "vitest";
import { CI_CASES, fuzz } from "./fuzz.ts";

it("nothing that others write makes the SDK hang, crash or believe", { timeout: 600_000 }, async () => {
  const answer = await fuzz({ seed: 20261126, first: 0, cases: CI_CASES, minutes: 10 });
  expect(Object.keys(answer).length).toBe(11);
  for (const { cases } of Object.values(answer)) expect(cases).toBeGreaterThanOrEqual(CI_CASES / 10);
  // Cases that are all refused at the first byte would prove little.
  for (const kind of ["payloads", "releases", "promotions", "carts", "cdn"]) {
    const { cases, accepted } = answer[kind]!;
    expect(accepted).toBeGreaterThan(cases / 50);
  }
});
