import { createHaggle, type Haggle } from "@haggle/sdk/client";
import { clientExperiments } from "@haggle/sdk/experiments-client";
import { haggleServerProvider } from "@haggle/sdk/openfeature-server";
import { haggleWebProvider } from "@haggle/sdk/openfeature-web";
import { type EvaluationContext, OpenFeature } from "@openfeature/server-sdk";
import { OpenFeature as Web } from "@openfeature/web-sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createShop, type Shop } from "../support/release.ts";
import { type Call, callerAt } from "../support/rollout.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// Every scenario of OpenFeature's own suite, under its name and with its values, against both providers:
// github.com/open-feature/spec, specification/assets/gherkin/evaluation.feature, as of 0795ac4ca253b1120a67a1b819a67016a92e2a7d.
// Where flags of a channel cannot be what it asks for, `but` says why, and the test holds what they are instead.
//
// A flag with a value of a type is a parameter here and is called `PROMOTION.PARAMETER`: the suite's `boolean-flag` is
// `boolean-flag.value`. A flag with words is an experiment and has the suite's own key; its values are its variants.

const RULES = `class BooleanFlag { value: bool = true; }
class IntegerFlag { value: Money = 10; }
class FloatFlag { value: Percent = Percent.bp(50); }

@promo({ name: "boolean-flag", priority: 10, template: true })
export function booleanFlag(ctx: Context, p: BooleanFlag): Result {
  return p.value ? Result.none() : Result.order(1, "FLAG");
}

@promo({ name: "integer-flag", priority: 11, template: true })
export function integerFlag(ctx: Context, p: IntegerFlag): Result { return Result.order(p.value, "FLAG"); }

@promo({ name: "float-flag", priority: 12, template: true })
export function floatFlag(ctx: Context, p: FloatFlag): Result { return Result.orderPercent(p.value, "FLAG"); }
`;
const PROMOTIONS = ["boolean-flag", "integer-flag", "float-flag"].map((id, i) => ({
  id,
  rule: id,
  priority: 10 + i,
}));

/** Of a unit that none of them takes there is the control, which is static. */
const EXPERIMENTS = [
  { key: "string-flag", variants: ["hi", "bye"], coverage: 0 },
  { key: "wrong-flag", variants: ["uno", "dos"], coverage: 0 },
  {
    key: "context-aware",
    variants: ["external", "internal"],
    weights: [0, 1],
    condition: { customer: false },
  },
];

type Details = {
  value: unknown;
  variant?: string | undefined;
  reason?: string | undefined;
  errorCode?: string | undefined;
};
type Ask = (key: string, otherwise: unknown) => Promise<Details>;

type Scenario = {
  name: string;
  context?: EvaluationContext;
  /** Why not all of it holds here. */
  but?: string;
  holds(ask: Ask, empty: () => Promise<Ask>): Promise<void>;
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
      expect((await (await empty())("context-aware", "EXTERNAL")).value).toBe("external");
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

let shop: Shop;
let server: TestServer;
let haggle: Haggle | undefined;

beforeAll(async () => {
  shop = await createShop({ files: { "rules/flags.rule.ts": RULES } });
  await shop.giveKey("channel");
  await shop.publish({ release: { promotions: PROMOTIONS } });
  server = await startServer(shop.dataFolder);
  const operate: Call = await callerAt(server.url, shop.dataFolder);
  await until(async () => (await server.ready()).keys.channel === "ready");
  for (const { variants, weights = [0.5, 0.5], ...rest } of EXPERIMENTS) {
    const keyed = variants.map((key, i) => ({ key, weight: weights[i] }));
    const fields = { channel: "stable", unit: "session", variants: keyed, ...rest };
    expect((await operate("/v1/experiments", fields)).status).toBe(201);
    expect((await operate(`/v1/experiments/${rest.key}/start`, {})).status).toBe(200);
  }
});

afterEach(async () => {
  await OpenFeature.clearProviders();
  await Web.clearProviders();
  await Web.setContext({});
  haggle?.close();
});
afterAll(async () => {
  await server.close();
  await shop.remove();
});

function open(): Haggle {
  haggle = createHaggle({
    ...{ url: server.url, root: shop.root.bytes, store: "memory" },
    experiments: clientExperiments(),
  });
  return haggle;
}

type Client = {
  getBooleanDetails(key: string, otherwise: boolean): Details | Promise<Details>;
  getStringDetails(key: string, otherwise: string): Details | Promise<Details>;
  getNumberDetails(key: string, otherwise: number): Details | Promise<Details>;
  getObjectDetails(key: string, otherwise: object): Details | Promise<Details>;
};

/** By the call for the type of the default, as the suite's steps do. */
const askBy =
  (client: Client): Ask =>
  async (key, otherwise) => {
    if (typeof otherwise === "boolean") return client.getBooleanDetails(key, otherwise);
    if (typeof otherwise === "string") return client.getStringDetails(key, otherwise);
    if (typeof otherwise === "number") return client.getNumberDetails(key, otherwise);
    return client.getObjectDetails(key, otherwise as object);
  };

const SIDES: Readonly<Record<string, (context: EvaluationContext) => Promise<Ask>>> = {
  /** The page's session is the unit. */
  async web(context) {
    await Web.setContext(context);
    await Web.setProviderAndWait(haggleWebProvider(open()));
    return askBy(Web.getClient() as Client);
  },
  /** A program has no session: who asks says whose it is, beside what the suite says. */
  async server(context) {
    await OpenFeature.setProviderAndWait(haggleServerProvider(open()));
    return askBy(OpenFeature.getClient({ ...context, session: "s-1" }) as Client);
  },
};

describe.each(Object.keys(SIDES))("the suite on the side of the %s", (side) => {
  it.each(SCENARIOS)("$name", async ({ context = {}, holds }) => {
    const ask = SIDES[side]!;
    await holds(await ask(context), async () => {
      haggle?.close();
      return ask({});
    });
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
