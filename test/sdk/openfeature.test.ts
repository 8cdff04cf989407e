import { refuse } from "@haggle/abi";
import { createHaggle, type Haggle, type HaggleOptions } from "@haggle/sdk/client";
import { clientExperiments } from "@haggle/sdk/experiments-client";
import { haggleServerProvider } from "@haggle/sdk/openfeature-server";
import { haggleWebProvider } from "@haggle/sdk/openfeature-web";
import { type EvaluationContext, type EvaluationDetails, OpenFeature } from "@openfeature/server-sdk";
import { ProviderEvents, ProviderStatus, OpenFeature as Web } from "@openfeature/web-sdk";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createShop, type Shop } from "../support/release.ts";
import { type Call, callerAt, NO_GATES } from "../support/rollout.ts";
import { startServer, type TestServer, until } from "../support/server.ts";

// The providers under the published SDKs of OpenFeature, held against the server's OFREP and against the scenarios of the
// specification (github.com/open-feature/spec, specification/assets: evaluation, and the provider's own), in our flags.

const SOURCE = `class Kinds { on: bool = true; off: bool = false; ten: Money = 10; none: Money = 0; large: Money = 2147483647; share: Percent = Percent.of(12); categories: Tags = Tags.any(); }

@promo({ name: "kinds", priority: 10, template: true })
export function kinds(ctx: Context, p: Kinds): Result {
  return p.on ? Result.orderPercent(p.share, "KINDS") : Result.none();
}
`;
const HALVES = [
  { key: "control", weight: 0.5 },
  { key: "b", weight: 0.5 },
];

let shop: Shop;
let server: TestServer;
let operate: Call;
let clients: Haggle[] = [];
/** The channel is on the first, and a rollout gives half of all units the second. */
const digests: string[] = [];

beforeAll(async () => {
  shop = await createShop({ files: { "rules/kinds.rule.ts": SOURCE } });
  await shop.giveKey("channel");
  const promote = (version: number, ten: number, channel = version) =>
    shop.publish({
      version,
      channel: { version: channel },
      release: { promotions: [{ id: "kinds", rule: "kinds", priority: 10, parameters: { ten } }] },
    });
  digests.push((await promote(1, 10)).release.sha256);
  server = await startServer(shop.dataFolder);
  operate = await callerAt(server.url, shop.dataFolder);
  await until(async () => (await server.ready()).keys.channel === "ready");
  digests.push((await promote(2, 11)).release.sha256);
  await until(async () => (await server.ready()).channel?.version === 2);
  await promote(1, 10, 3);
  await until(async () => (await server.ready()).channel?.version === 3);
  for (const fields of [
    { key: "plain", unit: "customer" },
    { key: "part", unit: "customer", coverage: 0.5, forced: { "c-0": "b" } },
    { key: "inside", unit: "customer", condition: { ln: "Świętopełk", age: { $gt: 18 }, customer: false } },
    { key: "session", unit: "session", sticky: true },
    { key: "cart", unit: "cart" },
    { key: "paused", unit: "customer" },
  ]) {
    expect(
      (await operate("/v1/experiments", { channel: "stable", variants: HALVES, ...fields })).status,
    ).toBe(201);
    expect((await operate(`/v1/experiments/${fields.key}/start`, {})).status).toBe(200);
  }
  await operate("/v1/experiments/paused/pause", {});
});

afterEach(async () => {
  await OpenFeature.clearProviders();
  await Web.clearProviders();
  await Web.setContext({});
  for (const client of clients) client.close();
  clients = [];
  const { body } = await operate<{ rollouts: { id: string; state: string }[] }>("/v1/rollouts");
  for (const { id, state } of body.rollouts) {
    if (state === "running") await operate(`/v1/rollouts/${id}/rollback`, { reason: "the test is over" });
  }
});
afterAll(async () => {
  await server.close();
  await shop.remove();
});

function open(options: Partial<HaggleOptions> = {}): Haggle {
  const haggle = createHaggle({
    url: server.url,
    root: shop.root.bytes,
    store: "memory",
    experiments: clientExperiments(),
    ...options,
  });
  clients.push(haggle);
  return haggle;
}

async function openServer(...more: Haggle[]) {
  await OpenFeature.setProviderAndWait(haggleServerProvider(open({ context: { bucket: 0 } }), ...more));
  return OpenFeature.getClient();
}

async function openWeb(haggle = open()) {
  await Web.setProviderAndWait(haggleWebProvider(haggle));
  return Web.getClient();
}

