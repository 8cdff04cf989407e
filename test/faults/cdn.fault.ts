import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, it } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { ATTACKS, BRAKES } from "../support/cdn-attacks.ts";
import {
  attack,
  brake,
  brakedLooks,
  browserClient,
  type CdnClient,
  clientPages,
  expectedLooks,
  type Look,
  nodeClient,
} from "../support/cdn-clients.ts";
import { everyNth, runInBrowser, runInNode } from "../support/faults/http-updates.ts";
import { tell } from "../support/faults/tell.ts";
import { type HostileCdn, serveHostileCdn } from "../support/hostile-cdn.ts";

// A CDN in somebody else's hands: every attack, every emergency stop and every golden update,
// over HTTP, on both hosts. The slow attacks too.

describe("a hostile CDN against", () => {
  it("Node: attacks", async (context) => {
    tell(context, ATTACKS.length, await inNode(ATTACK_RUNS));
  });

  it("Chromium: attacks", async (context) => {
    tell(context, ATTACKS.length, await inBrowser(ATTACK_RUNS));
  });

  it("Node: emergency stops", async (context) => {
    tell(context, BRAKES.length, await inNode(BRAKE_RUNS));
  });

  it("Chromium: emergency stops", async (context) => {
    tell(context, BRAKES.length, await inBrowser(BRAKE_RUNS));
  });

  it("Node: golden updates", async (context) => {
    const cases = everyNth(1);
    tell(context, cases.length, await runInNode(cases));
  });

  it("Chromium: golden updates", async (context) => {
    const cases = everyNth(1);
    tell(context, cases.length, await runInBrowser(cases));
  });
});

type Run = { name: string; look(cdn: HostileCdn, client: CdnClient): Promise<Look[]>; expected: Look[] };

const ATTACK_RUNS: readonly Run[] = ATTACKS.map((one) => ({
  name: one.name,
  look: (cdn, client) => attack(cdn, client, one),
  expected: expectedLooks(one),
}));

const BRAKE_RUNS: readonly Run[] = BRAKES.map((one) => ({
  name: one.name,
  look: (cdn, client) => brake(cdn, client, one),
  expected: brakedLooks(one),
}));

async function inNode(runs: readonly Run[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-cdn-"));
  try {
    return await runAll(runs, (cdn, index) => nodeClient(cdn, join(folder, `${index}.json`)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function inBrowser(runs: readonly Run[]): Promise<string[]> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    return await runAll(runs, (cdn, index) => browserClient(page, cdn, `run-${index}`));
  } finally {
    await browser.close();
  }
}

/** Names of those that came to something else. */
async function runAll(
  runs: readonly Run[],
  connect: (cdn: HostileCdn, index: number) => CdnClient | Promise<CdnClient>,
): Promise<string[]> {
  const cdn = await serveHostileCdn({ pages: await clientPages() });
  try {
    const wrong: string[] = [];
    for (const [index, { name, look, expected }] of runs.entries()) {
      const client = await connect(cdn, index);
      if (!isDeepStrictEqual(await look(cdn, client), expected)) wrong.push(name);
    }
    return wrong;
  } finally {
    await cdn.close();
  }
}
