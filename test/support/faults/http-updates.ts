// The golden updates over HTTP: whatever a source can say, it says through a web server.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { encodeBase64 } from "@haggle/abi";
import { fileStore } from "@haggle/sdk/node";
import { cdnSource, pathOf } from "@haggle/sdk/trust";
import { launchBrowser } from "../browser.ts";
import { bundle, PAGE } from "../cdn-clients.ts";
import { serveHostileCdn } from "../hostile-cdn.ts";
import { expectedOutcome, readUpdateVectors } from "../read-update-vectors.ts";
import { type Outcome, runUpdateCase } from "../run-update-cases.ts";
import type { Expected, Refusal, UpdateCase } from "../update-cases.ts";
import type { UpdatePageInput } from "../update-page.ts";

const { cases: all, blobs } = readUpdateVectors();

/** Every nth of the cases, one of each at least. */
export function everyNth(step: number): UpdateCase[] {
  return all.filter((_, index) => index % step === 0);
}

/** Names of the cases that came to something else, over files. */
export async function runInNode(cases: readonly UpdateCase[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "haggle-updates-"));
  const cdn = await serveHostileCdn();
  try {
    const wrong: string[] = [];
    const show = (tree: Readonly<Record<string, string>>) => cdn.show(filesOf(tree));
    for (const [index, one] of cases.entries()) {
      const store = fileStore(join(folder, `${index}.json`));
      const outcome = await runUpdateCase(one, blobs, store, { source: cdnSource(cdn.url), show });
      if (!isDeepStrictEqual(outcome, overHttp(one))) wrong.push(nameOf(one));
    }
    return wrong;
  } finally {
    await cdn.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same in a page, over IndexedDB. */
export async function runInBrowser(cases: UpdateCase[]): Promise<string[]> {
  const input: UpdatePageInput = {
    cases,
    blobs: Object.fromEntries([...blobs].map(([digest, bytes]) => [digest, encodeBase64(bytes)])),
  };
  const pages = {
    "/": { type: "text/html", body: PAGE },
    "/page.js": {
      type: "text/javascript",
      body: await bundle(new URL("../update-page.ts", import.meta.url)),
    },
    "/input.json": { type: "application/json", body: JSON.stringify(input) },
  };
  const outcomes = Promise.withResolvers<Outcome[] | string>();
  const cdn = await serveHostileCdn({
    pages,
    onPost(path, body) {
      if (path === "/show") cdn.show(filesOf(JSON.parse(body) as Record<string, string>));
      else outcomes.resolve(JSON.parse(body) as Outcome[] | string);
    },
  });
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${cdn.url}/?over=http`);
    const got = await outcomes.promise;
    if (typeof got === "string") throw new Error(got);
    return cases.flatMap((one, index) =>
      isDeepStrictEqual(got[index], JSON.parse(JSON.stringify(overHttp(one)))) ? [] : [nameOf(one)],
    );
  } finally {
    await browser.close();
    await cdn.close();
  }
}

function filesOf(tree: Readonly<Record<string, string>>): Map<string, Uint8Array> {
  return new Map(Object.entries(tree).map(([path, digest]) => [path, blobs.get(digest)!]));
}

/** What is too large is not even read to its end, so that it is told of by its path. */
function overHttp(one: UpdateCase): Outcome {
  const outcome = expectedOutcome(one);
  return {
    ...outcome,
    steps: outcome.steps.map((step, index) => ({
      ...step,
      got: capped(step.got, one.steps[index]!.tree),
    })),
  };
}

function capped(expected: Expected, tree: Readonly<Record<string, string>>): Expected {
  if (!("refused" in expected)) return expected;
  const { code } = expected.refused;
  if (code === "DOCUMENT_TOO_LARGE")
    return { refused: tooLarge(pathOf({ kind: "channel", channel: "stable" })) };
  if (code !== "PROFILE_TOO_LARGE") return expected;
  return { refused: tooLarge(Object.keys(tree).find((path) => path.startsWith("bundles/"))!) };
}

function tooLarge(at: string): Refusal {
  return { code: "CLIENT_TOO_LARGE", at, alarm: false };
}

function nameOf({ group, name }: UpdateCase): string {
  return `${group}: ${name}`;
}