type OfrepFlag = {
  key: string;
  value: string | number | boolean;
  variant?: string;
  reason: string;
  metadata?: object;
};

async function ofrep(context: object): Promise<OfrepFlag[]> {
  const { status, body } = await operate<{ flags: OfrepFlag[] }>("/ofrep/v1/evaluate/flags", { context });
  expect(status).toBe(200);
  return body.flags;
}

/** Some shoppers, in and out of each experiment and on both sides of the rollout. */
const contexts = (count: number): EvaluationContext[] =>
  Array.from({ length: count }, (_, i) => ({
    targetingKey: `c-${i}`,
    session: `s-${i}`,
    ...(i % 2 && { cart: `cart-${i}` }),
    ...(i % 3 && { ln: "Świętopełk", age: 17 + (i % 4), customer: false }),
  }));

type Asks = {
  getBooleanDetails(key: string, otherwise: boolean, context: EvaluationContext): Details<boolean>;
  getNumberDetails(key: string, otherwise: number, context: EvaluationContext): Details<number>;
  getStringDetails(key: string, otherwise: string, context: EvaluationContext): Details<string>;
};
type Details<T extends string | number | boolean> = EvaluationDetails<T> | Promise<EvaluationDetails<T>>;

async function toOfrep(
  client: Asks,
  { key, value }: OfrepFlag,
  context: EvaluationContext,
): Promise<OfrepFlag> {
  const details =
    typeof value === "boolean"
      ? await client.getBooleanDetails(key, !value, context)
      : typeof value === "number"
        ? await client.getNumberDetails(key, value + 1, context)
        : await client.getStringDetails(key, `not ${value}`, context);
  const { flagMetadata, variant, reason } = details;
  return {
    key,
    value: details.value,
    ...(variant !== undefined && { variant }),
    reason: reason!,
    ...(Object.keys(flagMetadata).length > 0 && { metadata: flagMetadata }),
  };
}

/** Half of all units have the second release. */
async function startRollout(): Promise<void> {
  const steps = [5_000, 10_000].map((weightBp) => ({ weightBp, soakMs: 3_600_000, minSamples: 0 }));
  const rollout = { channel: "stable", to: digests[1], steps, gates: NO_GATES };
  expect((await operate("/v1/rollouts", rollout)).status).toBe(201);
}

describe("flags", () => {
  it("are those of the server's OFREP, for whomever a server asks", async () => {
    await startRollout();
    const canary = open({ context: { bucket: 9_999 }, experiments: undefined });
    const client = await openServer(canary);
    const seen = new Set<string>();
    for (const context of contexts(24)) {
      const expected = await ofrep(context);
      const found = await Promise.all(expected.map((flag) => toOfrep(client, flag, context)));
      expect(found).toEqual(expected);
      for (const { key, value, reason, variant } of found) seen.add(`${key} ${value} ${reason} ${variant}`);
    }
    // Whatever there is was met.
    expect(seen).toEqual(
      new Set([
        ...["control SPLIT control", "b SPLIT b"].flatMap((each) =>
          ["plain", "part", "inside", "session", "cart"].map((key) => `${key} ${each}`),
        ),
        "part b TARGETING_MATCH b",
        ...["part", "inside", "cart"].map((key) => `${key} control STATIC control`),
        "paused control DISABLED control",
        `release.stable ${digests[0]} SPLIT stable`,
        `release.stable ${digests[1]} SPLIT canary`,
        ...["on true", "off false", "ten 10", "ten 11", "none 0", "large 2147483647", "share 12"].map(
          (each) => `kinds.${each} STATIC undefined`,
        ),
      ]),
    );
  });

  it("are those of the server's OFREP in a page, and follow whoever signs in", async () => {
    const client = await openWeb();
    const asks: Asks = {
      getBooleanDetails: (key, otherwise) => client.getBooleanDetails(key, otherwise),
      getNumberDetails: (key, otherwise) => client.getNumberDetails(key, otherwise),
      getStringDetails: (key, otherwise) => client.getStringDetails(key, otherwise),
    };
    for (const context of contexts(6)) {
      await Web.setContext(context);
      const expected = await ofrep(context);
      expect(await Promise.all(expected.map((flag) => toOfrep(asks, flag, context)))).toEqual(expected);
    }
    // Signed out, he is nobody's customer, and his prices neither.
    await Web.setContext({});
    expect(client.getStringDetails("plain", "bye").flagMetadata.excluded).toBe("no-unit");
    expect(clients[0]!.unit).not.toBe("c-5");
    await clients[0]!.setContext({ unit: "c-1" });
    expect(client.getStringDetails("plain", "bye").flagMetadata.counts).toBe(true);
  });

  it("of a release that no client holds are the default, and say so", async () => {
    await startRollout();
    const client = await openServer();
    const answers = await Promise.all(
      contexts(24).map((context) => client.getNumberDetails("kinds.ten", 1, context)),
    );
    expect(new Set(answers.map(({ value, errorCode }) => `${value} ${errorCode}`))).toEqual(
      new Set(["10 undefined", "1 GENERAL"]),
    );
  });
});

