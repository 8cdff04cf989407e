import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BudgetShop, BY, codeOfCampaign, findMiscounted, openBudgets } from "../support/budgets.ts";
import { childEnv } from "../support/child-env.ts";
import { seeded } from "../support/seeded.ts";
import { testDatabaseUrl } from "../support/server.ts";

// Crowds at several processes at once: no code is used more often than it may be, no budget gives a cent more than it has, and what
// there is is given.

const TENANT = "budgets-crowd";
const PROCESSES = 3;
const BUYERS = 200;

let shop: BudgetShop;
const buyers: { child: ChildProcess; lines: Interface }[] = [];

beforeAll(async () => {
  const program = join(import.meta.dirname, "../support/budget-buyers.ts");
  const args = ["--conditions=haggle-source", program, TENANT, testDatabaseUrl()];
  shop = await openBudgets({ tenant: TENANT });
  for (let i = 0; i < PROCESSES; i++) {
    const child = spawn(process.execPath, args, { env: childEnv(), stdio: ["pipe", "pipe", "inherit"] });
    buyers.push({ child, lines: createInterface(child.stdout) });
  }
  await Promise.all(buyers.map(({ lines }) => once(lines, "line")));
});
afterAll(async () => {
  for (const { child } of buyers) child.stdin!.end();
  await Promise.all(buyers.map(({ child }) => child.exitCode ?? once(child, "exit")));
  await shop.close();
});

type Order = { id: string; amount: number; coupon: boolean; back: boolean };

/** All at once, from processes of their own. @returns what each was told, in their order */
async function crowd(name: string, orders: readonly Order[]): Promise<string[]> {
  const answers = buyers.map(({ lines }) => once(lines, "line"));
  for (const [i, { child }] of buyers.entries()) {
    const share = orders.filter((_, at) => at % PROCESSES === i);
    child.stdin!.write(`${JSON.stringify({ campaign: name, orders: share })}\n`);
  }
  const told = (await Promise.all(answers)).map(([line]) => JSON.parse(String(line)) as string[]);
  return orders.map((_, at) => told[at % PROCESSES]![Math.floor(at / PROCESSES)]!);
}

async function campaign(name: string, { uses, amount }: { uses?: number; amount?: number }): Promise<void> {
  const budget = { id: "b", allowance: name, counts: "money" as const, amounts: { EUR: amount ?? 0 } };
  await shop.put(name, { budgets: amount === undefined ? [] : [budget] });
  const code = { code: codeOfCampaign(name), ...(uses !== undefined && { uses }) };
  await shop.codes.add(name, code, BY);
}

describe("a crowd", () => {
  it("uses a code of one use once", async () => {
    await campaign("ONE", { uses: 1 });
    const orders = Array.from({ length: BUYERS }, (_, i) => ({
      id: `one-${i}`,
      amount: 0,
      coupon: true,
      back: false,
    }));
    const told = await crowd("ONE", orders);
    expect(told.filter((answer) => answer === "kept")).toHaveLength(1);
    expect(told.filter((answer) => answer === "COUPON_USED_UP")).toHaveLength(BUYERS - 1);
    expect(await findMiscounted(shop)).toEqual([]);
  });

  it("is never given more than a budget of 1,000.00, and all of it where amounts fit", async () => {
    const total = 100_000;
    const random = seeded(7);
    const amounts = Array.from({ length: BUYERS }, () => 1 + Math.floor(random() * 2_000));
    for (const [name, all] of [
      ["FITTING", Array.from({ length: BUYERS }, () => 1_000)],
      ["RANDOM", amounts],
    ] as const) {
      await campaign(name, { amount: total });
      const orders = all.map((amount, i) => ({
        id: `${name}-${i}`,
        amount,
        coupon: true,
        back: name === "RANDOM" && i % 10 === 9,
      }));
      const told = await crowd(name, orders);
      expect(told.filter((answer) => !["kept", "back", "BUDGET_SPENT"].includes(answer))).toEqual([]);
      const given = orders.reduce((sum, { amount }, i) => sum + (told[i] === "kept" ? amount : 0), 0);
      const used = (await shop.campaigns.get(name)).budgets[0]!.used;
      expect([name, used, given <= total]).toEqual([name, { EUR: given }, true]);
      // Whoever was refused wanted more than was left when everybody had what he had, or somebody gave it back later.
      const smallest = Math.min(
        ...orders.filter((_, i) => told[i] === "BUDGET_SPENT").map(({ amount }) => amount),
      );
      const back = orders.reduce((sum, { amount }, i) => sum + (told[i] === "back" ? amount : 0), 0);
      expect(total - given).toBeLessThan(smallest + back);
      if (name === "FITTING") expect(given).toBe(total);
    }
    expect(await findMiscounted(shop)).toEqual([]);
  });
});
