// From bytes to the first price in a process that never saw them: everything verified, against nothing but compiling,
// instantiating and calling the same bundle. Both children have loaded their JavaScript before the clock starts.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CART, encodeCart, MEMORY_BYTES } from "@haggle/abi";
import { generateCart } from "../support/carts.ts";
import { bundleSdk } from "./bundled-sdk.ts";
import { median } from "./measure.ts";
import { type Row, withGoal } from "./row.ts";
import { MOST_RULES, makeRules } from "./rules.ts";
import type { BenchOptions } from "./run.ts";
import { createShop } from "./shop.ts";

type Run = { wallMs: number; cpuMs: number; total: number };

const CHILD = fileURLToPath(new URL("cold-child.ts", import.meta.url));
const LINES = 10;

export async function* cold({ quick }: BenchOptions): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-cold-"));
  try {
    await writeFiles(folder);
    const bare: Run[] = [];
    const verified: Run[] = [];
    for (let run = 0; run < (quick ? 5 : 21); run++) {
      bare.push(await runChild("bare", folder));
      verified.push(await runChild("verified", folder));
    }
    if (new Set([...bare, ...verified].map(({ total }) => total)).size !== 1) {
      throw new Error("the cold children price differently");
    }
    for (const measured of ["cpuMs", "wallMs"] as const) {
      for (const [subject, runs] of [
        ["compile, instantiate, run", bare],
        ["createEngine, evaluate", verified],
      ] as const) {
        const row: Row = {
          ...{
            bench: "cold",
            case: `${MOST_RULES} rules, ${measured === "cpuMs" ? "CPU" : "wall"}`,
            subject,
          },
          ...{ value: median(runs.map((run) => run[measured])), unit: "ms" },
          ratio: median(runs.map((run, i) => run[measured] / bare[i]![measured])),
          against: "compile, instantiate, run",
        };
        yield withGoal(row, runs === verified ? { atMost: 4 } : undefined);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the children read before their clocks start. */
async function writeFiles(folder: string): Promise<void> {
  const { bundle, release, root, table, symbols } = await createShop(makeRules(MOST_RULES));
  const cart = generateCart(1, LINES);
  const memory = new Int32Array(MEMORY_BYTES / 4);
  const { length } = encodeCart(cart, memory, symbols, table.reads);
  const files = {
    ...{
      "bundle.wasm": bundle,
      "release.json": release,
      "root.json": root,
      "table.bin": new Uint8Array(table.words.buffer),
    },
    "cart.bin": new Uint8Array(memory.buffer, CART, length),
    "cart.json": JSON.stringify(cart),
    "sdk.mjs": await bundleSdk("node"),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

async function runChild(way: "bare" | "verified", folder: string): Promise<Run> {
  const args = ["--conditions=haggle-source", CHILD, way, folder];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}
