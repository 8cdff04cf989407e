// Clients in a process of their own, at an address of their own, as shoppers have it: a server gives one address only so many
// streams. Beside each client there is a listener to a bare server's events, if there is such a server.
//
//   COUNT ADDRESS HAGGLE_URL ROOT_FILE [BARE_URL]

import { readFile } from "node:fs/promises";
import { createHaggle, type Haggle } from "@haggle/sdk/client";
import { openEventStream } from "../../sdk/src/trust/event-stream.ts";
import { makeCart } from "../support/release.ts";
import { until } from "../support/server.ts";
import { now } from "./rollout-processes.ts";

/** When the last of them knew that its release is withdrawn, or is no longer, or had heard the bare event. */
export type FromClients = { is: "ready" } | { is: "withdrawn" | "back" | "heard"; at: number };

const [count, address, url, rootFile, bareUrl] = process.argv.slice(2) as [string, ...string[]];
const root = await readFile(rootFile!);
const wanted = Number(count);

const systemFetch = globalThis.fetch;
globalThis.fetch = (input, init) =>
  systemFetch(input, { ...init, headers: { ...init?.headers, "x-forwarded-for": address! } });

const clients: Haggle[] = [];
let withdrawn = 0;
for (let i = 0; i < wanted; i++) {
  let was = false;
  const client = createHaggle({ url: url!, root, context: { bucket: 0 }, pollMs: 600_000 });
  client.on("update", ({ withdrawn: is }: { withdrawn: boolean }) => {
    if (is === was) return;
    was = is;
    withdrawn += is ? 1 : -1;
    if (withdrawn === (is ? wanted : 0)) tellChange(is);
  });
  clients.push(client);
}
await Promise.all(clients.map((client) => client.ready()));

let heard = 0;
const streams = (bareUrl === undefined ? [] : clients).map(() =>
  openEventStream(`${bareUrl}/events`, {
    onEvent: () => {
      heard += 1;
      if (heard % wanted === 0) tell({ is: "heard", at: now() });
    },
    onLost: () => {},
  }),
);
await until(() => streams.every(({ isOpen }) => isOpen));
process.on("disconnect", () => process.exit(0));
tell({ is: "ready" });

/** Looks first whether it is true of what they price. */
function tellChange(isWithdrawn: boolean): void {
  const at = now();
  for (const client of clients) {
    const decision = client.evaluate(makeCart());
    const isRefused = !decision.ok && decision.error.code === "ENGINE_RELEASE_OFF";
    if (isRefused !== isWithdrawn) throw new Error("a client prices otherwise than it says");
  }
  tell({ is: isWithdrawn ? "withdrawn" : "back", at });
}

function tell(message: FromClients): void {
  process.send!(message);
}
