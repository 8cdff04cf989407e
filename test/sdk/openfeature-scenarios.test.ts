import type { EvaluationContext } from "@openfeature/server-sdk";
import { describe, expect, it } from "vitest";
import { type Ask, SIDES, useFlagWorld } from "../support/flag-world.ts";

// Every scenario of OpenFeature's own suite, under its name and with its values, against both providers:
// github.com/open-feature/spec, specification/assets/gherkin/evaluation.feature, as of 0795ac4ca253b1120a67a1b819a67016a92e2a7d.
// Where flags of a channel cannot be what it asks for, `but` says why, and the test holds what they are instead.

type Scenario = {
  name: string;
  context?: EvaluationContext;
  /** Why not all of it holds here. */
  but?: string;
  holds(ask: Ask, empty: () => Promise<void>): Promise<void>;
};

const NO_VARIANT = "a parameter has one value, and no variants that would have names";
const NO_FLOAT = "nothing that prices is a float: a share is a decimal in words";
const NO_OBJECT = "a flag has no structure: parameters are words, numbers and switches";
const PICTURES = { showImages: true, title: "Check out these pics!", imagesPerPage: 100 };

const SCENARIOS: readonly Scenario[] = [
  {
    name: "Resolves boolean value",
    holds: async (ask) => expect((await ask("boolean-flag.value", false)).value).toBe(true),
  },
  {
    name: "Resolves string value",
    holds: async (ask) => expect((await ask("string-flag", "bye")).value).toBe("hi"),
  },
  {
    name: "Resolves integer value",
    holds: async (ask) => expect((await ask("integer-flag.value", 1)).value).toBe(10),
  },
  {
    name: "Resolves float value",
    but: NO_FLOAT,
    async holds(ask) {
      expect(await ask("float-flag.value", 0.1)).toMatchObject({ value: 0.1, errorCode: "TYPE_MISMATCH" });
      expect((await ask("float-flag.value", "0.1")).value).toBe("0.5");
    },
  },
  {
    name: "Resolves object value",
    but: NO_OBJECT,
    holds: async (ask) => expect((await ask("object-flag", PICTURES)).value).toBe(PICTURES),
  },
  {
    name: "Resolves boolean details",
    but: NO_VARIANT,
    async holds(ask) {
      const details = await ask("boolean-flag.value", false);
      expect(details).toMatchObject({ value: true, reason: "STATIC" });
      expect(details.variant).toBeUndefined();
    },
  },
  {
    name: "Resolves string details",
    but: "a variant is the value: it cannot be called `greeting` and say `hi`",
    async holds(ask) {
      expect(await ask("string-flag", "bye")).toMatchObject({ value: "hi", variant: "hi", reason: "STATIC" });
    },
  },
  {
    name: "Resolves integer details",
    but: NO_VARIANT,
    async holds(ask) {
      const details = await ask("integer-flag.value", 1);
      expect(details).toMatchObject({ value: 10, reason: "STATIC" });
      expect(details.variant).toBeUndefined();
    },
  },
  {
    name: "Resolves float details",
    but: NO_FLOAT,
    async holds(ask) {
      expect(await ask("float-flag.value", 0.1)).toMatchObject({ value: 0.1, reason: "ERROR" });
      expect(await ask("float-flag.value", "0.1")).toMatchObject({ value: "0.5", reason: "STATIC" });
    },
  },
  {
    name: "Resolves object details",
    but: NO_OBJECT,
    holds: async (ask) =>
      expect(await ask("object-flag", PICTURES)).toMatchObject({
        ...{ value: PICTURES, reason: "ERROR", errorCode: "FLAG_NOT_FOUND" },
      }),
  },
  {
    name: "Resolves based on context",
    but: "keys of variants are in small letters, and with them their values",
    context: { fn: "Sulisław", ln: "Świętopełk", age: 29, customer: false },
    async holds(ask, empty) {
      expect((await ask("context-aware", "EXTERNAL")).value).toBe("internal");
      await empty();
      expect((await ask("context-aware", "EXTERNAL")).value).toBe("external");
    },
  },
  {
    name: "Flag not found",
    holds: async (ask) =>
      expect(await ask("missing-flag", "uh-oh")).toMatchObject({
        ...{ value: "uh-oh", reason: "ERROR", errorCode: "FLAG_NOT_FOUND" },
      }),
  },
  {
    name: "Type error",
    holds: async (ask) =>
      expect(await ask("wrong-flag", 13)).toMatchObject({
        ...{ value: 13, reason: "ERROR", errorCode: "TYPE_MISMATCH" },
      }),
  },
];

const { open } = useFlagWorld();

describe.each(["web", "server"] as const)("the suite on the side of the %s", (name) => {
  const side = SIDES[name];

  it.each(SCENARIOS)("$name", async ({ context = {}, holds }) => {
    await side.become(context);
    await side.provide(open());
    await holds(side.ask, async () => void (await side.become({})));
  });
});

it("holds whole where nothing is said against it", () => {
  expect(SCENARIOS).toHaveLength(13);
  expect(SCENARIOS.filter(({ but }) => but === undefined).map(({ name }) => name)).toEqual([
    "Resolves boolean value",
    "Resolves string value",
    "Resolves integer value",
    "Flag not found",
    "Type error",
  ]);
});
