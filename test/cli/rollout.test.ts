import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, runCli } from "../support/cli.ts";
import { NOBODY } from "../support/free-port.ts";
import {
  createRolloutWorld,
  NO_GATES,
  operatorOf,
  type RolloutWorld,
  rolloutsOf,
} from "../support/rollout.ts";
import type { TestServer } from "../support/server.ts";

// What an operator types, against a server that has two releases.

let world: RolloutWorld;
let server: TestServer;
let rollouts: ReturnType<typeof rolloutsOf>;

beforeAll(async () => {
  world = await createRolloutWorld();
  server = await world.start();
  rollouts = rolloutsOf(world, server, await operatorOf(server, world.shop.dataFolder));
  await writeFile(join(world.shop.dataFolder, "gates.json"), JSON.stringify(NO_GATES));
});
afterEach(() => rollouts.rest());
afterAll(() => world.close());

/** With the key that the server has put into its data folder. */
function haggle(...args: string[]): Promise<CliResult> {
  const env = { HAGGLE_DATA: world.shop.dataFolder, HAGGLE_URL: server.url };
  return runCli(args, { cwd: world.shop.dataFolder, env });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await haggle(...args);
  expect(err, args.join(" ")).toBe("");
  expect(code, args.join(" ")).toBe(0);
  return out;
}

const start = (...more: string[]) =>
  succeed(
    "rollout",
    "start",
    world.to,
    "--steps",
    "20,50,100",
    "--soak",
    "1m",
    "--min-samples",
    "0",
    "--gates",
    "gates.json",
    ...more,
  );

describe("haggle rollout", () => {
  it("starts, tells, pauses, resumes and ends one", async () => {
    const started = await start("--reason", "spring");
    expect(started).toMatch(/^rol_\S+ stable: running, 20 % on \w{12}, the others on \w{12}, step 1 of 3\n/);
    expect(started).toContain("start: running at 20 %, by");
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(2_000));

    const paused = await succeed("rollout", "pause", "--reason", "lunch");
    expect(paused).toContain("stable: paused, 20 %");
    expect(paused).toContain("(lunch)");
    expect(await succeed("rollout", "resume")).toContain("stable: running, 20 %");
    expect(JSON.parse(await succeed("rollout", "status", "--json"))).toMatchObject({
      state: "running",
      to: world.to,
    });

    expect(await haggle("rollout", "promote")).toMatchObject({
      code: 2,
      err: expect.stringContaining("--reason"),
    });
    const silent = await haggle("rollout", "promote", "--reason", "a fix");
    expect(silent).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    expect(await succeed("rollout", "promote", "--reason", "a fix", "--yes")).toContain("completed, 100 %");
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(10_000));
    // None is under way: the list of those that were.
    expect(await succeed("rollout", "status")).toMatch(/^rol_\S+ stable: completed, 100 %/);
  });

  it("waits for a yes before the shares that want one, and stays to the end", async () => {
    const { id } = JSON.parse(await start("--approve-before", "50", "--json"));
    expect(await rollouts.next(id)).toMatchObject({ state: "awaiting_approval" });
    expect(await succeed("rollout", "approve", id, "--reason", "seen")).toContain("running");
    await rollouts.next(id);
    const watching = haggle("rollout", "status", id, "--watch");
    await succeed("rollout", "rollback", id, "--reason", "too dear");
    const { code, out } = await watching;
    expect(code).toBe(1);
    expect(out).toMatch(/rollback: rolled back at 0 %, by .* \(too dear\)\n$/);
    expect((await rollouts.readChannel()).arms).toEqual(rollouts.armsAt(0));
  });

  it("tells who would move", async () => {
    await writeFile(join(world.shop.dataFolder, "units.txt"), "customer-1\ncustomer-2\r\n\u001b[31mred\n");
    const out = await succeed("rollout", "preview", world.to, "--share", "12.5", "--units", "units.txt");
    expect(out).toMatch(/^stable at 12\.5 %: 12\.5 % of shoppers move, \w{12} to \w{12}\n/);
    expect(out).toContain("  customer-1: ");
    // What others have written moves no cursor.
    expect(out).not.toContain("\u001b");
    const all = JSON.parse(await succeed("rollout", "preview", world.to, "--share", "100", "--json"));
    expect(all).toMatchObject({ moved: 10_000, weightBp: 10_000 });
  });

  it.each([
    [["start"], "CLI_USAGE"],
    [["begin"], "CLI_USAGE"],
    [["start", "f".repeat(64), "--steps", "5,110"], "CLI_USAGE"],
    [["start", "f".repeat(64), "--steps", "5,100", "--approve-before", "6"], "CLI_USAGE"],
    [["start", "f".repeat(64), "--soak", "soon"], "CLI_USAGE"],
    [["preview", "f".repeat(64)], "CLI_USAGE"],
    [["start", "f".repeat(64)], "SERVER_UNKNOWN_RELEASE"],
    [["start", "missing.json"], "CLI_FILE"],
    [["pause"], "SERVER_UNKNOWN_ROLLOUT"],
    [["pause", "rol_nothing"], "SERVER_BAD_REQUEST"],
    [["status", "rol_AAAAAAAAAAAAAAAA"], "SERVER_UNKNOWN_ROLLOUT"],
  ])("refuses %j with %s", async (args, code) => {
    const { err, code: exit } = await haggle("rollout", ...args);
    expect(err).toMatch(new RegExp(`^${code} `));
    expect(exit).toBe(code === "CLI_USAGE" ? 2 : 1);
  });

  it("refuses steps that do not grow, with the server's place and value", async () => {
    const { err } = await haggle("rollout", "start", world.to, "--steps", "50,20,100");
    expect(err).toMatch(/^SERVER_ROLLOUT_STEPS .* at steps\[1\]\.weightBp, got 2000\n$/);
  });
});

