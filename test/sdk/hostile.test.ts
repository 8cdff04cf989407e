// Every hostile module is stopped where its first line says, and harms nobody on the way.

import { DEFAULT_POLICY } from "@haggle/abi";
import { HaggleError, verifyProfile } from "@haggle/sdk";
import { beforeAll, describe, expect, it } from "vitest";
import { GROUPS, makeHostileInput, readHostileFiles } from "../support/hostile.ts";
import { CART, PROMOTIONS } from "../support/hostile-decision.ts";
import { type HostileVerdict, judgeHostile } from "../support/hostile-host.ts";

const files = await readHostileFiles();
const verdicts = new Map<string, HostileVerdict>();

beforeAll(async () => {
  for (const verdict of await judgeHostile(await makeHostileInput(files)))
    verdicts.set(verdict.name, verdict);
}, 300_000);

describe("a hostile module", () => {
  it.each(files)("$name: $stage $code", ({ name, stage, code, runs, alone, bytes }) => {
    const verdict = verdicts.get(name)!;
    expect(verdict.unharmed).toBe(true);
    if (stage === "profile") {
      expect(verdict.profile.split(" ")[0]).toBe(code);
      expectPlace(bytes);
      return;
    }
    expect(verdict.profile).toBe("ok");
    const isStopped = stage === "compile" || stage === "instantiate";
    expect(verdict.engine).toBe(isStopped ? code : "ok");
    for (const call of verdict.calls ?? []) {
      const [, left] = / with (-?\d+)$/.exec(call) ?? [];
      if (left !== undefined) expect(Number(left) >= -1 && Number(left) <= 1_000_000).toBe(true);
    }
    if (alone !== undefined) expect(verdict.calls).toContainEqual(expect.stringMatching(`^${alone}`));
    if (isStopped) return;
    expect(verdict.runs!.map((run) => (run.startsWith("[") ? "ok" : run.split(" ")[0]))).toEqual(runs);
    for (const run of verdict.runs!) if (run.startsWith("[")) expectRight(JSON.parse(run)[0]);
  });
});

it("there are at least 120, and some of each group", () => {
  const hostile = files.filter(({ group }) => group !== "accepted");
  expect(hostile.length).toBeGreaterThanOrEqual(120);
  expect(new Set(hostile.map(({ group }) => group))).toEqual(new Set(GROUPS));
});

/** Codes for what is not there, which may be at the very end of the file. */
const MISSING = [
  "PROFILE_BAD_HEADER",
  "PROFILE_METADATA",
  "PROFILE_SECTION_LENGTH",
  "PROFILE_SECTION_MISSING",
  "PROFILE_TRUNCATED",
];

/** The offset lies in the file, at its end where something is missing, and the message tells it. */
function expectPlace(bytes: Uint8Array): void {
  try {
    verifyProfile(bytes);
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    const { at, code, message } = error;
    expect(Number.isInteger(at)).toBe(true);
    const isMissing = MISSING.includes(code);
    expect(at).toBeLessThan(isMissing ? bytes.length + 1 : bytes.length);
    expect(message).toContain(`${code} at ${at}`);
  }
}

type Told = { discount: number; total: number; discounts: { amount: number }[] };

/** A decision that its module may well have made up, but that agrees with its cart and with itself. */
function expectRight(decision: {
  lines: Told[];
  shipping: Told[];
  added: { quantity: number; unitPrice: number; discount: number }[];
  subtotal: number;
  discountTotal: number;
  total: number;
  fuelUsed: number;
}): void {
  const { lines, shipping, added, subtotal, discountTotal, total, fuelUsed } = decision;
  const sum = (amounts: number[]) => amounts.reduce((all, each) => all + each, 0);
  const prices = [...CART.lines.map((line) => line.unitPrice * line.quantity), CART.shipping[0]!.price];
  [...lines, ...shipping].forEach((told, i) => {
    expect(told.discount).toBe(sum(told.discounts.map(({ amount }) => amount)));
    expect(told.discount + told.total).toBe(prices[i]);
    expect(Math.min(told.discount, told.total)).toBeGreaterThanOrEqual(0);
  });
  const gifts = sum(added.map(({ quantity, unitPrice }) => quantity * unitPrice));
  expect(subtotal).toBe(sum(prices.slice(0, -1)) + gifts);
  const entries = [...lines, ...shipping, ...added];
  expect(discountTotal).toBe(sum(entries.map(({ discount }) => discount)));
  expect(total).toBe(sum(prices) + gifts - discountTotal);
  const { base, perLine, perPromotion } = DEFAULT_POLICY.fuel;
  expect(fuelUsed).toBeGreaterThanOrEqual(0);
  expect(fuelUsed).toBeLessThanOrEqual(base + perLine * lines.length + perPromotion * PROMOTIONS.length);
}
