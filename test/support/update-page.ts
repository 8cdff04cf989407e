// The page of the golden updates: fetches the cases, runs each over an IndexedDB of its own, posts what became of them.

import { cdnSource, indexedDbStore } from "@haggle/sdk/trust";
import { directly, type Outcome, runUpdateCase, type Transport } from "./run-update-cases.ts";
import type { UpdateCase } from "./update-cases.ts";

/** Blobs in base64, as they cross in JSON. */
export type UpdatePageInput = { cases: UpdateCase[]; blobs: Record<string, string> };

const isOverHttp = new URL(location.href).searchParams.get("over") === "http";

/** From the server that the page comes from, which is told what it has. */
const HTTP: Transport = {
  source: cdnSource(location.origin),
  async show(tree) {
    await fetch("/show", { method: "POST", body: JSON.stringify(tree) });
  },
};

try {
  const { cases, blobs } = (await (await fetch("/input.json")).json()) as UpdatePageInput;
  const bytes = new Map(Object.entries(blobs).map(([digest, text]) => [digest, bytesOf(text)]));
  const outcomes: Outcome[] = [];
  for (const [index, one] of cases.entries()) {
    const store = indexedDbStore({ name: `case-${index}`, channel: "stable" });
    outcomes.push(await runUpdateCase(one, bytes, store, isOverHttp ? HTTP : directly(bytes)));
  }
  await post(JSON.stringify(outcomes));
} catch (error) {
  await post(JSON.stringify(`error ${error instanceof Error ? error.stack : error}`));
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

async function post(body: string): Promise<void> {
  await fetch("/posted/outcomes", { method: "POST", body });
}
