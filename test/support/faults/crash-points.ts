import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { type Patch, patchSource, preload } from "./patch-source.ts";

// Points of the server's way through orders and payments at which it dies with signal 9 when a file names the point: one that is
// started with `crashEnv` loads this file first.

const ORDERS = "server/modules/orders";
const PAYMENTS = "server/modules/payments";
const VARIABLE = "HAGGLE_CRASH_FILE";

const die = (name: string) => `globalThis.haggleCrash(${JSON.stringify(name)});`;

/** Each stands at one place of the source, before or behind what is there. */
const PLACES: readonly { name: string; file: string; text: string; where: "before" | "behind" }[] = [
  {
    name: "before the reservation",
    file: `${ORDERS}/place.ts`,
    text: "const { attempt, claim: reservedBy } = await reserve(usable, lines, asked);",
    where: "before",
  },
  {
    name: "behind the reservation",
    file: `${ORDERS}/place.ts`,
    text: "const order = toNew(usable, { asked, lines, attempt, now: clock() });",
    where: "before",
  },
  {
    name: "before the order's commit",
    file: `${ORDERS}/writer.ts`,
    text: "if (!areNew || !areFirst) throw new Overtaken();",
    where: "before",
  },
  {
    name: "behind the order's commit",
    file: `${ORDERS}/place.ts`,
    text: 'placed.add("placed");',
    where: "before",
  },
  {
    name: "before a payment is written down",
    file: `${PAYMENTS}/service.ts`,
    text: "await store.insertPayment(tx, payment, now);",
    where: "before",
  },
  {
    name: "before the provider is asked",
    file: `${PAYMENTS}/operations.ts`,
    text: "const facts = await ask(provider, due);",
    where: "before",
  },
  {
    name: "behind what the provider did",
    file: `${PAYMENTS}/operations.ts`,
    text: "if (facts === undefined) return;",
    where: "behind",
  },
  {
    name: "before what the provider did is committed",
    file: `${PAYMENTS}/settle.ts`,
    text: "await outbox.emitAll(tx, listEvents(before, after, settled));",
    where: "behind",
  },
  {
    name: "behind what the provider did is committed",
    file: `${PAYMENTS}/operations.ts`,
    text: "await settle.learn(provider.name, facts);",
    where: "behind",
  },
  {
    name: "behind a callback",
    file: `${PAYMENTS}/service.ts`,
    text: "const isKnown = await settle.take(name, callback);",
    where: "behind",
  },
  {
    name: "behind the stock that is sold",
    file: `${ORDERS}/follow.ts`,
    text: "await reservations.confirm(meant, ACTOR, waits);",
    where: "behind",
  },
  {
    name: "behind the stock that is given back",
    file: `${ORDERS}/follow.ts`,
    text: "await reservations.release(meant, waits);",
    where: "behind",
  },
  {
    name: "before the stock comes back that was sold",
    file: `${ORDERS}/follow.ts`,
    text: "await store.setBack(tx, row.id);",
    where: "behind",
  },
  {
    name: "before an order's end is committed",
    file: `${ORDERS}/follow.ts`,
    text: 'await moves.expire(tx, row, { cause: "not paid in time", actor: ACTOR });',
    where: "behind",
  },
  {
    name: "behind a cancellation",
    file: `${ORDERS}/service.ts`,
    text: "await database.transaction((tx) => cancel(tx, id, by));",
    where: "behind",
  },
  {
    name: "behind an order that is revived",
    file: `${PAYMENTS}/late.ts`,
    text: "for (const payment of late) payment.lateAt = null;",
    where: "before",
  },
];

export const POINTS: readonly string[] = PLACES.map(({ name }) => name);

export const CRASHES: readonly Patch[] = PLACES.map(({ name, file, text, where }) => ({
  file,
  edits: [[text, where === "before" ? `${die(name)}\n${text}` : `${text}\n${die(name)}`]],
}));

export function crashEnv(path: string): Record<string, string> {
  return { [VARIABLE]: path, ...preload(import.meta.filename) };
}

/** The first server that comes to this point dies there. */
export function armCrash(path: string, point: string): void {
  writeFileSync(`${path}.tmp`, point);
  renameSync(`${path}.tmp`, path);
}

export function disarm(path: string): void {
  rmSync(path, { force: true });
}

export function isArmed(path: string): boolean {
  return existsSync(path);
}

const path = process.env[VARIABLE];
if (path !== undefined) {
  const crash = (point: string) => {
    if (!isArmed(path) || readFileSync(path, "utf8") !== point) return;
    disarm(path);
    process.kill(process.pid, "SIGKILL");
  };
  Object.assign(globalThis, { haggleCrash: crash });
  patchSource(CRASHES);
}
