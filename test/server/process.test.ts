import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { encodeSecretKey, signerFromSeed } from "@haggle/sdk/sign";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { childEnv } from "../support/child-env.ts";
import { createShop, SHOES, type Shop } from "../support/release.ts";
import { type Readiness, tenantOf, testDatabaseUrl, until } from "../support/server.ts";

// The real program in a process of its own: its settings, its address, its end.

/** Pino's number of it. */
const WARNING = 40;
const SERVER = dirname(createRequire(import.meta.url).resolve("@haggle/server/package.json"));

let shop: Shop;
let child: ChildProcess | undefined;

beforeEach(async () => {
  shop = await createShop();
  await shop.publish();
});

afterEach(async () => {
  if (child?.exitCode === null) child.kill("SIGKILL");
  await shop.remove();
});

type Program = { output(): string; errors(): string; exit: Promise<number | null> };

function start(env: Record<string, string>, { detached = false } = {}): Program {
  const started = spawn(process.execPath, ["--conditions=haggle-source", join(SERVER, "main.ts")], {
    env: { ...childEnv(), HAGGLE_DATA: shop.dataFolder, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached,
  });
  child = started;
  let output = "";
  let errors = "";
  started.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  started.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  // When all that it has said is read too.
  const exit = new Promise<number | null>((resolve) => started.once("close", resolve));
  return { output: () => output, errors: () => errors, exit };
}

/** Of a program that is not to bring a database of its own, as the others do: that takes it seconds. */
const beside = (): Record<string, string> => ({
  DATABASE_URL: testDatabaseUrl(),
  HAGGLE_TENANT: tenantOf(shop.dataFolder),
});

/** Of the database that a program without `DATABASE_URL` has: there as long as that runs. */
function postmasterFile(): string {
  return join(shop.dataFolder, "database/cluster/postmaster.pid");
}

function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the name in brackets: state, parent, group.
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
}

function linesOf(output: string): { level: number; msg: string }[] {
  const lines = output.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => JSON.parse(line));
}

function addressOf(program: Program): Promise<string> {
  return until(() => /Haggle listens on (\S+)/.exec(program.output())?.[1]);
}

