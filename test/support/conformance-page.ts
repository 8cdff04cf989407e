// The page of the conformance proof: fetches the cases, posts what they came to, or why they did not.

import { type ConformanceInput, priceCases } from "./conformance-host.ts";

try {
  const input = (await (await fetch("/input.json")).json()) as ConformanceInput;
  await post((await priceCases(input)).join("\n"));
} catch (error) {
  await post(`error ${error instanceof Error ? error.stack : error}`);
}

async function post(body: string): Promise<void> {
  await fetch("/posted/chromium", { method: "POST", body });
}
