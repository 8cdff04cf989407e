// Orders and what belongs to them, in the order of their dependencies.

import type { Logger } from "pino";
import type { Customers } from "./modules/customers/service.ts";
import type { Inventory } from "./modules/inventory/service.ts";
import { createOrders } from "./modules/orders/service.ts";
import type { Quotes } from "./modules/quotes/service.ts";
import type { Clock } from "./platform/clock.ts";
import type { Database } from "./platform/database/database.ts";
import type { Outbox } from "./platform/outbox.ts";
import type { Telemetry } from "./platform/telemetry.ts";

export type Commerce = ReturnType<typeof createCommerce>;

type Dependencies = {
  database: Database;
  outbox: Outbox;
  telemetry: Telemetry;
  inventory: Inventory;
  customers: Customers;
  quotes: Quotes;
  clock: Clock;
  log: Logger;
};

export function createCommerce(dependencies: Dependencies) {
  const orders = createOrders({
    ...dependencies,
    // Nothing is limited until there are budgets, and nothing is captured until there are payments.
    budgets: { claim: async () => {}, giveBack: async () => {} },
    money: { giveBack: async () => {} },
  });
  return { orders };
}