describe("the server as a program", () => {
  it("prints its address and answers there", async () => {
    const url = await addressOf(start({}));
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  it.each([
    ["PORT", "eighty"],
    ["PORT", "70000"],
    ["PORT", "-1"],
    ["DRAIN_MS", "60000"],
    ["LOG_LEVEL", "loud"],
    ["HAGGLE_RENEW_PRICES", "yes"],
    ["HAGGLE_ROOT", "/nowhere/root.json"],
  ])("refuses %s=%s with a code and one line", async (name, value) => {
    const program = start({ [name]: value });
    expect(await program.exit).toBe(1);
    expect(program.errors()).toMatch(new RegExp(`^SERVER_BAD_CONFIG .*${name}.*"${value}"\\n$`));
  });

  it.each([
    "postgres://haggle:s3cret@127.0.0.1:none/shop",
    "postgres://haggle:s3c/re#t@127.0.0.1/shop",
    "postgres://haggle:s3cret@[/shop",
  ])("shows no password of %s, which is no address", async (url) => {
    const program = start({ DATABASE_URL: url });
    expect(await program.exit).toBe(1);
    expect(program.errors()).toMatch(/^SERVER_BAD_CONFIG .*DATABASE_URL\n$/);
    expect(program.errors() + program.output()).not.toMatch(/s3c|re#t/);
  });

  it("says in one line that another program listens at its address, and ends", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const program = start({ ...beside(), PORT: String(port) });
      expect(await program.exit).toBe(1);
      expect(program.errors()).toMatch(
        new RegExp(`^SERVER_ADDRESS Another program .* set PORT .* at 127\\.0\\.0\\.1:${port}\\n$`),
      );
    } finally {
      other.close();
    }
  });

  it("remembers over kill -9 what it had accepted, and serves that", async () => {
    await shop.giveKey("channel");
    await shop.publish({ version: 3 });
    await addressOf(start({}));
    child!.kill("SIGKILL");
    await shop.publish({ version: 2, rules: [SHOES] });
    const url = await addressOf(start({}));
    const ready = (await (await fetch(`${url}/readyz`)).json()) as Readiness;
    expect(ready).toMatchObject({
      status: "ready",
      channel: { version: 3 },
      warnings: ["DOCUMENT_ROLLBACK"],
    });
  });

  it("takes the keys that its environment names, and shows none", async () => {
    const seed = new TextEncoder().encode("canary-canary-canary-canary-0002");
    const path = join(shop.dataFolder, "somewhere.sk");
    const { publicKey } = await signerFromSeed(seed);
    await writeFile(path, encodeSecretKey({ seed, publicKey }));
    const program = start({ ...beside(), HAGGLE_PRICES_KEY: `file:${path}`, LOG_LEVEL: "trace" });
    const url = await addressOf(program);
    const keys = await until(async () => {
      const { keys } = (await (await fetch(`${url}/readyz`)).json()) as Readiness;
      return keys.prices !== "opening" && keys;
    });
    expect(keys).toEqual({
      channel: "missing",
      prices: "notInRoot",
      receipt: "missing",
      audit: "missing",
    });
    await until(() => program.output().includes("SERVER_KEY_NOT_IN_ROOT"));
    const spoken = program.output() + program.errors();
    for (const spelling of [
      "canary",
      Buffer.from(seed).toString("hex"),
      Buffer.from(seed).toString("base64"),
    ]) {
      expect(spoken).not.toContain(spelling);
    }
  });

  it("ends by itself although a socket is open that never asks, as browsers open them ahead of need", async () => {
    const program = start(beside());
    const { hostname, port } = new URL(await addressOf(program));
    const silent = connect(Number(port), hostname);
    await new Promise((resolve) => silent.once("connect", resolve));
    child!.kill("SIGTERM");
    expect(await program.exit).toBe(0);
    silent.destroy();
  });

  it("takes its database with it on Ctrl-C, without a word of complaint", async () => {
    const program = start({ DATABASE_URL: "" }, { detached: true });
    await addressOf(program);
    // As a terminal does: to all of the group.
    process.kill(-child!.pid!, "SIGINT");
    expect(await program.exit).toBe(0);
    const lines = linesOf(program.output());
    const end = lines.slice(lines.findIndex(({ msg }) => msg === "draining"));
    expect(end.at(-1)).toMatchObject({ msg: "closed" });
    expect(end.filter(({ level }) => level >= WARNING)).toEqual([]);
    expect(existsSync(postmasterFile())).toBe(false);
  });

  it("lets its database end before it when both are told to, and does not start it again", async () => {
    const program = start({ DATABASE_URL: "", DRAIN_MS: "5000" }, { detached: true });
    await addressOf(program);
    const postmaster = Number.parseInt(readFileSync(postmasterFile(), "utf8"), 10);
    child!.kill("SIGINT");
    await until(() => program.output().includes('"draining"'));
    // All that belongs to it, the shell that looks after it too.
    process.kill(-groupOf(postmaster), "SIGINT");
    expect(await program.exit).toBe(0);
    const lines = linesOf(program.output());
    expect(lines.filter(({ msg }) => /database (?:ended$|does not|runs|is lost)/.test(msg))).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ msg: "closed" });
    expect(existsSync(postmasterFile())).toBe(false);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "drains on %s: not ready, connections end, exit 0",
    async (signal) => {
      // Once with a database of its own, which must outlast what is still answered.
      const program = start({ ...(signal === "SIGINT" && beside()), DRAIN_MS: "4000" });
      const url = await addressOf(program);
      const events = await fetch(`${url}/v1/channels/stable/events`);
      const agent = new Agent({ keepAlive: true });
      expect(await get(`${url}/readyz`, agent)).toMatchObject({ status: 200, connection: "keep-alive" });

      child!.kill(signal);
      await until(async () => (await get(`${url}/readyz`, agent)).status === 503);
      expect(await get(`${url}/readyz`, agent)).toMatchObject({ status: 503, connection: "close" });
      // Who comes in this window is still served.
      expect(await get(`${url}/v1/channels/stable`, agent)).toMatchObject({
        status: 200,
        connection: "close",
      });
      expect(await events.text()).toContain("event: channel");
      expect(await program.exit).toBe(0);
      agent.destroy();
    },
  );
});

function get(
  url: string,
  agent: Agent,
): Promise<{ status: number | undefined; connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      response.resume();
      response.once("end", () =>
        resolve({ status: response.statusCode, connection: response.headers.connection }),
      );
    })
      .once("error", reject)
      .end();
  });
}
