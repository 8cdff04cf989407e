import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OrderState, STATES, statesBefore, TRANSITIONS } from "../../server/modules/orders/states.ts";
import { createOrderWorld, type OrderWorld } from "../support/orders.ts";

// What an order may become is said once in code and once in the database, which lets no statement step past it.

let world: OrderWorld;
beforeAll(async () => {
  world = await createOrderWorld();
});
afterAll(() => world.close());

const FOREIGN_KEY = "23503";
const CHECK = "23514";
const UNIQUE = "23505";
const DENIED = "42501";

/** SQLSTATE of what the application's own role is told. */
const codeOf = (statements: string[], values: unknown[] = []): Promise<string | undefined> =>
  world.database
    .transaction(async (tx) => {
      for (const each of statements) await tx.query(each, values);
    })
    .then(
      () => undefined,
      (cause: { code?: string }) => cause.code,
    );

async function placed(): Promise<string> {
  const { quote } = await world.quoteOf();
  return (await world.place(quote.id)).body.order.id;
}

/** A chain of rows from the draft to `to`, as the order of one test has it. */
function pathTo(to: OrderState): OrderState[] {
  const paths: OrderState[][] = [["draft"]];
  for (const path of paths) {
    const last = path.at(-1)!;
    if (last === to) return path;
    for (const next of TRANSITIONS[last]) if (!path.includes(next)) paths.push([...path, next]);
  }
  throw new Error(`nothing leads to ${to}`);
}

/** Writes an order of its own that came to this state. */
async function orderIn(state: OrderState): Promise<string> {
  const id = await placed();
  const copy = `order_${String(Math.random()).slice(2, 14).padStart(24, "x")}`;
  const path = pathTo(state);
  await world.database.query(
    `with told as (
       insert into order_history (order_id, number, from_state, to_state, cause, actor_id, at)
       select $2, number, was, is_now, 'test', 'test', 0
       from unnest($3::text[], $4::text[]) with ordinality as m (was, is_now, number)
     )
     insert into orders (order_id, state, moves, quote_id, channel, release, currency, total, lines, attempt, late_payment, expires_at, due_at,
       created_at, updated_at)
     select $2, $5, $6, quote_id, channel, release, currency, total, lines, attempt, late_payment, expires_at, 9e15, created_at, updated_at
     from orders where order_id = $1`,
    [id, copy, [null, ...path.slice(0, -1)], path, state, path.length],
  );
  return copy;
}

describe("the table of transitions", () => {
  it("is the same in the database", async () => {
    const rows = await world.database.query<{ from: string; to: string }>(
      'select from_state as "from", to_state as "to" from order_transitions',
    );
    const pairs = STATES.flatMap((from) => TRANSITIONS[from].map((to) => `${from} > ${to}`));
    expect(rows.map(({ from, to }) => `${from} > ${to}`).sort()).toEqual(pairs.sort());
  });

  it("is nobody's to change who serves", async () => {
    for (const statement of [
      "insert into order_transitions (from_state, to_state) values ('returned', 'paid')",
      "update order_transitions set to_state = 'paid'",
      "delete from order_transitions",
      "delete from order_history",
      "update order_history set to_state = 'paid'",
      "delete from orders",
      "update order_ledger set amount_each = 0",
      "delete from order_ledger",
    ]) {
      expect([statement, await codeOf([statement])]).toEqual([statement, DENIED]);
    }
  });

  it("leads to every state but the draft, from what it says", () => {
    for (const state of STATES) {
      expect(pathTo(state).at(-1)).toBe(state);
      for (const from of statesBefore(state)) expect(TRANSITIONS[from]).toContain(state);
    }
    expect(statesBefore("draft")).toEqual([]);
  });
});

describe("the database", () => {
  it("lets each order go where the table says, and nowhere else", async () => {
    const step = `with moved as (
        update orders set state = $2, moves = moves + 1 where order_id = $1 returning order_id, moves
      ) insert into order_history (order_id, number, from_state, to_state, cause, actor_id, at)
        select order_id, moves, $3, $2, 'test', 'test', 0 from moved`;
    const wrong: string[] = [];
    for (const from of STATES) {
      const id = await orderIn(from);
      for (const to of STATES) {
        if (to === "draft") continue;
        // Undone in any case, so that the next one begins where this one did.
        const outcome = await world.database
          .transaction(async (tx) => {
            await tx.query(step, [id, to, from]);
            throw new Error("stepped");
          })
          .catch((cause: { code?: string; message: string }) => cause.code ?? cause.message);
        const expected = TRANSITIONS[from].includes(to) ? "stepped" : FOREIGN_KEY;
        if (outcome !== expected) wrong.push(`${from} > ${to}: ${outcome}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("holds the state of an order against the end of its history", async () => {
    const id = await placed();
    const history = `insert into order_history (order_id, number, from_state, to_state, cause, actor_id, at)`;
    const set = (state: string, moves: string) =>
      `update orders set state = '${state}', moves = ${moves} where order_id = '${id}'`;
    const row = (number: number, from: string | null, to: string) =>
      `${history} values ('${id}', ${number}, ${from === null ? "null" : `'${from}'`}, '${to}', 'test', 'test', 0)`;
    for (const [statements, code] of [
      // A state without a step.
      [[set("paid", "moves")], FOREIGN_KEY],
      [[set("paid", "moves + 1")], FOREIGN_KEY],
      [[set("cancelled", "1")], DENIED],
      // Back to what it was before, which its history has.
      [[set("reserved", "2")], DENIED],
      [[set("draft", "1")], DENIED],
      // A step that does not begin where the last one ended, or leaves one out, or is there already.
      [[row(4, "reserved", "paid")], FOREIGN_KEY],
      [[row(5, "awaiting_payment", "paid")], FOREIGN_KEY],
      [[row(3, "reserved", "paid")], UNIQUE],
      [[row(3, "reserved", "awaiting_payment")], UNIQUE],
      // A second beginning.
      [[row(4, null, "draft")], CHECK],
      [[row(4, null, "paid")], CHECK],
      [[row(1, null, "draft")], UNIQUE],
      // An order that began with its end.
      [
        [
          `insert into orders (order_id, state, moves, quote_id, channel, release, currency, total, lines, attempt, late_payment, expires_at,
             due_at, created_at, updated_at)
           select 'order_${"y".repeat(24)}', 'paid', 1, quote_id, channel, release, currency, total, lines, attempt, late_payment, expires_at,
             due_at, created_at, updated_at from orders where order_id = '${id}'`,
        ],
        FOREIGN_KEY,
      ],
    ] as const) {
      expect([statements, await codeOf([...statements])]).toEqual([statements, code]);
    }
    expect((await world.get(id)).order.state).toBe("awaiting_payment");
  });

  it("never lets more go back than was taken, nor counts below nothing", async () => {
    const id = await placed();
    for (const set of ["refunded = 1", "captured = -1", "authorised = -1", "total = -1"]) {
      expect([set, await codeOf([`update orders set ${set} where order_id = '${id}'`])]).toEqual([
        set,
        CHECK,
      ]);
    }
    await world.pay(id, 5_000);
    const over = world.database.transaction((tx) =>
      world.server.app.commerce.orders.refunded(tx, { order: id, amount: 5_001 }),
    );
    await expect(over).rejects.toMatchObject({ code: CHECK });
    expect((await world.get(id)).order).toMatchObject({ captured: 5_000, refunded: 0 });
  });
});
