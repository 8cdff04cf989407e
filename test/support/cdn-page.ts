// A page that is connected to the CDN it comes from, at times that the test says.

import { createHaggle } from "@haggle/sdk/client";
import { indexedDbStore } from "@haggle/sdk/trust";

const name = new URL(location.href).searchParams.get("name")!;
const root = await (await fetch("/pinned.json")).text();

let now = 0;
Date.now = () => now;

type Told = { code: string; alarm: boolean };

let told: Told | undefined;
let client: ReturnType<typeof createHaggle> | undefined;

async function look(clock: number) {
  now = clock;
  told = undefined;
  if (client === undefined) {
    client = createHaggle({
      cdn: location.origin,
      root,
      store: indexedDbStore({ name, channel: "stable" }),
      // Only when the test says so.
      pollMs: 2 ** 31 - 1,
    });
    client.on("error", ({ code }, alarm) => {
      told ??= { code, alarm };
    });
    await client.ready().catch(() => {});
  } else {
    await client.refresh().catch(() => {});
  }
  const { state } = client;
  // The callback has set it meanwhile, which the compiler does not see.
  const refused = told as Told | undefined;
  return {
    ...(refused && { refused }),
    live: state
      ? {
          channel: state.version,
          release: state.release,
          ...(state.withdrawn && { withdrawn: true }),
        }
      : null,
  };
}

/** With what the newest look came to. */
const price = (cart: unknown) => client?.evaluate(cart);

Object.assign(globalThis, { look, price });
