import type { Strategy, StrategyFile } from "@haggle/abi";
import { createMatcher, stampStrategies } from "@haggle/sdk/pricing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readStrategies } from "../../server/modules/strategies/read.ts";
import { resolveExperiment } from "../../server/modules/strategies/resolve-experiment.ts";
import type { StrategiesDraft } from "../../server/modules/strategies/service.ts";
import { readAdminKey } from "../support/api-keys.ts";
import { HALVES } from "../support/experiment-events.ts";
import { createPriceWorld, lamp, type PriceWorld, raise } from "../support/prices.ts";
import { type Call, type ErrorJson, operatorOf } from "../support/rollout.ts";
import { type TestServer, until } from "../support/server.ts";
import { createStrategyWorld, LAMPS, SHOES_BY_COST, strategiesText } from "../support/strategies.ts";

// What becomes of a variant of skus that stays: a set of strategies that its authors save, send, or leave.

const KEY = "lamp-price";
const EXPERIMENT = { channel: "stable", key: KEY, unit: "sku", variants: HALVES };
const LAMP_NAMES = Array.from({ length: 20 }, (_, index) => `${index}`);

type Winner = { unit: string; winner: string; state: string; draft: StrategiesDraft | null } & ErrorJson;

const decide = (operate: Call, variant: string) =>
  operate<Winner>(`/v1/experiments/${KEY}/winner`, { variant });
const drafted = (operate: Call) => operate<Winner>(`/v1/experiments/${KEY}/draft`);

async function run(operate: Call): Promise<void> {
  expect((await operate("/v1/experiments", EXPERIMENT)).status).toBe(201);
  expect((await operate(`/v1/experiments/${KEY}/start`, {})).status).toBe(200);
}

describe("a winner over skus", () => {
  let world: PriceWorld;
  let server: TestServer;
  let operate: Call;

  beforeEach(async () => {
    world = await createPriceWorld();
    server = await world.start();
    operate = await world.operator(server);
    await operate("/v1/skus", LAMP_NAMES.map(lampNamed), { method: "PUT" });
    await run(operate);
  });
  afterEach(() => world.close());

  const lampNamed = (name: string) => lamp(name);
  const BEHIND = raise("5").replace("id: lamps", "id: behind");

  async function send(path: string, text: string, method: string) {
    const headers = {
      authorization: `Bearer ${await readAdminKey(world.shop.dataFolder)}`,
      "content-type": "application/yaml",
    };
    const response = await fetch(server.url + path, { method, headers, body: text });
    return { status: response.status, body: (await response.json()) as object };
  }

  it("becomes the next set, which prices every sku as the variant did when somebody sends it", async () => {
    const version = await world.save(
      raise("10", `experiment: { key: ${KEY}, variants: { b: { raise: "20" } } }`),
    );
    const prices = async () =>
      Promise.all(LAMP_NAMES.map(async (name) => (await world.price(server, `lamp-${name}`)).unitPrice));
    const both = async () => [...new Set(await prices())].sort().join();
    await until(async () => (await both()) === "11000,12000");

    const { status, body } = await decide(operate, "b");
    expect([status, body.unit, body.winner, body.state]).toEqual([200, "sku", "b", "ended"]);
    const draft = body.draft!;
    expect(draft).toMatchObject({
      kind: "strategies",
      previous: version,
      changed: ["lamps"],
      removed: [],
      elsewhere: [],
      warnings: [],
    });
    const text = strategiesText(draft.version, [raise("20")]);
    expect(draft.text).toBe(text.replace('["lamp-*"]', '[ "lamp-*" ]'));
    // Drafted is not in force, and nothing of it is kept.
    await until(async () => (await prices()).every((price) => price === 11_000));
    expect(server.app.strategies.findActive()?.version).toBe(version);
    expect((await operate(`/v1/strategies/${draft.version}`)).status).toBe(404);
    expect((await drafted(operate)).body.draft).toEqual(draft);

    const checked = await send("/v1/strategies/check", draft.text, "POST");
    expect(checked.body).toEqual({ ok: true, version: draft.version, faults: [] });
    const put = await send(`/v1/strategies/${draft.version}`, draft.text, "PUT");
    expect(put).toMatchObject({ status: 201, body: { state: "active" } });
    await until(async () => (await prices()).every((price) => price === 12_000));
    // Nothing names the experiment any more.
    expect((await drafted(operate)).body.error).toMatchObject({
      code: "SERVER_EXPERIMENT_UNNAMED",
      value: KEY,
    });
  });

  it("that has no price of a strategy leaves its skus to the next one", async () => {
    await world.save(raise("10", `experiment: { key: ${KEY}, variants: { b: false } }`), BEHIND);
    await world.costs(server, "lamp-0", 11_000).catch(() => world.costs(server, "lamp-0", 10_500));
    const { draft } = (await decide(operate, "b")).body;
    expect(draft).toMatchObject({ changed: [], removed: ["lamps"], warnings: [] });
    await send(`/v1/strategies/${draft!.version}`, draft!.text, "PUT");
    for (const name of LAMP_NAMES) await world.costs(server, `lamp-${name}`, 10_500);
  });

  it("warns of strategies that nothing is left for", async () => {
    await world.save(raise("10", `experiment: { key: ${KEY}, variants: { b: false } }`), BEHIND);
    await until(() => server.app.strategies.findActive());
    expect((await decide(operate, "control")).body.draft).toMatchObject({
      changed: ["lamps"],
      warnings: [{ severity: "warning", code: "STRATEGY_NEVER", value: "behind" }],
    });
  });

  it("that no strategy in force names drafts nothing", async () => {
    expect((await decide(operate, "b")).body).toMatchObject({ state: "ended", draft: null });
    await world.save(raise("10"));
    await until(() => server.app.strategies.findActive());
    expect((await decide(operate, "control")).body).toMatchObject({ winner: "control", draft: null });
    expect((await drafted(operate)).body.error.code).toBe("SERVER_EXPERIMENT_UNNAMED");
  });
});

