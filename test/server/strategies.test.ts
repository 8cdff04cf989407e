import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { buildRules } from "../support/release.ts";
import { type TestServer, until } from "../support/server.ts";
import {
  createStrategyWorld,
  LAMPS,
  type Overview,
  SHOES_BY_COST,
  type StrategyWorld,
  strategiesText,
} from "../support/strategies.ts";

// The file of strategies in a folder, as people, publishers and orchestrators change it, and what is in force then.

/** So long half of a file is waited for. */
const TORN_MS = 2_000;
const [V1, V2, V3] = ["v2026.11.20-a", "v2026.11.21-b", "v2026.11.22-c"];

let world: StrategyWorld;
let server: TestServer;

beforeEach(async () => {
  world = await createStrategyWorld();
});
afterEach(() => world.close());

const activeOf = (at = server): string | undefined => at.app.strategies.findActive()?.version;
const isActive = (version: string | undefined, at = server): Promise<true> =>
  until(() => activeOf(at) === version || undefined) as Promise<true>;
const overviewOf = async (at = server): Promise<Overview> =>
  (await (await world.operator(at))<Overview>("/v1/strategies")).body;
const warns = (code: string, at = server): Promise<boolean> =>
  until(async () => (await at.ready()).warnings.includes(code));

describe("a saved file", () => {
  beforeEach(async () => {
    await world.save(strategiesText(V1!, [LAMPS]));
    server = await world.start();
  });

  it("is in force at the start, and another one once it is saved, in place or by its name", async () => {
    expect(activeOf()).toBe(V1);
    const heard: (string | undefined)[] = [];
    server.app.strategies.onChange(() => heard.push(activeOf()));
    await world.save(strategiesText(V2!, [LAMPS, SHOES_BY_COST]));
    await isActive(V2);
    await world.replace(strategiesText(V3!, [SHOES_BY_COST]));
    await isActive(V3);
    expect(heard).toEqual([V2, V3]);
    const { versions, ...overview } = await overviewOf();
    expect(overview).toEqual({ active: V3, previous: V2, pinned: false, withdrawn: [] });
    expect(versions.map(({ version, number }) => [version, number])).toEqual([
      [V3, 3],
      [V2, 2],
      [V1, 1],
    ]);
  });

  it("that is wrong leaves the last good one in force, over a restart too, and is told with its place", async () => {
    await world.save(strategiesText(V2!, [LAMPS.replace("raise", "rise")]));
    await warns("PROMOTION_UNKNOWN_PARAMETER");
    const { refused } = await overviewOf();
    expect(refused).toMatchObject({
      version: V2,
      faults: [
        {
          line: 6,
          column: 27,
          at: "strategies[0].parameters.rise",
          value: "rise",
          hint: 'did you mean "raise"?',
        },
      ],
    });
    expect(activeOf()).toBe(V1);
    await server.close();
    server = await world.start();
    expect(activeOf()).toBe(V1);
    expect((await server.ready()).warnings).toContain("PROMOTION_UNKNOWN_PARAMETER");
    await world.save(strategiesText(V1!, [LAMPS]));
    await until(async () => (await server.ready()).warnings.length === 0);
  });

  it("that is torn is waited for, and told when nothing more comes", async () => {
    const whole = strategiesText(V2!, [LAMPS, SHOES_BY_COST]);
    const half = whole.slice(0, whole.indexOf("  - id: shoes"));
    const savedAt = performance.now();
    await world.save(half);
    await wait(200);
    const { warnings } = await server.ready();
    // On a machine that stood still for longer than it is waited for, it may be told by now.
    expect(performance.now() - savedAt < TORN_MS ? warnings : []).toEqual([]);
    await world.save(whole);
    await isActive(V2);
    await world.save(strategiesText(V3!, [LAMPS], `end: ${V2}\n`));
    await warns("STRATEGY_TORN");
    expect(activeOf()).toBe(V2);
  });

  it("of a known version is another file's no more", async () => {
    await world.save(strategiesText(V1!, [SHOES_BY_COST]));
    await warns("STRATEGY_VERSION_TAKEN");
    expect(server.app.strategies.findActive()?.strategies.map(({ id }) => id)).toEqual(["lamps"]);
  });

  it("of before does not come back by itself", async () => {
    await world.save(strategiesText(V2!, []));
    await isActive(V2);
    await world.save(strategiesText(V1!, [LAMPS]));
    await warns("STRATEGY_SUPERSEDED");
    expect(activeOf()).toBe(V2);
  });

  it("may go, with its folder, and come back", async () => {
    await rename(world.folder, `${world.folder}.away`);
    await warns("STRATEGY_FILE_MISSING");
    expect(activeOf()).toBe(V1);
    await mkdir(world.folder);
    await world.save(strategiesText(V2!, []));
    await isActive(V2);
    expect((await server.ready()).warnings).toEqual([]);
  });

  it("is nothing that an editor leaves beside it", async () => {
    const text = strategiesText(V2!, []);
    for (const name of [
      ".strategies.yaml.swp",
      "strategies.yaml~",
      "4913",
      "#strategies.yaml#",
      "other.yaml",
    ]) {
      await writeFile(join(world.folder, name), text);
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(activeOf()).toBe(V1);
    expect((await overviewOf()).versions).toHaveLength(1);
  });
});

describe("a file that is saved twice", () => {
  // Every ten seconds the folder is read anyway, by which a save would be found that nobody has heard of. Not here.
  beforeEach(async () => {
    await world.save(strategiesText(V1!, [LAMPS]));
    vi.useFakeTimers({ toFake: ["setInterval"] });
    server = await world.start();
    vi.useRealTimers();
  });

  it("is in force however soon the one follows the other", async () => {
    // A watcher that tells one change in 50 ms, and a quiet of 25 ms behind it, leave such a time for a save to be lost in.
    for (const [i, gap] of [30, 34, 38, 42].entries()) {
      await wait(100);
      await world.save(strategiesText(`v2026.11.23-${i}`, [LAMPS]));
      await wait(gap);
      const second = `v2026.11.24-${i}`;
      await world.save(strategiesText(second, [LAMPS]));
      await isActive(second);
    }
  });
});

describe("a folder that an orchestrator mounts", () => {
  /** As kubelet does it: a folder of its own for each state, `..data` swapped to it, the file a link through it. */
  async function mount(name: string, text: string): Promise<void> {
    await mkdir(join(world.folder, name));
    await writeFile(join(world.folder, name, "strategies.yaml"), text);
    await symlink(name, join(world.folder, "..data_tmp"));
    await rename(join(world.folder, "..data_tmp"), join(world.folder, "..data"));
  }

  it("is followed through its links", async () => {
    await mount("..2026_11_20", strategiesText(V1!, [LAMPS]));
    await symlink("..data/strategies.yaml", world.file);
    server = await world.start();
    expect(activeOf()).toBe(V1);
    for (const [name, version] of [
      ["..2026_11_21", V2!],
      ["..2026_11_22", V3!],
    ] as const) {
      await mount(name, strategiesText(version, [SHOES_BY_COST]));
      await isActive(version);
    }
    await rm(join(world.folder, "..2026_11_21"), { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(activeOf()).toBe(V3);
  });
});

describe("a release", () => {
  it("that has not come yet is waited for, and strategies that it cannot price are withdrawn", async () => {
    await world.save(strategiesText(V1!, [LAMPS, SHOES_BY_COST]));
    await world.shop.drop("channels/stable.json");
    server = await world.start();
    expect(activeOf()).toBeUndefined();
    await world.shop.publish();
    await isActive(V1);
    const off = { promotions: [], rules: ["cost-plus"], releases: [] };
    await world.shop.publish({ version: 2, channel: { off } });
    await warns("STRATEGY_WITHDRAWN");
    const strategies = server.app.strategies.findActive()!.strategies;
    expect(strategies.map(({ id, withdrawn }) => [id, withdrawn])).toEqual([
      ["lamps", undefined],
      ["shoes", true],
    ]);
    expect((await overviewOf()).withdrawn).toEqual([{ channel: "stable", strategy: "shoes" }]);
    await world.shop.publish({ version: 3 });
    await until(async () => (await server.ready()).warnings.length === 0);
  });

  it("without the rules withdraws what was priced by them, and refuses files that want them", async () => {
    await world.save(strategiesText(V1!, [LAMPS]));
    server = await world.start();
    await world.shop.publish({ version: 2, build: await buildRules() });
    await warns("STRATEGY_WITHDRAWN");
    await world.save(strategiesText(V2!, [LAMPS]));
    await warns("STRATEGY_UNKNOWN_RULE");
    await world.shop.publish({ version: 3 });
    await isActive(V2);
  });
});

describe("several servers on one database", () => {
  it("have what one of them accepted from its folder, and none goes back to an older file of its own", async () => {
    await world.save(strategiesText(V1!, [LAMPS]));
    server = await world.start();
    const other = join(world.parent, "other");
    await mkdir(other);
    await writeFile(join(other, "strategies.yaml"), strategiesText(V1!, [LAMPS]));
    const second = await world.start({ STRATEGIES_DIR: other });
    const third = await world.start({ STRATEGIES_DIR: "" });
    await world.save(strategiesText(V2!, [SHOES_BY_COST]));
    await Promise.all([isActive(V2), isActive(V2, second), isActive(V2, third)]);
    await warns("STRATEGY_SUPERSEDED", second);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect([activeOf(), activeOf(second), activeOf(third)]).toEqual([V2, V2, V2]);
    await writeFile(join(other, "strategies.yaml"), strategiesText(V2!, [SHOES_BY_COST]));
    await until(async () => (await second.ready()).warnings.length === 0);
  });

  it("tell subscribers once of a file that they all refuse", async () => {
    await world.save(strategiesText(V1, [LAMPS]));
    server = await world.start();
    const second = await world.start();
    await world.save(strategiesText(V2, [LAMPS.replace("price-by-stock", "price-by-luck")]));
    await Promise.all([warns("STRATEGY_UNKNOWN_RULE"), warns("STRATEGY_UNKNOWN_RULE", second)]);
    const events = await until(async () => {
      const found = await world.listEvents();
      return found.length > 1 && found;
    });
    expect(events).toEqual([
      { type: "strategies.activated", data: { version: V1, cause: "folder" } },
      {
        type: "strategies.refused",
        data: { version: V2, code: "STRATEGY_UNKNOWN_RULE", at: "strategies[0].rule" },
      },
    ]);
  });
});
