import { createHaggle, type Haggle, type HaggleOptions } from "@haggle/sdk/client";
import { clientExperiments } from "@haggle/sdk/experiments-client";
import { haggleServerProvider } from "@haggle/sdk/openfeature-server";
import { haggleWebProvider } from "@haggle/sdk/openfeature-web";
import { type EvaluationContext, type Hook, OpenFeature } from "@openfeature/server-sdk";
import { OpenFeature as Web, type Hook as WebHook } from "@openfeature/web-sdk";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { createShop, type Shop } from "./release.ts";
import { type Call, callerAt } from "./rollout.ts";
import { startServer, type TestServer, until } from "./server.ts";

// The flags that OpenFeature's own suites ask for, as far as a channel can have them, behind both published SDKs.
//
// A flag with a value of a type is a parameter here and is called `PROMOTION.PARAMETER`: the suites' `boolean-flag` is
// `boolean-flag.value`. A flag with words is an experiment and has the suites' own key; its values are its variants.

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

const PROMOTIONS = [
  { id: "boolean-flag" },
  { id: "integer-flag" },
  { id: "float-flag" },
  { id: "boolean-zero-flag", rule: "boolean-flag", parameters: { value: false } },
  { id: "integer-zero-flag", rule: "integer-flag", parameters: { value: 0 } },
  { id: "float-zero-flag", rule: "float-flag", parameters: { value: "0" } },
  { id: "boolean-targeted-zero-flag", rule: "boolean-flag", parameters: { value: false } },
  { id: "integer-targeted-zero-flag", rule: "integer-flag", parameters: { value: 0 } },
  { id: "float-targeted-zero-flag", rule: "float-flag", parameters: { value: "0" } },
  { id: "boolean-disabled-flag", rule: "boolean-flag" },
  { id: "async-flag", rule: "boolean-flag" },
].map(({ id, ...more }, i) => ({ id, rule: id, priority: 10 + i, ...more }));

const OFF = { promotions: ["boolean-disabled-flag"], rules: [], releases: [] };

/** Of a unit that none of them takes there is the control, which is static. */
const EXPERIMENTS = [
  { key: "string-flag", variants: ["hi", "bye"], coverage: 0 },
  { key: "wrong-flag", variants: ["uno", "dos"], coverage: 0 },
  {
    key: "context-aware",
    variants: ["external", "internal"],
    weights: [0, 1],
    condition: {
      customer: false,
      $or: [
        { fn: "Sulisław", ln: "Świętopełk", age: 29 },
        { email: "ballmer@macrosoft.com", role: "admin", age: 65 },
      ],
    },
  },
  {
    key: "string-targeted-zero-flag",
    variants: ["nobody", "somebody"],
    weights: [0, 1],
    condition: { email: "ballmer@macrosoft.com" },
  },
  { key: "string-disabled-flag", variants: ["hi", "bye"], coverage: 0, isPaused: true },
];

export type Details = {
  flagKey: string;
  value: unknown;
  variant?: string | undefined;
  reason?: string | undefined;
  errorCode?: string | undefined;
  errorMessage?: string | undefined;
  flagMetadata: Readonly<Record<string, string | number | boolean>>;
};
type Answer = Details | Promise<Details>;
export type Ask = (key: string, otherwise: unknown, hooks?: Hook[]) => Answer;

/** One of OpenFeature's SDKs, with our provider in it. */
export type Side = {
  /** Whom flags are for from now on. */
  become(context: EvaluationContext): Promise<unknown>;
  /** Rejects where the provider does not begin. */
  provide(...haggles: [Haggle, ...Haggle[]]): Promise<void>;
  /** By the call for the type of the default, as the suites' steps do. */
  ask: Ask;
  readonly status: string;
};

type Client<Rest extends unknown[]> = {
  getBooleanDetails(key: string, otherwise: boolean, ...rest: Rest): Answer;
  getStringDetails(key: string, otherwise: string, ...rest: Rest): Answer;
  getNumberDetails(key: string, otherwise: number, ...rest: Rest): Answer;
  getObjectDetails(key: string, otherwise: object, ...rest: Rest): Answer;
};

