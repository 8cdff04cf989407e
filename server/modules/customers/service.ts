import { type CartCustomer, refuse } from "@haggle/abi";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import type { Outbox } from "../../platform/outbox.ts";
import { type Condition, checkCondition, writeHeld } from "../../platform/revision.ts";
import type { By } from "../../platform/scope.ts";
import { createTell } from "../../platform/tell.ts";
import type { Audit } from "../audit/service.ts";
import { checkSegments } from "./fields.ts";
import { parseRows, type Rows } from "./rows.ts";
import type { Counters, CustomerFields, CustomerView } from "./schema.ts";
import * as store from "./store.ts";

export type Customers = ReturnType<typeof createCustomers>;

type Dependencies = {
  database: Database;
  audit: Pick<Audit, "record">;
  outbox: Pick<Outbox, "emit">;
  /** What others keep of a customer who is erased. */
  forget: (tx: Queryable, customer: string) => Promise<void>;
  clock: Clock;
};

/** Whom a tenant sells to, by ids that mean nothing to anybody else. */
export function createCustomers({ database, audit, outbox, forget, clock }: Dependencies) {
  async function get(id: string): Promise<CustomerView> {
    const row = await store.findCustomer(database, id);
    if (row === undefined) throw refuse("CUSTOMER_UNKNOWN", "id", id);
    return toView(row);
  }

  const tellAll = createTell({ audit, outbox });

  /** The log is for ever: it says that there was a change, and nothing of what somebody is like. */
  function tell(
    tx: Queryable,
    by: By,
    told: { action: string; object: string; subject: string; data: object },
  ): Promise<void> {
    return tellAll(tx, by, { ...told, after: told.data });
  }

  return {
    get,
    /** @throws HaggleError SERVER_CHANGED, CART_RESERVED_SEGMENT */
    async put(id: string, fields: CustomerFields, condition: Condition, by: By): Promise<CustomerView> {
      checkSegments(fields.segments);
      const customer = toNew({ ...fields, id });
      return database.transaction(async (tx) => {
        const before = await store.lockCustomer(tx, id);
        await writeHeld(before, condition, {
          update: () => store.updateCustomer(tx, customer, clock()),
          insert: () => store.insertCustomer(tx, customer, clock()),
        });
        await store.setCounters(tx, [customer]);
        const row = (await store.findCustomer(tx, id))!;
        const data = { customer: id, revision: row.revision };
        await tell(tx, by, { action: "customer.put", object: `customer:${id}`, subject: id, data });
        return toView(row);
      });
    },
    /**
     * Stores all customers of an NDJSON text that are right, and says what is wrong with the others.
     *
     * @throws HaggleError CUSTOMER_TOO_MANY
     */
    async putLines(text: string, by: By): Promise<{ customers: number } & Pick<Rows, "refused" | "faults">> {
      const { rows, refused, faults } = parseRows(text);
      const customers = rows.map(toNew);
      if (customers.length > 0) {
        await database.transaction(async (tx) => {
          await store.putCustomers(tx, customers, clock());
          await store.setCounters(tx, customers);
          const data = { customers: customers.length };
          await tell(tx, by, { action: "customers.put", object: "customers", subject: "customers", data });
        });
      }
      return { customers: customers.length, refused, faults };
    },
    /** In the order of their ids. */
    async list(page: { after: string; limit: number; segment: string | undefined }): Promise<CustomerView[]> {
      return (await store.listCustomers(database, page)).map(toView);
    },
    /**
     * Forgets a customer: nothing of him is left but that this was done. Also of one whom nobody told of: carts and quotes name
     * whom they want.
     *
     * @throws HaggleError SERVER_CHANGED
     */
    async erase(id: string, condition: Condition, by: By): Promise<void> {
      await database.transaction(async (tx) => {
        const before = await store.lockCustomer(tx, id);
        checkCondition(before, condition);
        await forget(tx, id);
        await store.deleteCustomer(tx, id);
        const data = { customer: id };
        await tell(tx, by, { action: "customer.erased", object: `customer:${id}`, subject: id, data });
      });
    },
    /** As a cart has him, so that what he may have is decided by what the server knows. Undefined for somebody unknown. */
    async findForCart(
      id: string,
      { loggedIn }: { loggedIn: boolean },
      db: Queryable = database,
    ): Promise<CartCustomer | undefined> {
      const row = await store.findCustomer(db, id);
      if (row === undefined) return undefined;
      const { segments, tier, attributes, counters } = row;
      const { orders = 0 } = counters;
      return { id, segments, ...(tier !== null && { tier }), loggedIn, orders, attributes };
    },
    /**
     * Counts what a customer did, in the transaction in which he did it; somebody unknown is known from then on. All of it or
     * nothing: what goes below 0 undoes the transaction.
     *
     * @example await customers.count(tx, "c-17", { orders: 1, spentMinor: 12_900 })
     * @returns what these counters are now
     * @throws HaggleError CUSTOMER_COUNTER
     */
    async count(tx: Queryable, id: string, steps: Readonly<Record<string, number>>): Promise<Counters> {
      const given = Object.entries(steps).map(([name, by]) => ({ name, by }));
      await store.holdCustomer(tx, id, clock());
      const counted = await store.addToCounters(tx, id, given);
      const counters = Object.fromEntries(counted.map(({ name, value }) => [name, value]));
      const refused = given.find(({ name }) => !Object.hasOwn(counters, name));
      if (refused !== undefined) throw refuse("CUSTOMER_COUNTER", `counters.${refused.name}`, refused.by);
      return counters;
    },
    /**
     * What was counted did not come to pass. To no less than 0, since counters may be set meanwhile; of somebody who was erased
     * nothing is counted.
     */
    async uncount(tx: Queryable, id: string, steps: Readonly<Record<string, number>>): Promise<void> {
      await store.takeFromCounters(
        tx,
        id,
        Object.entries(steps).map(([name, by]) => ({ name, by })),
      );
    },
  };
}

function toNew(row: CustomerFields & { id: string }): store.NewCustomer {
  const { id, segments = [], tier = null, attributes = {}, counters = {} } = row;
  return { id, segments, tier, attributes, counters };
}

function toView({ tier, ...row }: store.StoredCustomer): CustomerView {
  return { ...row, ...(tier !== null && { tier }) };
}
