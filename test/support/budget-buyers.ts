// Buyers at a process of their own, who all come at once: each takes of a budget and a code what his order says, some of them give it
// back, and all say what they were told.

import { codeOfCampaign, openBudgets } from "./budgets.ts";

const [tenant, name, url, text] = process.argv.slice(2) as [string, string, string, string];
/** `back`: whether it is cancelled at once. */
type Order = { id: string; amount: number; coupon: boolean; back: boolean };

const shop = await openBudgets({ tenant, url });
const coupon = { id: shop.idsOf([codeOfCampaign(name)])[0]!, campaign: name };
// Connected, and then all together with those of the other processes.
await shop.database.query("select 1");
process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));

const told = await Promise.all(
  (JSON.parse(text) as Order[]).map(async ({ id, amount, coupon: isCoupon, back }) => {
    try {
      await shop.order(id, {
        coupons: isCoupon ? [coupon] : [],
        claims: amount > 0 ? [{ promotion: "p", allowance: name, amount }] : [],
      });
      if (back) await shop.back(id);
      return back ? "back" : "kept";
    } catch (cause) {
      return (cause as { code?: string }).code ?? String(cause);
    }
  }),
);
process.stdout.write(`${JSON.stringify(told)}\n`);
await shop.close();
process.stdin.destroy();