function askBy<Rest extends unknown[]>(
  client: Client<Rest>,
  key: string,
  otherwise: unknown,
  ...rest: Rest
): Answer {
  if (typeof otherwise === "boolean") return client.getBooleanDetails(key, otherwise, ...rest);
  if (typeof otherwise === "string") return client.getStringDetails(key, otherwise, ...rest);
  if (typeof otherwise === "number") return client.getNumberDetails(key, otherwise, ...rest);
  return client.getObjectDetails(key, otherwise as object, ...rest);
}

/** The page's session is the unit. */
const web: Side = {
  become: (context) => Web.setContext(context),
  provide: (haggle) => Web.setProviderAndWait(haggleWebProvider(haggle)),
  ask: (key, otherwise, hooks = []) =>
    askBy(Web.getClient() as Client<[object]>, key, otherwise, { hooks: hooks as WebHook[] }),
  get status() {
    return Web.getClient().providerStatus;
  },
};

/** A program has no session: who asks says whose it is, beside what the suites say. */
const program: Side = {
  become: async (context) => OpenFeature.setContext(context),
  provide: (...haggles) => OpenFeature.setProviderAndWait(haggleServerProvider(...haggles)),
  ask: (key, otherwise, hooks = []) =>
    askBy(
      OpenFeature.getClient({ session: "s-1" }) as Client<[object, object]>,
      key,
      otherwise,
      {},
      { hooks },
    ),
  get status() {
    return OpenFeature.getClient().providerStatus;
  },
};

export const SIDES: Readonly<Record<"web" | "server", Side>> = { web, server: program };

/** The shop and its server, the same for all tests of the file that calls this, which have providers of their own. */
export function useFlagWorld() {
  let shop: Shop;
  let server: TestServer;
  let clients: Haggle[] = [];

  beforeAll(async () => {
    shop = await createShop({ files: { "rules/flags.rule.ts": RULES } });
    await shop.giveKey("channel");
    await shop.publish({ release: { promotions: PROMOTIONS }, channel: { off: OFF } });
    server = await startServer(shop.dataFolder);
    const operate: Call = await callerAt(server.url, shop.dataFolder);
    await until(async () => (await server.ready()).keys.channel === "ready");
    for (const { variants, weights = [0.5, 0.5], isPaused, ...rest } of EXPERIMENTS) {
      const keyed = variants.map((key, i) => ({ key, weight: weights[i] }));
      const fields = { channel: "stable", unit: "session", variants: keyed, ...rest };
      expect((await operate("/v1/experiments", fields)).status).toBe(201);
      expect((await operate(`/v1/experiments/${rest.key}/start`, {})).status).toBe(200);
      if (isPaused) expect((await operate(`/v1/experiments/${rest.key}/pause`, {})).status).toBe(200);
    }
  });

  afterEach(async () => {
    await OpenFeature.clearProviders();
    await Web.clearProviders();
    for (const side of Object.values(SIDES)) await side.become({});
    for (const client of clients) client.close();
    clients = [];
  });
  afterAll(async () => {
    await server.close();
    await shop.remove();
  });

  function open(options: Partial<HaggleOptions> = {}): Haggle {
    const haggle = createHaggle({
      ...{ url: server.url, root: shop.root.bytes, store: "memory" },
      experiments: clientExperiments(),
      ...options,
    });
    clients.push(haggle);
    return haggle;
  }

  return {
    open,
    get url() {
      return server.url;
    },
    /** A client that knows the release from before, and of which nobody has renewed the promise. */
    async openStale(): Promise<Haggle> {
      const known = open();
      await known.ready();
      const { channel } = await shop.sign({
        release: { promotions: PROMOTIONS },
        channel: { off: OFF, expires: Date.now() - 1 },
      });
      const bootstrap = { ...known.snapshot()!, channel: new TextDecoder().decode(channel.bytes) };
      return open({ url: NOWHERE, bootstrap });
    },
  };
}

/** Where no server is. */
export const NOWHERE = "http://127.0.0.1:1";
