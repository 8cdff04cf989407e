import { listParameterFlags } from "@haggle/sdk/flags";
import { describe, expect, it } from "vitest";
import { buildRules, makeEngine } from "../support/rules.ts";

// What the promotions of a release declare, as flags.

const SOURCE = `class Off { threshold: Money = 300_00; share: Percent = Percent.of(10); categories: Tags = Tags.any(); always: bool = false; }

@promo({ name: "off", priority: 10, template: true })
export function off(ctx: Context, p: Off): Result {
  return Result.orderPercent(p.share, "OFF");
}
`;

const NOTHING = { promotions: [], rules: [], releases: [] };

describe("flags of parameters", () => {
  it("say what the promotion says, or its rule by default; lists and variants have none", async () => {
    const promotions = [
      { id: "spring", rule: "off", priority: 2, parameters: { threshold: 100_00 } },
      { id: "spring~b", rule: "off", priority: 1, parameters: { threshold: 50_00 } },
    ];
    const engine = await makeEngine(await buildRules({ off: SOURCE }), { promotions });
    const read = (off: typeof NOTHING) => listParameterFlags(engine, off);
    expect(read(NOTHING)).toEqual([
      { key: "spring.threshold", value: 100_00, reason: "STATIC" },
      { key: "spring.share", value: "10", reason: "STATIC" },
      { key: "spring.always", value: false, reason: "STATIC" },
    ]);
    for (const off of [
      { ...NOTHING, promotions: ["spring"] },
      { ...NOTHING, rules: ["off"] },
    ]) {
      expect(read(off as never).map(({ reason }) => reason)).toEqual(Array(3).fill("DISABLED"));
    }
  });
});
