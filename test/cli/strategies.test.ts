import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isWholeStrategies } from "@haggle/abi";
import { stampStrategies } from "@haggle/sdk/pricing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, createTemporaryFolder, runCli } from "../support/cli.ts";
import { HALVES } from "../support/experiment-events.ts";
import { until } from "../support/server.ts";
import {
  createStrategyWorld,
  LAMPS,
  readPricingRules,
  SHOES_BY_COST,
  type StrategyWorld,
  strategiesText,
} from "../support/strategies.ts";

// `haggle strategies`, as people type it: against a project, and against a server.

const DAY = Date.UTC(2026, 10, 22);
const [V1, V2] = ["v2026.11.20-a", "v2026.11.21-b"] as const;

describe("a stamp", () => {
  it("is another one for another content only, and stands in both places", async () => {
    const first = await stampStrategies(strategiesText(V1, [LAMPS]), DAY);
    expect(first.version).toMatch(/^v2026\.11\.22-[0-9a-f]{8}$/);
    expect(first.text).toBe(strategiesText(first.version, [LAMPS]));
    expect(await stampStrategies(first.text, DAY + 86_400_000)).toEqual(first);
    const second = await stampStrategies(first.text.replace("few: 5", "few: 6"), DAY);
    expect(second.version).not.toBe(first.version);
    expect(await stampStrategies(second.text.replace("few: 6", "few: 5"), DAY)).toEqual(first);
  });

  it("leaves comments where they are", async () => {
    const texts = [V1, V2].map((version) =>
      strategiesText(version, [LAMPS], `end: ${version} # whole\n# behind it\n`)
        .replace(/^version.*$/m, "# before it\n$& \t# of Friday's")
        .replace("rule:", "# why\n    rule:"),
    );
    const [first, second] = await Promise.all(texts.map((text) => stampStrategies(text, DAY)));
    expect(first!.text).toBe(texts[0]!.replaceAll(V1, first!.version));
    expect(second).toEqual(first);
    expect(await stampStrategies(first!.text, DAY + 86_400_000)).toEqual(first);
    expect(isWholeStrategies(first!.text)).toBe(true);
  });

  it("mends what is torn", async () => {
    const { version } = await stampStrategies(strategiesText(V1, [LAMPS]), DAY);
    const without = strategiesText(V1, [LAMPS], "").replace(/^version.*\n/, "");
    expect((await stampStrategies(without, DAY)).text).toContain("strategies:\n  - id: lamps");
    const other = await stampStrategies(strategiesText(V1, [LAMPS], "end: v2026.11.20-b\n"), DAY);
    expect(other.text).toBe(strategiesText(version, [LAMPS]));
    const windows = await stampStrategies(without.replaceAll("\n", "\r\n"), DAY);
    expect(windows.text.replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    await expect(stampStrategies("a: 1\n", DAY)).rejects.toMatchObject({ code: "STRATEGY_BAD_FIELD" });
  });

  it("comes on a file of eighty thousand blanks as soon as on any other", async () => {
    // Whoever tries each blank again for each blank before it is not done within this test.
    const blanks = " \t".repeat(40_000);
    const hostile = strategiesText(V1, [LAMPS], `end:${blanks}x${blanks}\n`).replace(
      /^version:.*$/m,
      () => `version:${blanks}x${blanks}#${blanks}.`,
    );
    const { text, version } = await stampStrategies(hostile, DAY);
    expect(text.startsWith(`version: ${version}${blanks}#${blanks}.\n`)).toBe(true);
    expect(text.endsWith(`\nend: ${version}${blanks}\n`)).toBe(true);
  });
});

describe("the verb", () => {
  let space: Awaited<ReturnType<typeof createTemporaryFolder>>;
  let world: StrategyWorld;
  let url: string;
  let haggle: (...args: string[]) => Promise<CliResult>;

  beforeAll(async () => {
    world = await createStrategyWorld();
    await world.save(strategiesText(V1, [LAMPS]));
    url = (await world.start()).url;
    space = await createTemporaryFolder();
    haggle = (...args) => runCli(["strategies", ...args], { cwd: space.path });
    const project = join(space.path, "shop");
    for (const [path, text] of Object.entries(await readPricingRules(["price-by-stock", "cost-plus"]))) {
      await mkdir(join(project, "rules"), { recursive: true });
      await writeFile(join(project, path), text);
    }
    await writeFile(join(space.path, "right.yaml"), strategiesText(V2, [SHOES_BY_COST, LAMPS]));
    await writeFile(join(space.path, "wrong.yaml"), strategiesText(V2, [LAMPS.replace("raise", "rise")]));
  });
  afterAll(async () => {
    await world?.close();
    await space?.remove();
  });

  it("checks a file for a project and for a server, with the same words", async () => {
    const key = ["--url", url, "--key-file", join(world.shop.dataFolder, "admin.key")];
    for (const place of [["--project", "shop"], key]) {
      expect(await haggle("check", "right.yaml", ...place)).toMatchObject({
        code: 0,
        out: `${V2} is right\n`,
      });
      const { code, err } = await haggle("check", "wrong.yaml", ...place);
      expect(code).toBe(1);
      expect(err).toContain('wrong.yaml:6:27 PROMOTION_UNKNOWN_PARAMETER The rule has no parameter "rise"');
      expect(err).toContain('did you mean "raise"?');
    }
  });

  it("sends, lists, compares, pins and brings back", async () => {
    const key = ["--url", url, "--key-file", join(world.shop.dataFolder, "admin.key")];
    expect((await haggle("put", "right.yaml", ...key)).out).toBe(`${V2} is in force\n`);
    expect((await haggle("diff", V1, ...key)).out).toBe(`${V2} -> ${V1}\n- shoes\n`);
    expect((await haggle("rollback", "--reason", "too dear", ...key)).out).toBe(`${V1} is in force\n`);
    expect((await haggle("pin", ...key)).out).toBe(`${V1} is in force, pinned\n`);
    await world.replace(strategiesText("v2026.11.23-d", []));
    await until(async () => (await haggle("list", ...key)).out.includes("v2026.11.23-d waits"));
    expect((await haggle("unpin", ...key)).out).toBe("v2026.11.23-d is in force\n");
    const wrong = await haggle("put", "wrong.yaml", ...key);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("PROMOTION_UNKNOWN_PARAMETER")]);
  });

  it("drafts a file of the winner over skus, which is sent like any other", async () => {
    const key = ["--url", url, "--key-file", join(world.shop.dataFolder, "admin.key")];
    const experiment = (...args: string[]) => runCli(["experiment", ...args, ...key], { cwd: space.path });
    const fields = { channel: "stable", key: "lamp-price", unit: "sku", variants: HALVES };
    await writeFile(join(space.path, "lamp-price.json"), JSON.stringify(fields));
    expect((await experiment("create", "lamp-price.json")).code).toBe(0);
    expect((await experiment("start", "lamp-price")).code).toBe(0);
    const varied = `${LAMPS}\nexperiment: { key: lamp-price, variants: { b: { raise: "20" } } }`;
    await writeFile(
      join(space.path, "varied.yaml"),
      strategiesText("v2026.11.24-e", [varied, SHOES_BY_COST]),
    );
    expect((await haggle("put", "varied.yaml", ...key)).code).toBe(0);
    const draft = await experiment("draft", "lamp-price", "--winner", "b", "--out", "draft");
    expect([draft.code, draft.err]).toEqual([0, ""]);
    const [, version] = /strategies (\S+) follow from it, for their authors to save or send\n/.exec(
      draft.out,
    )!;
    expect(draft.out).toContain(
      `strategies ${version} after v2026.11.24-e, not in force yet\n  ~ strategy lamps\n`,
    );
    const again = await experiment("draft", "lamp-price", "--out", "draft");
    expect([again.code, again.err]).toEqual([2, expect.stringContaining("There is a draft already")]);
    expect((await haggle("list", ...key)).out).toContain("v2026.11.24-e is in force\n");
    const [command] = /haggle strategies put \S+/.exec(draft.out)!;
    const sent = await haggle(...command.split(" ").slice(2), ...key);
    expect([sent.out, sent.err]).toEqual([`${version} is in force\n`, ""]);
    const { changed } = JSON.parse(
      (await haggle("diff", version!, "--from", "v2026.11.24-e", "--json", ...key)).out,
    );
    expect(changed).toMatchObject([
      { id: "lamps", field: "experiment" },
      { id: "lamps", field: "parameters.raise", before: "10", after: "20" },
    ]);
  });

  it("stamps a file", async () => {
    const file = join(space.path, "stamped.yaml");
    await writeFile(file, strategiesText(V1, [LAMPS]));
    const { out } = await haggle("stamp", "stamped.yaml");
    expect(await readFile(file, "utf8")).toBe(strategiesText(out.trim(), [LAMPS]));
  });
});
