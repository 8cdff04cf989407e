import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Promotion } from "@haggle/abi";
import { encodeSecretKey } from "@haggle/sdk/sign";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, runCli } from "../support/cli.ts";
import { createEventWorld, type EventWorld, type Told } from "../support/experiment-events.ts";
import { makeCart, makeLine, testSigner } from "../support/release.ts";
import { until } from "../support/server.ts";

// What somebody types who wants to know what an experiment has come to, and to keep its winner.

const KEY = "experiment-1";
const segments = (match: object) => ({ kind: "segments", match }) as NonNullable<Promotion["conditions"]>[0];
const PROMOTIONS: Promotion[] = [
  {
    id: "spend",
    priority: 5,
    effects: [{ target: "order", amount: 1_000 }],
    conditions: [segments({ none: [`experiment:${KEY}=b`] })],
  },
  {
    id: "spend~b",
    priority: 5,
    effects: [{ target: "order", amount: 2_500 }],
    conditions: [segments({ any: [`experiment:${KEY}=b`] })],
  },
];

let world: EventWorld;
let folder: string;

beforeAll(async () => {
  world = await createEventWorld((shop) => shop.publish({ release: { promotions: PROMOTIONS } }));
  expect(await world.run()).toBe(KEY);
  folder = join(world.shop.dataFolder, "work");
  await mkdir(folder);
  await writeFile(join(folder, "author.sk"), encodeSecretKey(await seedOf(1)));
});
afterAll(() => world.close());

async function seedOf(number: number): Promise<{ seed: Uint8Array; publicKey: Uint8Array }> {
  const { publicKey } = await testSigner(number);
  return { seed: new Uint8Array(32).fill(number), publicKey };
}

function haggle(...args: string[]): Promise<CliResult> {
  const env = { HAGGLE_DATA: world.shop.dataFolder, HAGGLE_URL: world.server.url };
  return runCli(args, { cwd: folder, env });
}

async function succeed(...args: string[]): Promise<string> {
  const { code, out, err } = await haggle(...args);
  expect([code, err], args.join(" ")).toEqual([0, ""]);
  return out;
}

const many = (count: number, make: (n: number) => Told): Told[] =>
  Array.from({ length: count }, (_, n) => make(n));

describe("haggle experiment results", () => {
  it("prints figures with their intervals as bars, and --json what the server says", async () => {
    const empty = await succeed("experiment", "results", KEY);
    expect(empty).toMatch(/^experiment-1 stable: running, phase 1, since \d{4}-/);
    expect(empty).toMatch(/\n {2}control +0 +0 +0 %\n/);
    for (const variant of ["control", "b"]) {
      const exposures = many(100, (n) => ({ type: "exposure", unit: `${variant}-${n}`, variant }));
      const orders = many(
        variant === "b" ? 51 : 49,
        (n): Told => ({
          type: "outcome",
          unit: `${variant}-${n}`,
          variant,
          metric: "revenue",
          currency: "EUR",
          valueMinor: 1_000 + n,
          discountMinor: 100,
        }),
      );
      const other: Told = { type: "outcome", unit: `${variant}-0`, variant, metric: "add-to-cart" };
      await world.tell(KEY, [...exposures, ...orders, other]);
    }
    await world.tell(KEY, [
      { type: "outcome", unit: "nobody", variant: "b" },
      ...["b", "control"].map((variant): Told => ({ type: "exposure", unit: "both", variant })),
    ]);
    const text = await succeed("experiment", "results", KEY);
    expect(text).toMatch(/\n {2}b +100 +51 +51 %\n/);
    expect(text).toMatch(/\nEUR, minor units\n/);
    expect(text).toMatch(/\n {2}b +51 +522.8 +- +100 +1025 +1045 +1049.5\n/);
    expect(text).toMatch(
      /\n {2}b conversions: \+4.08 %, 95 % at every look -\d+\.?\d* % to \+\d+\.?\d* %, p 1\n/,
    );
    expect(text).toMatch(/\n +-\d+\.?\d* % +─+━+│━*●━+─+ *\+\d+/);
    expect(text).toMatch(/better with 61\.\d %, expected loss 3\.9 %\n/);
    expect(text).toMatch(
      /not counted: 1 units that saw several variants, 1 outcomes of units that had not seen the variant\n {2}both saw b, control\n$/,
    );
    for (const line of text.split("\n")) expect(line.length).toBeLessThan(125);
    const json = JSON.parse(await succeed("experiment", "results", KEY, "--json"));
    expect(json).toMatchObject({ experiment: KEY, variants: [{ units: 100 }, { conversions: 51 }] });
  });

  it("warns aloud where units got lost", async () => {
    const key = await world.run();
    await world.tell(
      key,
      many(10, (n) => ({ type: "exposure", unit: `c${n}`, variant: "control" })),
    );
    await world.tell(
      key,
      many(90, (n) => ({ type: "exposure", unit: `b${n}`, variant: "b" })),
    );
    expect(await succeed("experiment", "results", key)).toMatch(/\nALARM: .*p < 1e-15|\nALARM: .*p \d/);
  });
});

describe("haggle experiment draft", () => {
  it("says of a winner over skus that no strategy names that nothing follows", async () => {
    const key = await world.run({ unit: "sku" });
    const text = await succeed("experiment", "draft", key, "--winner", "b");
    expect(text).toMatch(/: b wins, ended; no strategy in force names it, so nothing follows\n$/);
  });

  it("drafts the winner's release, which its authors sign and publish", async () => {
    const early = await haggle("experiment", "draft", KEY);
    expect([early.code, early.err]).toEqual([1, expect.stringContaining("SERVER_NO_WINNER")]);
    const text = await succeed(
      "experiment",
      "draft",
      KEY,
      "--winner",
      "b",
      "--out",
      "draft",
      "--reason",
      "it sells",
    );
    expect(text).toMatch(/^experiment-1: b wins, ended; release 2 follows from it/);
    expect(text).toMatch(/ {2}- promotion spend~b\n {2}~ promotion spend: /);
    expect(text).toMatch(/haggle release sign draft --key FILE\n$/);
    const again = await haggle("experiment", "draft", KEY, "--out", "draft");
    expect([again.code, again.err]).toEqual([2, expect.stringContaining("There is a draft already")]);
    expect(await succeed("experiment", "draft", KEY)).toMatch(
      /^experiment-1: b wins, ended; release 2 follows/,
    );

    const unsigned = await haggle("release", "verify", "draft", "--root", "draft/root.json");
    expect([unsigned.code, unsigned.err]).toEqual([1, expect.stringContaining("DOCUMENT_UNSIGNED")]);
    await succeed("release", "sign", "draft", "--key", "author.sk", "--yes");
    await succeed("release", "verify", "draft", "--root", "draft/root.json");
    await succeed("publish", "draft", "--everybody", "--reason", "it sells");
    const cart = makeCart({ lines: [makeLine({ quantity: 1, unitPrice: 26_000 })] });
    const total = await until(async () => {
      const priced = await (await world.server.post("/v1/evaluations", cart)).json();
      return priced.total !== 25_000 && priced.total;
    });
    expect(total).toBe(26_000 - 2_500);
  });
});
