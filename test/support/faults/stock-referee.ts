// Says what was wrong with a sale, from what its clients wrote down and what the database holds afterwards; it knows
// nothing of the server's code. By itself: node stock-referee.ts LOG.ndjson AFTER.json

import { readFile } from "node:fs/promises";
import { judgeAnswers, judgeRecovery } from "./answer-referee.ts";
import {
  type After,
  type Call,
  type Fault,
  isDone,
  type Line,
  type LogLine,
  listCalls,
  readLog,
} from "./stock-log.ts";
import { listChances, listHolds, sumBySku } from "./stock-promises.ts";

/** After the end of a fault, and while it lasts, a client may hear nothing. */
const RECOVERY_MS = 10_000;

/**
 * @param recoveryMs how long after its end a fault may still be felt
 * @returns what was wrong: nothing
 */
export function judge(log: readonly LogLine[], after: After, recoveryMs = RECOVERY_MS): string[] {
  const calls = listCalls(log);
  const faults = log.filter((line) => line.is === "fault");
  const stocked = sumBySku(log.filter((line) => line.is === "stocked"));
  return [
    ...judgeLevels(after),
    ...judgePieces(stocked, after),
    ...judgeHolds(stocked, calls),
    ...judgeOrders(calls, after),
    ...judgeAnswers(calls, faults, recoveryMs),
    ...judgeRefusals(calls, stocked, faults, after),
    ...judgeRecovery(calls, faults, recoveryMs),
  ];
}

/** 0 <= reserved <= on hand, which is what moved, and nothing is held for ever. */
export function judgeLevels({ at, levels, movements, reservations }: After): string[] {
  const moved = sumByPlace(movements);
  const held = reservations.filter(({ state }) => state === "held");
  const reserved = sumByPlace(held.flatMap(({ allocations }) => allocations));
  return [
    ...levels.flatMap((level) => {
      const wrong: string[] = [];
      const place = placeOf(level);
      if (level.reserved < 0 || level.reserved > level.onHand) {
        wrong.push(`${place}: ${level.reserved} reserved of ${level.onHand}`);
      }
      const sum = moved.get(place) ?? 0;
      if (sum !== level.onHand) wrong.push(`${place}: ${level.onHand} on hand, ${sum} moved`);
      const promised = reserved.get(place) ?? 0;
      if (promised !== level.reserved) {
        wrong.push(`${place}: ${level.reserved} reserved, ${promised} held by orders`);
      }
      return wrong;
    }),
    ...held.filter(({ expiresAt }) => expiresAt <= at).map(({ order }) => `${order}: held for ever`),
  ];
}

/** What is sold and held is not more than what came. */
function judgePieces(stocked: ReadonlyMap<string, number>, { levels, reservations }: After): string[] {
  const gone = sumBySku(
    reservations
      .filter(({ state }) => state === "confirmed" || state === "held")
      .flatMap(({ allocations }) => allocations),
  );
  const sold = sumBySku(
    reservations.filter(({ state }) => state === "confirmed").flatMap(({ allocations }) => allocations),
  );
  const onHand = new Map<string, number>();
  for (const level of levels) onHand.set(level.sku, (onHand.get(level.sku) ?? 0) + level.onHand);
  return [...stocked].flatMap(([sku, quantity]) => {
    const wrong: string[] = [];
    const promised = gone.get(sku) ?? 0;
    if (promised > quantity) wrong.push(`${sku}: oversold, ${promised} of ${quantity}`);
    const left = quantity - (sold.get(sku) ?? 0);
    if (onHand.get(sku) !== left) wrong.push(`${sku}: ${onHand.get(sku)} on hand, not ${left}`);
    return wrong;
  });
}

/** By the clients alone: at no moment had they been promised more than came, whatever the database says. */
function judgeHolds(stocked: ReadonlyMap<string, number>, calls: readonly Call[]): string[] {
  const steps = new Map<string, { at: number; quantity: number }[]>();
  for (const [, asked] of Map.groupBy(calls, ({ order }) => order)) {
    for (const { lines, from, until } of listHolds(asked)) {
      for (const { sku, quantity } of lines) {
        const list = steps.get(sku) ?? [];
        list.push({ at: from, quantity }, { at: until, quantity: -quantity });
        steps.set(sku, list);
      }
    }
  }
  return [...steps].flatMap(([sku, list]) => {
    list.sort((a, b) => a.at - b.at || a.quantity - b.quantity);
    let sum = 0;
    let most = 0;
    for (const { quantity } of list) {
      sum += quantity;
      most = Math.max(most, sum);
    }
    const came = stocked.get(sku) ?? 0;
    return most > came ? [`${sku}: ${most} promised at once, of ${came}`] : [];
  });
}

/** What was acknowledged is there, and nothing that nobody asked for. */
function judgeOrders(calls: readonly Call[], after: After): string[] {
  const rows = new Map(after.reservations.map((row) => [row.order, row]));
  const shipped = Map.groupBy(
    after.movements.filter(({ order }) => order !== null),
    ({ order }) => order!,
  );
  const asked = Map.groupBy(calls, ({ order }) => order);
  const unknown = [...rows.keys(), ...shipped.keys()].filter((order) => !asked.has(order));
  return [
    ...new Set(unknown.map((order) => `${order}: nobody asked for it`)),
    ...[...asked].flatMap(([order, own]) => {
      const row = rows.get(order);
      const lines = row?.state === "confirmed" ? describe(row.allocations) : "";
      const gone = describe(
        (shipped.get(order) ?? []).map(({ sku, quantity }) => ({ sku, quantity: -quantity })),
      );
      const wrong = judgeOrder(own, row, after.at).map((what) => `${order}: ${what}`);
      return gone === lines
        ? wrong
        : [...wrong, `${order}: ${gone || "nothing"} left, not ${lines || "nothing"}`];
    }),
  ];
}

