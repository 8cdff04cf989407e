// The tables of test/vectors/check: shops in order, the same with a fault planted into them, and near misses of it.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Cart, DEFAULT_POLICY, type Policy, type Promotion, parsePromotions } from "@haggle/abi";
import type { Engine, PricedDecision } from "@haggle/sdk";
import { type CheckReport, checkPromotions, type Finding } from "@haggle/toolchain";
import { type BuiltRules, makeEngine } from "./rules.ts";

const FOLDER = join(import.meta.dirname, "../vectors/check");

export type CheckTable = {
  name: string;
  promotions: Promotion[];
  policy: Policy;
  now?: number;
  budgets?: Record<string, number>;
  /** What must be found: a code, and the promotions that it is about. */
  fault?: { code: string; promotions: string[] };
};

/** A table's file: what it has beyond its shop. */
type File = Omit<CheckTable, "name" | "policy" | "promotions"> & {
  shop?: string;
  promotions: Promotion[];
  policy?: Partial<Policy>;
};

type Shop = { promotions: Promotion[]; policy: Partial<Policy> };
const NO_SHOP: Shop = { promotions: [], policy: {} };

export function readTables(kind: "planted" | "clean"): CheckTable[] {
  return readdirSync(join(FOLDER, kind))
    .sort()
    .map((file) => {
      const { shop, promotions, policy, ...rest } = readJson<File>(join(FOLDER, kind, file));
      const own = shop === undefined ? NO_SHOP : readJson<Shop>(join(FOLDER, "shops", `${shop}.json`));
      return {
        name: file.replace(/\.json$/, ""),
        promotions: parsePromotions([...own.promotions, ...promotions], file),
        policy: { ...DEFAULT_POLICY, ...own.policy, ...policy },
        ...rest,
      };
    });
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

/** Checks a table with the engine that prices for the shop's server. */
export async function checkTable(
  built: BuiltRules,
  table: Omit<CheckTable, "name">,
): Promise<CheckReport & { engine: Engine }> {
  const { promotions, policy, now, budgets } = table;
  const engineOf = (own: readonly Promotion[]) =>
    makeEngine(built, { promotions: own, policy, server: true });
  const engine = await engineOf(promotions);
  const report = await checkPromotions({
    promotions: engine.promotions,
    policy,
    metadata: built.metadata,
    price: (cart: Cart) => engine.evaluate(cart),
    reorder: async (own) => {
      const other = await engineOf(own);
      return (cart) => other.evaluate(cart);
    },
    ...(now === undefined ? {} : { now }),
    ...(budgets === undefined ? {} : { budgets }),
  });
  return { ...report, engine };
}

/** Whether the fault of a table is among what was found. */
export function isFound({ fault }: CheckTable, { findings }: CheckReport): boolean {
  return findings.some(
    ({ code, promotions }) => code === fault?.code && fault.promotions.every((id) => promotions.includes(id)),
  );
}

/** Whether the engine says of the finding's cart, in so far as one cart alone can show it, what the finding says. */
export function isShown({ code, promotions, cart }: Finding, engine: Engine): boolean {
  const decision = engine.evaluate(cart);
  if (!decision.ok) return false;
  const [first = ""] = promotions;
  switch (code) {
    case "CHECK_UNREACHABLE":
    case "CHECK_SHADOWED":
    case "CHECK_COUPON":
      return !givenIn(decision).includes(first);
    case "CHECK_MARGIN":
      return decision.marginHeld;
    case "CHECK_FLOOR":
      return (
        decision.promotions.some(({ wanted, granted }) => granted < wanted) ||
        decision.lines.some(({ total }) => total === 0)
      );
    case "CHECK_BUDGET": {
      const { allowances: _, ...unlimited } = cart;
      const free = engine.evaluate(unlimited);
      const granted = ({ promotions: outcomes }: PricedDecision) =>
        outcomes.find(({ id }) => id === first)?.granted;
      return free.ok && (granted(free) ?? 0) > (granted(decision) ?? 0);
    }
    case "CHECK_ORDER":
    case "CHECK_OVERLAP":
      return givenIn(decision).some((id) => promotions.includes(id));
    case "CHECK_UNLOCK":
      return true;
  }
}

/** The promotions that gave something. */
export function givenIn({ promotions }: PricedDecision): string[] {
  return promotions
    .filter(
      ({ status, wanted, granted }) =>
        status === "applied" || (status === "capped" && (granted > 0 || wanted === 0)),
    )
    .map(({ id }) => id);
}
