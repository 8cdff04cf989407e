// The page of the parity proof: fetches what to price, posts what it came to, or why it did not.

import { type ParityInput, priceCarts } from "./parity-host.ts";

try {
  const input = (await (await fetch("/input.json")).json()) as ParityInput;
  await post((await priceCarts(input)).join("\n"));
} catch (error) {
  await post(`error ${error instanceof Error ? error.stack : error}`);
}

async function post(body: string): Promise<void> {
  await fetch(`/posted/${new URL(location.href).searchParams.get("host")}`, { method: "POST", body });
}