it("nothing is decided while today's release cannot price the set that would follow", async () => {
  const world = await createStrategyWorld();
  try {
    const server = await world.start({ HAGGLE_CHANNELS: "stable,preview" });
    const operate = await operatorOf(server, world.shop.dataFolder);
    await run(operate);
    const varied = `${LAMPS}\nexperiment: { key: ${KEY}, variants: { b: { raise: "20" } } }`;
    await world.save(strategiesText("v2026.11.22-a", [varied, SHOES_BY_COST]));
    await until(() => server.app.strategies.findActive());
    const off = await world.shop.publish({ version: 2, build: await world.buildWithout("cost-plus") });
    await until(() => server.app.releases.find()?.release === off.release.sha256);
    expect(await decide(operate, "b")).toMatchObject({
      status: 422,
      body: {
        error: { code: "STRATEGY_UNKNOWN_RULE", at: "strategies[1].rule", value: "cost-plus" },
        faults: [{ line: 9 }],
      },
    });
    const { body } = await operate<{ state: string }>(`/v1/experiments/${KEY}`);
    expect(body.state).toBe("running");
    await world.save(strategiesText("v2026.11.22-b", [varied]));
    await until(() => server.app.strategies.findActive()?.version === "v2026.11.22-b");
    expect((await decide(operate, "b")).body.draft).toMatchObject({ elsewhere: ["preview"] });
  } finally {
    await world.close();
  }
});

