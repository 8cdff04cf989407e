import { randomBytes } from "node:crypto";
import { refuse } from "@haggle/abi";
import type { Logger } from "pino";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queryable } from "../../platform/database/database.ts";
import { once, type Repeatable } from "../../platform/idempotency.ts";
import { checkCondition } from "../../platform/revision.ts";
import { startWorker } from "../../platform/worker.ts";
import { change, merge, toContent } from "./content.ts";
import type { CartChange, CartView, NewCart } from "./schema.ts";
import * as store from "./store.ts";

export type { CartView } from "./schema.ts";

export type Carts = ReturnType<typeof createCarts>;

type Dependencies = { database: Database; clock: Clock; log: Logger };

/** Since somebody changed it last. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const SWEEP_EVERY_MS = 60_000;
/** In one statement. */
const SWEPT_AT_ONCE = 500;

/** Carts that the server keeps for shops that want it to. What is in one costs is never kept: a quote says it. */
export function createCarts({ database, clock, log }: Dependencies) {
  const stamps = () => ({ now: clock(), expiresAt: clock() + KEPT_MS });

  /** @throws HaggleError SERVER_UNKNOWN_CART */
  async function get(id: string, db: Queryable = database): Promise<CartView> {
    const cart = await store.findCart(db, id, clock());
    if (cart === undefined) throw refuse("SERVER_UNKNOWN_CART", "id", id);
    return toView(cart);
  }

  /** Holds it, if it is at the revision that the caller has seen. */
  async function lock(tx: Queryable, id: string, match: string): Promise<store.StoredCart> {
    const [cart] = await store.lockCarts(tx, [id], clock());
    if (cart === undefined) throw refuse("SERVER_UNKNOWN_CART", "id", id);
    checkCondition(cart, { match });
    return cart;
  }

  /** Of what has expired. @returns whether there may be more */
  async function sweep(): Promise<boolean> {
    const swept = await store.deleteExpired(database, { now: clock(), limit: SWEPT_AT_ONCE });
    return swept === SWEPT_AT_ONCE;
  }

  return {
    get,
    /** @throws HaggleError CART_UNKNOWN_CURRENCY, CART_DUPLICATE_LINE, SERVER_PERSONAL_FIELD */
    async create(
      cart: NewCart,
      repeatable: Repeatable | undefined,
    ): Promise<{ cart: CartView; isRepeat: boolean }> {
      const content = toContent(cart);
      return database.transaction(async (tx) => {
        const { answer, isRepeat } = await once(tx, repeatable, clock(), async () => {
          const id = `cart_${randomBytes(18).toString("base64url")}`;
          await store.insertCart(tx, id, content, stamps());
          return { id };
        });
        return { cart: await get(answer.id, tx), isRepeat };
      });
    },
    /** @throws HaggleError SERVER_UNKNOWN_CART, SERVER_CHANGED, those of `change` in content.ts */
    async change(id: string, changed: CartChange, match: string): Promise<CartView> {
      return database.transaction(async (tx) => {
        const before = await lock(tx, id, match);
        return toView(await store.updateCart(tx, id, change(before, changed), stamps()));
      });
    },
    /**
     * Puts another cart into this one; the other one is gone.
     *
     * @throws HaggleError SERVER_UNKNOWN_CART, SERVER_CHANGED, SERVER_BAD_REQUEST for itself, those of `merge` in content.ts
     */
    async merge(id: string, from: string, match: string): Promise<CartView> {
      if (from === id) throw refuse("SERVER_BAD_REQUEST", "body/from", from);
      return database.transaction(async (tx) => {
        // Both in one order, so that two merges do not wait for each other.
        const carts = await store.lockCarts(tx, [id, from], clock());
        const [mine, other] = [id, from].map((one) => carts.find((cart) => cart.id === one));
        if (mine === undefined) throw refuse("SERVER_UNKNOWN_CART", "id", id);
        checkCondition(mine, { match });
        if (other === undefined) throw refuse("SERVER_UNKNOWN_CART", "body/from", from);
        const merged = await store.updateCart(tx, id, merge(mine, other), stamps());
        await store.deleteCart(tx, from);
        return toView(merged);
      });
    },
    /** @throws HaggleError SERVER_UNKNOWN_CART, SERVER_CHANGED */
    async remove(id: string, match: string): Promise<void> {
      await database.transaction(async (tx) => {
        await lock(tx, id, match);
        await store.deleteCart(tx, id);
      });
    },
    /** Of a customer who is erased. */
    forget: (tx: Queryable, customer: string): Promise<void> => store.deleteCartsOf(tx, customer),
    sweep,
    /** Sweeps away what has expired, from now on. Returns what ends it. */
    watch: (): (() => Promise<void>) =>
      startWorker({ name: "carts", work: sweep, everyMs: SWEEP_EVERY_MS, log }).stop,
  };
}

function toView({ customer, region, shippingMethod, coupons, lines, ...cart }: store.StoredCart): CartView {
  return {
    ...cart,
    ...(customer !== null && { customer }),
    ...(region !== null && { region }),
    ...(shippingMethod !== null && { shippingMethod }),
    coupons: [...coupons],
    lines: [...lines],
  };
}
