import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, it } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { ATTACKS } from "../support/cdn-attacks.ts";
import {
  attack,
  browserClient,
  type CdnClient,
  clientPages,
  expectedLooks,
  nodeClient,
} from "../support/cdn-clients.ts";
import { everyNth, runInBrowser, runInNode } from "../support/faults/http-updates.ts";
import { tell } from "../support/faults/tell.ts";
import { type HostileCdn, serveHostileCdn } from "../support/hostile-cdn.ts";

// A CDN in somebody else's hands: every attack and every golden update, over HTTP, on both hosts. The slow attacks too.

describe("a hostile CDN against", () => {
  it("Node: attacks", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "haggle-cdn-"));
    try {
      tell(
        context,
        ATTACKS.length,
        await attackAll((cdn, index) => nodeClient(cdn, join(folder, `${index}.json`))),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("Chromium: attacks", async (context) => {
    const browser = await launchBrowser();
    try {
      tell(
        context,
        ATTACKS.length,
        await attackAll((cdn, index) => browserClient(browser, cdn, `attack-${index}`)),
      );
    } finally {
      await browser.close();
    }
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

/** Names of the attacks that came to something else. */
async function attackAll(
  connect: (cdn: HostileCdn, index: number) => CdnClient | Promise<CdnClient>,
): Promise<string[]> {
  const cdn = await serveHostileCdn({ pages: await clientPages() });
  try {
    const wrong: string[] = [];
    for (const [index, one] of ATTACKS.entries()) {
      const client = await connect(cdn, index);
      if (!isDeepStrictEqual(await attack(cdn, client, one), expectedLooks(one))) wrong.push(one.name);
      await client.close();
    }
    return wrong;
  } finally {
    await cdn.close();
  }
}
