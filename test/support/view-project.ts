// A project that the views have something to show of: rules, promotions as data, a policy, cases.

import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Times that no test looks at the clock for. */
const VIEW_TIME = Date.UTC(2026, 0, 1);

export const VIEW_FILES = {
  "rules/spend-and-save.rule.ts": `class SpendAndSave {
  /** The goods total from which it applies. */
  threshold: Money = 300_00;
  off: Money = 50_00;
}

/** Spend enough, save a fixed amount. */
@promo(name="spend-and-save", group="order", priority=10)
export function spendAndSave(ctx: Context, p: SpendAndSave): Result {
  if (ctx.cart.total >= p.threshold) return Result.order(p.off, "SPEND_AND_SAVE");
  return Result.message(p.threshold - ctx.cart.total, "SPEND_MORE_TO_SAVE");
}
`,
  "rules/boots-week.rule.ts": `class BootsWeek {
  percent: Percent = Percent.of(10);
  categories: Tags = Tags.of("boots");
}

/** A percentage off every line of boots. */
@promo(name="boots-week", priority=20)
export function bootsWeek(ctx: Context, p: BootsWeek): Result {
  return Result.linesPercent(ctx.cart.inCategories(p.categories), p.percent, "BOOTS_WEEK");
}
`,
  "rules/boots-week.cases.json": `[
  {
    "name": "a pair of boots",
    "cart": {
      "id": "c1",
      "currency": "CNY",
      "now": 1767225600000,
      "lines": [{ "id": "1", "sku": "boot-42", "productId": "boot", "categories": ["boots"], "quantity": 1, "unitPrice": 20000 }],
      "shipping": [],
      "coupons": []
    },
    "parameters": { "percent": "20" },
    "expect": { "discountTotal": 4000, "total": 16000 }
  }
]
`,
  "promotions/members.yaml": `# What members have beside the rules.
- id: gold-shipping
  priority: 5
  conditions: [{ kind: tier, match: [gold] }]
  effects: [{ target: shipping, percent: "100" }]
- id: three-socks
  priority: 6
  unlock: true
  conditions: [{ kind: quantity, value: 3, filter: { categories: [socks] } }]
  effects: [{ target: line, percent: "15", filter: { categories: [socks] } }]
- id: spring-coupon
  priority: 7
  coupon: SPRING
  effects: [{ target: order, amount: 500 }]
`,
} as const;

export const VIEW_CART = {
  id: "view",
  currency: "CNY",
  now: VIEW_TIME,
  lines: [
    { id: "1", sku: "boot-42", productId: "boot", categories: ["boots"], quantity: 1, unitPrice: 280_00 },
    { id: "2", sku: "sock-m", productId: "sock", categories: ["socks"], quantity: 2, unitPrice: 19_90 },
  ],
  shipping: [{ id: "parcel", method: "standard", price: 12_00 }],
  customer: { id: "c-1", segments: ["newsletter"], tier: "gold", loggedIn: true, orders: 3, attributes: {} },
  coupons: [] as string[],
};

/** Writes a project into a folder of its own; remove it. Returns its path and its address. */
export async function writeProject(
  files: Readonly<Record<string, string>> = VIEW_FILES,
): Promise<{ path: string; root: string }> {
  const path = await mkdtemp(join(tmpdir(), "haggle-views-"));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  }
  return { path, root: pathToFileURL(path).href };
}
