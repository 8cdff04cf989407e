import { findFaults, HaggleError, type Policy, parsePolicy, parsePromotions } from "@haggle/abi";
import {
  checkData,
  policySchema,
  promotionSchema,
  readSource,
  withoutDates,
} from "@haggle/toolchain/project-files";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GROUPS, LANES, policies, promotions } from "../support/abi-promotions.ts";
import { faultsOf, METADATA, PRESETS } from "../support/promotion-files.ts";

describe("the published schema", () => {
  const root = promotionSchema(METADATA.rules, LANES);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  const accepts = ajv.compile(root);

  it("is one by the standard's own schema", () => {
    expect(ajv.validateSchema(root)).toBe(true);
    expect(ajv.validateSchema(policySchema(["default"]))).toBe(true);
  });

  it("accepts and refuses what the build does", () => {
    const few = promotions(GROUPS, LANES).map((list) => list.slice(0, 2));
    let refused = 0;
    let accepted = 0;
    fc.assert(
      fc.property(few.chain(changed), (value) => {
        const isAccepted = accepts(value);
        expect(findFaults(value, root, root).length === 0).toBe(isAccepted);
        const fault = faultOf(value);
        if (fault === undefined) expect(accepts.errors ?? []).toEqual([]);
        // Beyond a schema: an order among numbers, and the number of clauses in a filter.
        else if (isAccepted)
          expect(fault).toMatch(/\.from, got|" to |clauses|\d+ to -?\d+|\.filter, got \d+/);
        if (isAccepted) accepted++;
        else refused++;
      }),
      { numRuns: 400 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(60);
  });

  it("does so for what rules take", () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        "5",
        "100.0",
        "101",
        "12.34567",
        "",
        null,
        true,
        3,
        -1,
        2 ** 31,
        1.5,
        2 ** 53,
        [],
        ["a"],
        [1],
        {},
      ),
      fc.string(),
    );
    const names = ["threshold", "percent", "pieces", "loud", "segment", "categories", "other"];
    const parameters = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 2 });
    fc.assert(
      fc.property(
        parameters,
        fc.constantFrom("spend-and-save", "满300减50", "cost-plus", "none"),
        (entries, rule) => {
          const promotion = { id: "a", rule, parameters: Object.fromEntries(entries) };
          const text = JSON.stringify(rule === "cost-plus" ? { ...promotion, phase: "pricing" } : promotion);
          expect(faultsOf({ "a.json": text }).length === 0, text).toBe(accepts(JSON.parse(text)));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("of policies does too", () => {
    const schema = policySchema(Object.keys(PRESETS));
    const acceptsPolicy = ajv.compile(schema);
    fc.assert(
      fc.property(
        policies().chain((policy) => changed(policy)),
        (value) => {
          const text = JSON.stringify(value);
          const isAccepted = acceptsPolicy(JSON.parse(text));
          const faults = faultsOf({}, text);
          if (faults.length === 0) expect(acceptsPolicy.errors ?? []).toEqual([]);
          // Beyond a schema: which groups there are, and the order of a zone's transitions.
          else if (isAccepted) expect(() => parsePolicy(value, "p")).toThrow(/\.parent, got|\]\.from, got/);
        },
      ),
      { numRuns: 300 },
    );
    const partial = { extends: "default", rounding: { tax: "up" } } satisfies {
      extends: string;
      rounding: Partial<Policy["rounding"]>;
    };
    expect(acceptsPolicy(partial)).toBe(true);
    expect(acceptsPolicy({ ...partial, extends: "none" })).toBe(false);
  });
});

/** What the reader of promotions says against a file's value. */
function faultOf(value: unknown): string | undefined {
  const list = Array.isArray(value) ? value : [value];
  try {
    parsePromotions(list.map(withoutDates), "p");
    const faults = checkData(
      { promotions: [readSource("p.json", JSON.stringify(value))], policy: undefined, presets: PRESETS },
      METADATA,
    );
    return faults.find(({ code }) => /RULE|PARAMETER|WRONG_/.test(code))?.message;
  } catch (error) {
    if (!(error instanceof HaggleError)) throw error;
    // Two with one id: what one promotion's schema does not see.
    return error.code === "PROMOTION_DUPLICATE" ? undefined : error.message;
  }
}

/** The value itself, or with one thing changed somewhere inside. */
function changed(value: unknown): fc.Arbitrary<unknown> {
  const plain = JSON.parse(JSON.stringify(value)) as unknown;
  const places = placesOf(plain);
  const odd = fc.constantFrom<unknown>(
    0,
    -1,
    1.5,
    2 ** 53,
    "",
    "x",
    "10",
    true,
    null,
    [],
    ["a"],
    [5],
    {},
    { min: 1 },
  );
  const change = fc.record({ place: fc.nat(places.length), how: fc.constantFrom("drop", "set", "add"), odd });
  return fc.option(change, { nil: undefined, freq: 4 }).map((asked) => {
    const copy = structuredClone(plain);
    const place = asked && places[asked.place];
    if (!place) return copy;
    const parent = place
      .slice(0, -1)
      .reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], copy);
    const [last] = place.slice(-1);
    if (last === undefined || typeof parent !== "object" || parent === null) return copy;
    const fields = parent as Record<string, unknown>;
    if (asked.how === "set" || Array.isArray(parent)) fields[last] = asked.odd;
    else if (asked.how === "drop") delete fields[last];
    else fields.more = asked.odd;
    return copy;
  });
}

function placesOf(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => [[...path, key], ...placesOf(each, [...path, key])]);
}