describe.each(["server", "web"] as const)(
  "the scenarios of the specification, on the side of the %s",
  (side) => {
    const who: EvaluationContext = { targetingKey: "c-1" };

    /** A client with this context, of either SDK. */
    async function ask(context: EvaluationContext = who): Promise<AnyClient> {
      if (side === "web") {
        await Web.setContext(context);
        const client = await openWeb();
        return {
          boolean: async (key, otherwise) => client.getBooleanDetails(key, otherwise),
          string: async (key, otherwise) => client.getStringDetails(key, otherwise),
          number: async (key, otherwise) => client.getNumberDetails(key, otherwise),
          object: async (key, otherwise) => client.getObjectDetails(key, otherwise),
        };
      }
      const client = await openServer();
      return {
        boolean: (key, otherwise) => client.getBooleanDetails(key, otherwise, context),
        string: (key, otherwise) => client.getStringDetails(key, otherwise, context),
        number: (key, otherwise) => client.getNumberDetails(key, otherwise, context),
        object: (key, otherwise) => client.getObjectDetails(key, otherwise, context),
      };
    }

    type AnyClient = {
      boolean(key: string, otherwise: boolean): Promise<object>;
      string(key: string, otherwise: string): Promise<object>;
      number(key: string, otherwise: number): Promise<object>;
      object(key: string, otherwise: { a: number }): Promise<object>;
    };

    it("resolves values of each type with their reason, those that are nothing too", async () => {
      const client = await ask();
      const fine = { reason: "STATIC" };
      expect(Object.keys(await client.boolean("kinds.off", true)).sort()).toEqual([
        "flagKey",
        "flagMetadata",
        "reason",
        "value",
      ]);
      expect(await client.boolean("kinds.on", false)).toMatchObject({
        value: true,
        flagKey: "kinds.on",
        ...fine,
      });
      expect(await client.boolean("kinds.off", true)).toMatchObject({ value: false, ...fine });
      expect(await client.number("kinds.ten", 1)).toMatchObject({ value: 10, ...fine });
      expect(await client.number("kinds.none", 1)).toMatchObject({ value: 0, ...fine });
      expect(await client.number("kinds.large", 1)).toMatchObject({ value: 2_147_483_647, ...fine });
      // A share is a decimal in words: nothing that prices is a float.
      expect(await client.string("kinds.share", "bye")).toMatchObject({ value: "12", ...fine });
      expect(await client.string("release.stable", "bye")).toMatchObject({
        value: digests[0],
        variant: "stable",
        ...fine,
      });
    });

    it("tells the variant and the metadata", async () => {
      const client = await ask();
      expect(await client.string("plain", "bye")).toMatchObject({
        value: expect.stringMatching(/^(control|b)$/),
        variant: expect.stringMatching(/^(control|b)$/),
        reason: "SPLIT",
        flagMetadata: { phase: 1, counts: true },
      });
      expect(await client.string("paused", "bye")).toMatchObject({ value: "control", reason: "DISABLED" });
    });

    it("resolves by the context, and by none", async () => {
      const inside = { ...who, fn: "Sulisław", ln: "Świętopełk", age: 29, customer: false };
      expect(await (await ask(inside)).string("inside", "bye")).toMatchObject({
        reason: "SPLIT",
        flagMetadata: { counts: true },
      });
      expect(await (await ask({ ...who, ln: null as never })).string("inside", "bye")).toMatchObject({
        value: "control",
        reason: "STATIC",
        flagMetadata: { excluded: "condition" },
      });
      const nobody = await ask({});
      expect(await nobody.string("inside", "bye")).toMatchObject({
        value: "control",
        reason: "STATIC",
        flagMetadata: { excluded: "no-unit" },
      });
      expect(await nobody.number("kinds.ten", 1)).toMatchObject({ value: 10, reason: "STATIC" });
    });

    it("has the default and the code for a flag that is not there, or of another type", async () => {
      const client = await ask();
      const missing = { reason: "ERROR", errorCode: "FLAG_NOT_FOUND" };
      expect(await client.boolean("missing", false)).toMatchObject({ value: false, ...missing });
      expect(await client.string("kinds.missing", "bye")).toMatchObject({ value: "bye", ...missing });
      expect(await client.number("release.missing", 0.1)).toMatchObject({ value: 0.1, ...missing });
      expect(await client.object("missing", { a: 1 })).toMatchObject({ value: { a: 1 }, ...missing });
      // Lists have no form.
      expect(await client.string("kinds.categories", "bye")).toMatchObject({ value: "bye", ...missing });
      const mismatch = { reason: "ERROR", errorCode: "TYPE_MISMATCH" };
      expect(await client.string("kinds.on", "bye")).toMatchObject({ value: "bye", ...mismatch });
      expect(await client.number("kinds.on", 1)).toMatchObject({ value: 1, ...mismatch });
      expect(await client.boolean("plain", false)).toMatchObject({ value: false, ...mismatch });
      expect(await client.number("kinds.share", 0.1)).toMatchObject({ value: 0.1, ...mismatch });
      expect(await client.boolean("kinds.ten", false)).toMatchObject({ value: false, ...mismatch });
      expect(await client.string("kinds.ten", "bye")).toMatchObject({ value: "bye", ...mismatch });
      expect(await client.object("kinds.ten", { a: 1 })).toMatchObject({ value: { a: 1 }, ...mismatch });
    });
  },
);