function judgeOrder(
  calls: readonly Call[],
  row: After["reservations"][number] | undefined,
  at: number,
): string[] {
  const done = calls.filter(isDone);
  if (row === undefined) return done.length > 0 ? ["acknowledged and missing"] : [];
  const wrong: string[] = [];
  const newest = Math.max(0, ...done.map(({ attempt }) => attempt));
  if (row.attempt < newest) wrong.push(`attempt ${newest} was acknowledged and is missing`);
  const own = calls.filter(({ attempt }) => attempt === row.attempt);
  const reserve = own.find(({ verb }) => verb === "reserve");
  if (reserve === undefined) return [...wrong, `nobody asked for attempt ${row.attempt}`];
  const [kept, wanted] = [describe(row.allocations), describe(reserve.lines!)];
  if (kept !== wanted) wrong.push(`${kept} is kept of ${wanted}`);

  const wasAsked = (verb: Call["verb"]) => own.some((call) => call.verb === verb);
  const wasDone = (verb: Call["verb"], among = own) =>
    among.some((call) => call.verb === verb && isDone(call));
  const { state } = row;
  if (wasDone("confirm", done) && state !== "confirmed")
    wrong.push(`${state}, and its sale was acknowledged`);
  if (state === "confirmed" && !wasAsked("confirm")) wrong.push("sold, and nobody confirmed it");
  if (state === "released" && wasDone("reserve") && !wasAsked("release")) {
    wrong.push("acknowledged and given back");
  }
  if (wasDone("release") && (state === "confirmed" || state === "held")) {
    wrong.push(`${state}, and its release was acknowledged`);
  }
  if (state === "expired" && row.expiresAt > at) wrong.push("expired before its time");
  const promised = Math.max(0, ...own.filter(isDone).map(({ answer }) => answer!.reservation!.expiresAt));
  if (row.expiresAt < promised) wrong.push("held for less than was acknowledged");
  const answers = own.filter(isDone).map(({ answer }) => describe(answer!.reservation!.lines));
  if (answers.some((lines) => lines !== wanted))
    wrong.push(`${answers.join(" / ")} acknowledged of ${wanted}`);
  return wrong;
}

/** What is refused is refused for a reason that there may have been: of what is held nothing, and for want of pieces only where some lack. */
function judgeRefusals(
  calls: readonly Call[],
  stocked: ReadonlyMap<string, number>,
  faults: readonly Fault[],
  { reservations }: After,
): string[] {
  const orders = Map.groupBy(calls, ({ order }) => order);
  const chances = listChances(orders, new Map(reservations.map((row) => [row.order, row])), faults);
  const shortages = calls
    .filter(({ answer }) => answer?.code === "INVENTORY_SHORT")
    .flatMap(({ order, lines, at, answer }) => {
      const wanted = [...sumBySku(lines!)].map(([sku, quantity]) => {
        const held = (chances.get(sku) ?? []).filter(({ from, until }) => from <= answer!.at && until >= at);
        const left = held.reduce((sum, each) => sum - each.quantity, stocked.get(sku) ?? 0);
        return { sku, quantity, left };
      });
      if (wanted.some(({ quantity, left }) => left < quantity)) return [];
      return wanted.map(
        ({ sku, quantity, left }) => `${order}: refused ${quantity} ${sku}, of which there were ${left}`,
      );
    });
  return [...shortages, ...[...orders.values()].flatMap(judgeEnds)];
}

/** Of one order. */
function judgeEnds(calls: readonly Call[]): string[] {
  const sold = Math.min(...calls.filter(({ verb }) => verb === "confirm").map(({ at }) => at));
  return listHolds(calls).flatMap(({ attempt, from, over }) => {
    const refused = calls.filter(
      (call) =>
        call.attempt === attempt &&
        (call.verb === "confirm" || (call.verb === "extend" && (call.answer?.at ?? 0) < sold)) &&
        call.answer?.status === 409 &&
        call.at >= from &&
        call.answer.at < over,
    );
    return refused.map(
      ({ order, verb, answer }) => `${order}: ${verb} was refused with ${answer!.code}, of what was held`,
    );
  });
}

function describe(lines: readonly Line[]): string {
  return [...sumBySku(lines)]
    .map(([sku, quantity]) => `${quantity} ${sku}`)
    .sort()
    .join(", ");
}

function sumByPlace(pieces: readonly { sku: string; location: string; quantity: number }[]) {
  return sumBySku(pieces.map((piece) => ({ sku: placeOf(piece), quantity: piece.quantity })));
}

function placeOf({ sku, location }: { sku: string; location: string }): string {
  return `${sku} at ${location}`;
}

if (import.meta.main) {
  const [log = "", after = ""] = process.argv.slice(2);
  const wrong = judge(await readLog(log), JSON.parse(await readFile(after, "utf8")) as After);
  for (const line of wrong) console.log(line);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
