// Orders and what belongs to them, in the order of their dependencies.

import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Audit } from "./modules/audit/service.ts";
import type { Budgets } from "./modules/budgets/service.ts";
import type { Customers } from "./modules/customers/service.ts";
import type { OrderOutcomes } from "./modules/experiments/service.ts";
import type { Inventory } from "./modules/inventory/service.ts";
import type { Metrics } from "./modules/metrics/service.ts";
import { createOutcomes } from "./modules/orders/outcomes.ts";
import { createOrders } from "./modules/orders/service.ts";
import { createPayments, type Provider } from "./modules/payments/service.ts";
import type { Quotes } from "./modules/quotes/service.ts";
import { createRefunds } from "./modules/refunds/service.ts";
import { createShipments } from "./modules/shipments/service.ts";
import type { Clock } from "./platform/clock.ts";
import type { Database } from "./platform/database/database.ts";
import type { Outbox } from "./platform/outbox.ts";
import type { SecretBox } from "./platform/secret-box.ts";
import type { Telemetry } from "./platform/telemetry.ts";

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Outbox;
  telemetry: Telemetry;
  inventory: Inventory;
  customers: Customers;
  quotes: Quotes;
  budgets: Budgets;
  metrics: Pick<Metrics, "observe">;
  orderOutcomes: OrderOutcomes;
  /** Who takes money. */
  providers: readonly Provider[];
  secrets: SecretBox;
  clock: Clock;
  log: Logger;
};

export function createCommerce(dependencies: Dependencies) {
  const { outbox, quotes, metrics, orderOutcomes } = dependencies;
  const outcomes = createOutcomes({ quotes, metrics, experiments: orderOutcomes });
  outbox.subscribe("order-outcomes", outcomes.count, outcomes.findWanted);
  const orders = createOrders({
    ...dependencies,
    observeFailure: outcomes.observeFailure,
    // Made further down, and asked when an order ends.
    money: {
      giveBack: async (tx, ended) => {
        // It throws, and undoes the end: what has left is paid for.
        if (await shipments.hasLeft(tx, ended.order)) throw refuse("ORDER_STATE", "order", "fulfilling");
        await payments.giveBack(tx, ended);
      },
    },
  });
  const payments = createPayments({ ...dependencies, orders });
  const shipments = createShipments({ ...dependencies, orders, payments });
  const refunds = createRefunds({ ...dependencies, orders, payments, stock: dependencies.inventory.stock });
  return { orders, payments, shipments, refunds };
}