describe("the file of a winner", () => {
  const DECISION = { experiment: KEY, channel: "stable", others: ["preview"] };
  const FILE = `# the shop's own
version: v2026.11.22-abc   # stamped

strategies:
  # dear
  - id: few
    rule: price-by-stock
    skus: ["lamp-*",   "bulb-*"]   # both
    # tried in autumn
    experiment:
      key: ${KEY}
      variants: { b: { raise: "20", list: [c] }, control: false }
    parameters: { few: 5, raise: "10" } # as ever

  # cheap
  - id: plenty   # odd   spaces
    rule:   price-by-stock
    window: { from: 2026-11-22T00:00:00Z }
  - { id: short, rule: cost-plus, experiment: { key: ${KEY}, variants: { b: false } } }

end: v2026.11.22-abc # the end
`;

  it("keeps every other line and its comments", () => {
    const resolved = resolveExperiment(FILE, { ...DECISION, variant: "b" })!;
    expect(resolved).toMatchObject({ changed: ["few"], removed: ["short"], elsewhere: ["preview"] });
    expect(resolved.text).toBe(`# the shop's own
version: v2026.11.22-abc   # stamped

strategies:
  # dear
  - id: few
    rule: price-by-stock
    skus: [ "lamp-*", "bulb-*" ] # both
    parameters: { few: 5, raise: "20", list: [ c ] } # as ever

  # cheap
  - id: plenty   # odd   spaces
    rule:   price-by-stock
    window: { from: 2026-11-22T00:00:00Z }

end: v2026.11.22-abc # the end
`);
  });

  it("ends its lines as it did", async () => {
    const notes = FILE.replace("rule: price-by-stock\n", "rule: price-by-stock # of few\n    # left\n");
    const quoted = FILE.replace("\nstrategies:", '\n"strategies":');
    for (const file of [FILE, notes, quoted]) {
      const { text } = resolveExperiment(file, { ...DECISION, variant: "b" })!;
      const windows = resolveExperiment(file.replaceAll("\n", "\r\n"), { ...DECISION, variant: "b" })!;
      expect(windows.text).toBe(text.replaceAll("\n", "\r\n"));
      const stamped = await stampStrategies(windows.text, 0);
      expect(stamped.text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    }
  });

  it("is right where nodes are shared, in brackets, or all of them go", () => {
    const shared = FILE.replace("parameters: {", "parameters: &own {").replace(
      "window:",
      "parameters: *own\n    window:",
    );
    for (const variant of ["b", "control"]) {
      const { text } = resolveExperiment(shared, { ...DECISION, variant })!;
      const plenty = readStrategies(text).file!.strategies.find(({ id }) => id === "plenty");
      expect(plenty?.parameters, variant).toEqual({ few: 5, raise: "10" });
    }
    const brackets = `version: v2026.11.22-a
strategies: [{ id: one, rule: cost-plus, experiment: { key: ${KEY}, variants: { b: { markup: 7 } } } }]
end: v2026.11.22-a
`;
    const one = resolveExperiment(brackets, { ...DECISION, variant: "b" })!;
    expect(readStrategies(one.text).file!.strategies).toEqual([
      { id: "one", rule: "cost-plus", parameters: { markup: 7 } },
    ]);
    const quoted = FILE.replace("\nstrategies:", '\n"strategies":');
    expect(resolveExperiment(quoted, { ...DECISION, variant: "b" })!.text).toMatch(/^strategies:$/m);
    const none = resolveExperiment(brackets.replace("{ markup: 7 }", "false"), {
      ...DECISION,
      variant: "b",
    })!;
    expect(readStrategies(none.text).file!.strategies).toEqual([]);
    expect(none.removed).toEqual(["one"]);
  });

  it("moves nothing where the winner says what is there already", () => {
    for (const own of ["{}", '{ raise: "10" }']) {
      const file = FILE.replace(/b: \{ raise: "20".*?\}/, `b: ${own}`);
      const resolved = resolveExperiment(file, { ...DECISION, variant: "b" })!;
      expect(resolved).toMatchObject({ changed: ["few"], removed: ["short"] });
      expect(resolved.text).toContain('parameters: { few: 5, raise: "10" } # as ever');
    }
  });

  it("prices by the same strategy, with the same parameters, as the variant did; elsewhere as it says", () => {
    const parameters = fc.dictionary(fc.constantFrom("few", "raise"), fc.integer({ min: 0, max: 9 }));
    const variants = fc.dictionary(
      fc.constantFrom("control", "b", "c"),
      fc.oneof(parameters, fc.constant(false as const)),
      { minKeys: 1 },
    );
    const some = (...words: string[]) => fc.option(fc.subarray(words, { minLength: 1 }), { nil: undefined });
    const strategies = fc.array(
      fc.record(
        {
          rule: fc.constant("price-by-stock"),
          skus: some("lamp-*", "lamp-1", "bulb-*"),
          channels: some("stable", "preview"),
          parameters,
          experiment: fc.record({ key: fc.constantFrom(KEY, "other"), variants }),
        },
        { requiredKeys: ["rule"] },
      ),
      { minLength: 1, maxLength: 6 },
    );
    const styles = fc.constantFrom({}, { collectionStyle: "flow" }, { indentSeq: false }, { indent: 4 });
    fc.assert(
      fc.property(strategies, styles, fc.constantFrom("control", "b"), (list, style, variant) => {
        const body = list.map((fields, i) => ({ id: `s${i}`, ...fields }));
        const lines = stringify({ strategies: body }, { ...style, keepUndefined: false } as object);
        const inBlock = lines.startsWith("{") ? `strategies: ${stringify(body, style as object)}` : lines;
        const text = `version: v2026.11.22-a\n${inBlock}end: v2026.11.22-a\n`;
        const before = readStrategies(text).file!;
        const resolved = resolveExperiment(text, { ...DECISION, variant });
        expect(resolved === undefined).toBe(!body.some(({ experiment }) => experiment?.key === KEY));
        const after = resolved === undefined ? before : readStrategies(resolved.text).file!;
        expect(after.strategies.some(({ experiment }) => experiment?.key === KEY)).toBe(false);
        const isOnBoth = body.some(({ experiment, parameters = {}, channels = ["stable", "preview"] }) => {
          if (experiment?.key !== KEY || !Object.hasOwn(experiment.variants, variant)) return false;
          const change = experiment.variants[variant]!;
          const isChange =
            change === false || Object.entries(change).some(([name, value]) => parameters[name] !== value);
          return isChange && channels.length === 2;
        });
        expect(resolved?.elsewhere ?? []).toEqual(isOnBoth ? ["preview"] : []);
        for (const sku of ["lamp-1", "lamp-2", "bulb-1", "shoe-1"]) {
          const was = taken(before, "stable", sku, (key) => (key === KEY ? variant : undefined));
          expect(taken(after, "stable", sku, () => undefined)).toEqual(was);
          if (isOnBoth) continue;
          // There nobody is in the experiment.
          const there = taken(before, "preview", sku, () => undefined);
          expect(taken(after, "preview", sku, () => undefined)).toEqual(there);
        }
      }),
    );
  });
});

/** Which strategy prices a sku on a channel, and with what. */
function taken(
  { strategies }: StrategyFile,
  channel: string,
  sku: string,
  findVariant: (experiment: string) => string | undefined,
): Pick<Strategy, "id" | "parameters"> | undefined {
  const own = strategies.filter(({ channels }) => channels?.includes(channel) ?? true);
  const match = createMatcher(own, findVariant).find({ sku, categories: [] }, undefined, 0);
  if (match === undefined) return undefined;
  const { id, parameters, experiment } = own[match.strategy]!;
  const change = match.variant === undefined ? undefined : experiment?.variants[match.variant];
  return { id, parameters: { ...parameters, ...(change || {}) } };
}
