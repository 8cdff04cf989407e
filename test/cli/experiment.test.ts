import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, runCli } from "../support/cli.ts";
import { createExperimentWorld, type ExperimentWorld, SHOES_EXPERIMENT } from "../support/experiment-shop.ts";
import type { TestServer } from "../support/server.ts";

// What somebody types who runs an experiment.

let world: ExperimentWorld;
let server: TestServer;

beforeAll(async () => {
  world = await createExperimentWorld();
  server = await world.start();
});
afterAll(() => world.close());

function haggle(...args: string[]): Promise<CliResult> {
  const env = { HAGGLE_DATA: world.shop.dataFolder, HAGGLE_URL: server.url };
  return runCli(["experiment", ...args], { cwd: world.shop.dataFolder, env });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await haggle(...args);
  expect([code, err], args.join(" ")).toEqual([0, ""]);
  return out;
}

const write = (name: string, content: unknown) =>
  writeFile(
    join(world.shop.dataFolder, name),
    typeof content === "string" ? content : JSON.stringify(content),
  );

const { channel: _channel, key: _key, ...FIELDS } = SHOES_EXPERIMENT;

describe("haggle experiment", () => {
  it("drafts, starts, previews, changes and ends one", async () => {
    expect(await succeed("list")).toBe("no experiment yet\n");
    await write("shoes.json", SHOES_EXPERIMENT);
    const line = "shoes stable: draft, phase 1, customers: control 50 %, b 50 %\n";
    expect(await succeed("create", "shoes.json")).toBe(`${line}  revision 1\n`);
    expect(await succeed("list")).toBe(line);
    expect(await succeed("start", "shoes", "--reason", "summer")).toContain("shoes stable: running, phase 1");
    expect(await succeed("show", "shoes")).toMatch(/running[\s\S]*started \d{4}-/);
    await write("less.json", { ...FIELDS, coverage: 0.5 });
    await write("units.txt", "a\nb\n");
    const preview = await succeed("preview", "shoes", "less.json", "--units", "units.txt");
    expect(preview).toMatch(/^phase 1: 5\d?\.?\d* % of units move; say --confirm \(variants\)\n/);
    expect(preview).toMatch(/ {2}control -> none: 2\d\.?\d* %\n/);
    expect(preview).toMatch(/ {2}a: (stays in|control -> none|b -> none)/);
    const refused = await haggle("change", "shoes", "less.json");
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("SERVER_EXPERIMENT_MOVES")]);
    expect(await succeed("change", "shoes", "less.json", "--confirm")).toContain("control 25 %, b 25 %");
    expect(await succeed("change", "shoes", "less.json", "--new-phase")).toContain("running, phase 2");
    expect(await succeed("pause", "shoes")).toContain("paused");
    expect(await succeed("resume", "shoes")).toContain("running");
    expect(JSON.parse(await succeed("end", "shoes", "--json"))).toMatchObject({ state: "ended", phase: 2 });
  });

  it("tells warnings, and mistakes by their code", async () => {
    await write("hats.json", { ...SHOES_EXPERIMENT, key: "hats" });
    await succeed("create", "hats.json");
    expect(await succeed("start", "hats")).toContain("warning EXPERIMENT_UNUSED_VARIANT at variants[1] (b)");
    await write("list.json", "[]");
    await write("torn.json", "{");
    const mistakes: [string[], string][] = [
      [["create", "list.json"], "CLI_USAGE"],
      [["create", "torn.json"], "CLI_NOT_JSON"],
      [["create", "nothing.json"], "CLI_FILE"],
      [["show", "nothing"], "SERVER_UNKNOWN_EXPERIMENT"],
      [["change", "hats"], "CLI_USAGE"],
      [["fly", "hats"], "CLI_USAGE"],
    ];
    for (const [args, code] of mistakes) {
      const { code: status, err } = await haggle(...args);
      expect([args, status === 0, err]).toEqual([args, false, expect.stringContaining(code)]);
    }
  });
});
