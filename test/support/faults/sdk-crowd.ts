// Storefronts that follow a channel, in a process of their own and at an address of their own: a server gives one address
// only so many streams. They price all the time, and tell when one of them prices otherwise than it may.
//
//   COUNT ADDRESS URL ROOT_FILE

import { readFile } from "node:fs/promises";
import { createHaggle, type Haggle } from "@haggle/sdk/client";
import { now } from "../../bench/rollout-processes.ts";
import { makeCart } from "../release.ts";

/** `RELEASE: TOTAL` from now on, or as it was before until all of them have got there. */
export type ToCrowd = { price: string };
export type FromCrowd = { is: "ready" } | { is: "there"; at: number } | { is: "wrong"; price: string };

const AT_ONCE = 20;
const LOOK_MS = 10;
/** Where a release is revoked before the next one is there. */
const OFF = "ENGINE_RELEASE_OFF";

const [count, address, url, rootFile] = process.argv.slice(2) as [string, string, string, string];
const root = await readFile(rootFile);
await connectFrom(address);

const clients: Haggle[] = [];
const failures = new Map<Haggle, string>();
while (clients.length < Number(count)) {
  const length = Math.min(AT_ONCE, Number(count) - clients.length);
  const next = Array.from({ length }, connect);
  await Promise.all(next.map((client) => client.ready()));
  clients.push(...next);
}

let may: readonly string[] = [];
let wanted: string | undefined;
let isThere = false;
process.on("message", ({ price }: ToCrowd) => {
  may = wanted === undefined ? [price] : [wanted, price, OFF];
  wanted = price;
  isThere = false;
  tell({ is: "ready" });
});
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  console.error(new Date().toISOString(), address, describeLate());
  process.exit(1);
});
setInterval(look, LOOK_MS);
tell({ is: "ready" });

function look(): void {
  if (wanted === undefined) return;
  const prices = clients.map(priceBy);
  for (const price of new Set(prices)) if (!may.includes(price)) tell({ is: "wrong", price });
  if (isThere || prices.some((price) => price !== wanted)) return;
  isThere = true;
  may = [wanted];
  tell({ is: "there", at: now() });
}

function connect(): Haggle {
  const client = createHaggle({ url, root, context: { unit: "anybody" }, pollMs: 600_000 });
  client.on("error", ({ code, at, cause }) => {
    const reason = cause instanceof Error && `${cause} (${cause.cause})`;
    failures.set(client, `${new Date().toISOString()} ${code} at ${at} ${reason}`);
  });
  return client;
}

/** Where those are who hang, and what they were told last. */
function describeLate(): string[] {
  const late = clients.filter((client) => priceBy(client) !== wanted);
  return late.map(
    (client) =>
      `${priceBy(client)}, channel ${client.state?.version}, ${failures.get(client) ?? "no failure"}`,
  );
}

function priceBy(client: Haggle): string {
  const decision = client.evaluate(makeCart());
  return decision.ok ? `${client.state?.release}: ${decision.total}` : decision.error.code;
}

/** Node's own fetch has no option for it, what it is made of has. */
async function connectFrom(localAddress: string): Promise<void> {
  const systemFetch = globalThis.fetch;
  // There is no agent before the first fetch.
  await systemFetch("data:,");
  const agent = Reflect.get(globalThis, Symbol.for("undici.globalDispatcher.1")) as object;
  const Agent = agent.constructor as new (options: object) => object;
  const dispatcher = new Agent({ localAddress });
  globalThis.fetch = (input, init) => systemFetch(input, { ...init, dispatcher } as RequestInit);
}

function tell(message: FromCrowd): void {
  process.send!(message);
}
