// Buyers at a process of their own, a crowd a line, who all come at once: each takes of a budget and a code what his order says, some
// give it back, and all say what they were told.

import { createInterface } from "node:readline";
import { codeOfCampaign, openBudgets } from "./budgets.ts";

const [tenant, url] = process.argv.slice(2) as [string, string];
/** `back`: whether it is cancelled at once. */
type Order = { id: string; amount: number; coupon: boolean; back: boolean };
type Crowd = { campaign: string; orders: Order[] };

const shop = await openBudgets({ tenant, url });

async function buy(campaign: string, { id, amount, coupon, back }: Order): Promise<string> {
  const [code] = shop.idsOf([codeOfCampaign(campaign)]) as [string];
  try {
    await shop.order(id, {
      coupons: coupon ? [{ id: code, campaign }] : [],
      claims: amount > 0 ? [{ promotion: "p", allowance: campaign, amount }] : [],
    });
    if (back) await shop.back(id);
    return back ? "back" : "kept";
  } catch (cause) {
    return (cause as { code?: string }).code ?? String(cause);
  }
}

process.stdout.write("ready\n");
for await (const line of createInterface(process.stdin)) {
  const { campaign, orders } = JSON.parse(line) as Crowd;
  const told = await Promise.all(orders.map((order) => buy(campaign, order)));
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
await shop.close();