describe("a provider", () => {
  const nowhere = { url: "http://127.0.0.1:1" };

  it("is not ready before there is a release, and in error where none can be had", async () => {
    const haggle = open(nowhere);
    const failing = Web.setProviderAndWait(haggleWebProvider(haggle));
    const client = Web.getClient();
    expect(client.getNumberDetails("kinds.ten", 1)).toMatchObject({
      value: 1,
      errorCode: "PROVIDER_NOT_READY",
    });
    await expect(failing).rejects.toThrow();
    expect(client.providerStatus).toBe(ProviderStatus.ERROR);
    expect(client.getNumberDetails("kinds.ten", 1)).toMatchObject({ value: 1, reason: "ERROR" });
    await expect(OpenFeature.setProviderAndWait(haggleServerProvider(open(nowhere)))).rejects.toThrow();
    expect(await OpenFeature.getClient().getNumberDetails("kinds.ten", 1)).toMatchObject({
      value: 1,
      reason: "ERROR",
    });
  });

  it("is fatal where the host runs no rules", async () => {
    const compile = async () => {
      throw refuse("ENGINE_WASM_BLOCKED");
    };
    await expect(Web.setProviderAndWait(haggleWebProvider(open({ compile })))).rejects.toThrow();
    const client = Web.getClient();
    expect(client.providerStatus).toBe(ProviderStatus.FATAL);
    expect(client.getNumberDetails("kinds.ten", 1)).toMatchObject({ value: 1, errorCode: "PROVIDER_FATAL" });
  });

  it("tells when flags may be others, and is called haggle", async () => {
    const client = await openWeb();
    const told: string[] = [];
    for (const event of [ProviderEvents.ConfigurationChanged, ProviderEvents.Stale, ProviderEvents.Ready])
      client.addHandler(event, () => told.push(event));
    await until(() => told.includes(ProviderEvents.Ready));
    await operate("/v1/experiments/paused/resume", {});
    await until(() => client.getStringDetails("paused", "bye").reason !== "DISABLED");
    await until(() => told.includes(ProviderEvents.ConfigurationChanged));
    expect(client.metadata.providerMetadata.name).toBe("haggle");
    await operate("/v1/experiments/paused/pause", {});
  });

  it("gives the client whatever it is told, so that flags and prices are of one shopper", async () => {
    const client = await openWeb();
    const [haggle] = clients;
    for (const session of ["s-1", "s-2", "s-3", "s-4", "s-5", "s-6"]) {
      await Web.setContext({ session, cart: "cart-1", country: "nl" });
      const { variant } = client.getStringDetails("session", "bye");
      expect(haggle!.experiments!.assign("session").variant).toBe(variant);
    }
    await Web.setContext({ country: "nl" });
    await operate("/v1/experiments", {
      ...{ key: "dutch", channel: "stable", variants: HALVES, unit: "cart", condition: { country: "nl" } },
    });
    await operate("/v1/experiments/dutch/start", {});
    await until(() => client.getStringDetails("dutch", "bye").errorCode === undefined);
    expect(haggle!.experiments!.assign("dutch", { units: { cart: "1" } }).variant).toBeDefined();
    await operate("/v1/experiments/dutch/end", {});
  });
});