describe("haggle kill at a server", () => {
  it("switches off and on again, and the channel says so", async () => {
    const args = ["kill", "promotion", "shoes-ten-percent"];
    expect(await haggle(...args)).toMatchObject({ code: 2, err: expect.stringContaining("--yes") });
    const out = await succeed(...args, "--reason", "a typo in the price", "--yes");
    expect(out).toMatch(/^promotion shoes-ten-percent is off: channel stable \d+ says so\n$/);
    expect((await rollouts.readChannel()).off.promotions).toEqual(["shoes-ten-percent"]);
    const on = JSON.parse(await succeed(...args, "--undo", "--yes", "--json"));
    expect(on).toMatchObject({ channel: "stable", off: { promotions: [], rules: [], releases: [] } });
  });

  it("ends the rollout of a release that it switches off", async () => {
    await start();
    await succeed("kill", "release", world.to, "--yes");
    const channel = await rollouts.readChannel();
    expect(channel).toMatchObject({ arms: rollouts.armsAt(0), off: { releases: [world.to] } });
  });

  it("tells what a misspelt name may have meant", async () => {
    const { code, err } = await haggle("kill", "rule", "shoe-ten-percent", "--yes");
    expect(code).toBe(1);
    expect(err).toMatch(/^SERVER_KILL_UNKNOWN .*shoes-ten-percent/);
  });
});

describe("a key", () => {
  it("comes from a file or the environment, and a wrong one is refused", async () => {
    await writeFile(join(world.shop.dataFolder, "wrong.key"), "hg_nobody\n");
    const wrong = await haggle("rollout", "status", "--key-file", "wrong.key");
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/^SERVER_UNAUTHORIZED /) });
    expect(wrong.err + wrong.out).not.toContain("hg_nobody");
    const cwd = world.shop.dataFolder;
    const without = await runCli(["rollout", "status", "--url", server.url], { cwd });
    expect(without.err).toMatch(/^SERVER_UNAUTHORIZED /);
    const missing = await haggle("rollout", "status", "--key-file", "none.key");
    expect(missing.err).toMatch(/^CLI_FILE /);
  });

  it("is sent to no other machine in the clear, and to no address that it was not meant for", async () => {
    const cwd = world.shop.dataFolder;
    const clear = await runCli(["rollout", "status", "--url", "http://192.0.2.1"], {
      cwd,
      env: { HAGGLE_KEY: "hg_x" },
    });
    expect(clear).toMatchObject({ code: 2, err: expect.stringContaining("https") });
    let keys = 0;
    const other = createServer((request, response) => {
      if (request.headers.authorization !== undefined) keys += 1;
      response.writeHead(307, { location: `${server.url}/v1/rollouts` }).end();
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { err } = await haggle("rollout", "status", "--url", url);
    expect(err).toMatch(/^CLIENT_NETWORK /);
    expect(keys).toBe(1);
    await new Promise((resolve) => other.close(resolve));
    expect((await haggle("rollout", "status", "--url", NOBODY)).err).toMatch(
      /^CLIENT_NETWORK .*does not answer/,
    );
    expect((await haggle("rollout", "status", "--url", "ftp://x")).code).toBe(2);
    expect((await haggle("rollout", "status", "--url", "http://user:secret@127.0.0.1")).err).not.toContain(
      "secret",
    );
  });
});
