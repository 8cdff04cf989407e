// What a shopper's browser came to, against what the server did. A digest says of which release, cart and amounts it is, and
// nothing else: so the server computes again what the browser could see, and where that is something else, it changes one
// thing after another until the digest is the browser's. What it then names is proven, not guessed.

import { setImmediate } from "node:timers/promises";
import type { Cart, Decision, Engine, PricedDecision } from "@haggle/sdk";
import { type Change, listChanges, type Sources, type View } from "./compare-changes.ts";
import type { Claim, Comparison, DriftCause, ServerCause } from "./compare-schema.ts";
import type { SearchBudget } from "./search-budget.ts";

type Compared = {
  claim: Claim;
  /** By the server's engine, of `cart`, which has all that the server knows. */
  decision: PricedDecision;
  cart: Cart;
  /** The same as a browser may know it: without costs, floors and exact remainders. */
  openCart: Cart;
  /** Of the same release, as a browser makes it: `server` is false. */
  preview: Pick<Engine, "evaluate" | "release" | "promotions">;
  /** Asked for where something drifted. */
  findSources: () => Promise<Sources>;
  /** Of what all searches may compute. */
  spend: SearchBudget;
};

/** What is computed for a search, at most, some milliseconds: a client buys no more by a digest that fits nothing. */
export const MAX_EVALUATIONS = 80;
/** Of all of those together: a thousand lines take as long as a hundred carts of ten. */
export const MAX_LINES = 10_000;
/** Between two turns of the event loop. */
const LINES_AT_ONCE = 1_000;

/** `evaluations`: how many carts were priced for it. */
export async function compare(compared: Compared): Promise<{ comparison: Comparison; evaluations: number }> {
  const { claim, decision, openCart, preview, findSources } = compared;
  if (claim.digest === decision.digest) return { comparison: { verdict: "match" }, evaluations: 0 };
  // A browser that was not told yet what is left of limits computes as if there were none.
  const views = openCart.allowances === undefined ? [openCart] : [openCart, WITHOUT.allowances(openCart)];
  const seen = views
    .map((cart) => preview.evaluate(cart))
    .find((decision) => decision.ok && decision.digest === claim.digest);
  if (seen === undefined) {
    const { causes, evaluations } = await explainDrift(compared, await findSources());
    return { comparison: { verdict: "drift", causes }, evaluations: views.length + evaluations };
  }
  const amounts = amountsOf(seen);
  if (amountsOf(decision) === amounts) return { comparison: { verdict: "match" }, evaluations: views.length };
  const { causes, evaluations } = explainServer(compared, amounts);
  return { comparison: { verdict: "notComparable", causes }, evaluations: views.length + evaluations };
}

/** The changes, as few as may be, after which what the browser could see has its digest. */
async function explainDrift(
  { claim: { digest, ...told }, preview, openCart, spend }: Compared,
  sources: Sources,
): Promise<{ causes: DriftCause[]; evaluations: number }> {
  const view: View = { engine: preview, cart: openCart, priceOf: sources.priceOf };
  const { given, changes, unknown } = listChanges(view, told, sources);
  const start = given.reduce((from, { apply }) => apply(from), view);
  const known = given.map(({ cause }) => cause);
  let evaluations = 0;
  let lines = 0;

  /** Undefined where no more may be computed. */
  async function fits(steps: readonly Change[]): Promise<boolean | undefined> {
    const { engine, cart } = steps.reduce((from, { apply }) => apply(from), start);
    if (evaluations === MAX_EVALUATIONS || lines + cart.lines.length > MAX_LINES) return undefined;
    if (!spend(cart.lines.length)) return undefined;
    const turns = Math.floor(lines / LINES_AT_ONCE);
    lines += cart.lines.length;
    evaluations += 1;
    if (Math.floor(lines / LINES_AT_ONCE) > turns) await setImmediate();
    const decision = engine.evaluate(cart);
    return decision.ok && decision.digest === digest;
  }

  let isWhole = unknown.length === 0;
  for (const steps of combine(changes, given.length > 0)) {
    const isFound = await fits(steps);
    if (isFound) return { causes: [...known, ...steps.map(({ cause }) => cause)], evaluations };
    isWhole &&= isFound !== undefined;
    if (isFound === undefined) break;
  }
  const sure = [...known, ...unknown.filter((cause) => cause !== "unsearched")];
  return { causes: [...sure, isWhole ? "cart" : "unsearched"], evaluations };
}

/** Nothing, where what was told may be all of it; each change alone; then any two of different causes. */
function* combine(changes: readonly Change[], startsEmpty: boolean): Generator<readonly Change[]> {
  if (startsEmpty) yield [];
  for (const change of changes) yield [change];
  for (const [i, first] of changes.entries()) {
    for (const second of changes.slice(i + 1)) if (second.cause !== first.cause) yield [first, second];
  }
}

/** Of what only the server has, what made the amounts other ones. */
function explainServer(
  { decision, cart, preview }: Compared,
  amounts: string,
): { causes: ServerCause[]; evaluations: number } {
  const causes: ServerCause[] = [];
  const given = new Set(
    decision.promotions
      .filter(({ status, granted }) => status === "applied" || granted > 0)
      .map(({ id }) => id),
  );
  if (preview.promotions.some(({ id, serverOnly }) => serverOnly && given.has(id))) causes.push("serverOnly");
  if (decision.marginHeld) causes.push("marginFloor");
  const full = amountsOf(preview.evaluate(cart));
  let evaluations = 1;
  if (full !== amounts) {
    for (const [cause, without] of Object.entries(WITHOUT)) {
      evaluations += 1;
      if (amountsOf(preview.evaluate(without(cart))) !== full) causes.push(cause as keyof typeof WITHOUT);
    }
  }
  // Left: a promotion of the server's alone that gave nothing and kept another from giving.
  return { causes: causes.length > 0 ? causes : ["serverOnly"], evaluations };
}

const WITHOUT = {
  costs: (cart: Cart): Cart => ({ ...cart, lines: cart.lines.map(({ unitCost: _, ...line }) => line) }),
  floors: (cart: Cart): Cart => ({ ...cart, lines: cart.lines.map(({ minUnitPrice: _, ...line }) => line) }),
  allowances: ({ allowances: _, ...cart }: Cart): Cart => cart,
};

/** What a shopper pays and gets, as text; the code of what was refused. */
function amountsOf(decision: Decision): string {
  if (!decision.ok) return decision.error.code;
  const { subtotal, discountTotal, shippingTotal, taxTotal, cashRounding, total, added, grants } = decision;
  const entries = [...decision.lines, ...decision.shipping].map((entry) => [
    entry.discount,
    entry.total,
    entry.tax,
  ]);
  return JSON.stringify([
    [subtotal, discountTotal, shippingTotal, taxTotal, cashRounding, total],
    entries,
    added,
    grants,
  ]);
}
