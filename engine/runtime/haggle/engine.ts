// The promotion engine: runs the candidates of the table in order and resolves what they want. It is part of every
// bundle, so an order can be priced again years later with the bytes that priced it. engine/cli/PRICING.md says how.

import { startApplying } from "./apply";
import { clearMask } from "./choices";
import { finishDecision, startDecision } from "./decision";
import { addToTree, resolveTree, startGroups, startTree } from "./groups";
import * as L from "./layout";
import { startClaims } from "./limits";
import { indexLines } from "./lines";
import { startMargin } from "./margin";
import { resetOrders } from "./orders";
import { startPricing } from "./pricing";
import { candidateAt, effectsFirst, effectsStop, gather, resetScope, runPricing, runPromotion, setStatus, startPromotions } from "./promotion";
import { lineAddress } from "./records";
import { inCatalog, setCatalog, setGoods, startState, sumRoom } from "./state";

// Where the evaluation stands: it goes on from here after a rule has faulted.
let position: i32 = 0;
let count: i32 = 0;
/** Where the tree at hand ends; 0 outside of trees. */
let treeEnd: i32 = 0;

/** Prices the cart at CART with the candidates among the table at TABLE into DECISION. Returns the decision's length in bytes. */
export function evaluate(): i32 {
  if (load<i32>(L.CART + L.CART_MAGIC) != L.ABI_MAGIC || load<i32>(L.CART + L.CART_VERSION) != L.ABI_VERSION) unreachable();
  if (load<i32>(L.TABLE + L.TABLE_MAGIC) != L.ABI_MAGIC || load<i32>(L.TABLE + L.TABLE_VERSION) != L.ABI_VERSION) unreachable();
  store<i32>(L.CONTROL + L.CONTROL_RUN, L.RUN_RESOLVER);
  store<i32>(L.CONTROL + L.CONTROL_FAULT, L.FAULT_NONE);
  count = load<i32>(L.CONTROL + L.CONTROL_CANDIDATE_COUNT);
  position = 0;
  treeEnd = 0;
  setCatalog(false);
  indexLines();
  startState();
  startPricing();
  resetOrders(false);
  startApplying();
  startClaims();
  startMargin();
  startGroups();
  clearMask();
  startPromotions(startDecision(count));
  return run();
}

/** Goes on behind the rule that trapped or ran dry: the host has written why into the control block. */
export function resume(): i32 {
  const current = load<i32>(L.CONTROL + L.CONTROL_CURRENT);
  setStatus(current, L.STATUS_FAILED, load<i32>(L.CONTROL + L.CONTROL_FAULT));
  store<i32>(L.CONTROL + L.CONTROL_RUN, L.RUN_RESOLVER);
  store<i32>(L.CONTROL + L.CONTROL_FAULT, L.FAULT_NONE);
  position = current + 1;
  return run();
}

function run(): i32 {
  while (position < count || treeEnd != 0) {
    if (treeEnd != 0 && position == treeEnd) {
      resolveTree();
      treeEnd = 0;
      continue;
    }
    const promotion = candidateAt(position);
    if (treeEnd == 0) {
      const phase = load<i32>(promotion, L.PROMOTION_PHASE);
      if (phase == L.PHASE_PRICING) {
        runPricing(position++, promotion);
        continue;
      }
      if (phase == L.PHASE_CATALOG) setCatalog(true);
      else if (inCatalog) closeCatalog();
      const tree = load<u32>(promotion, L.PROMOTION_TREE);
      if (tree == 0) {
        runPromotion(position++, promotion);
        continue;
      }
      treeEnd = endOfTree(tree);
      startTree(position, treeEnd);
      // Effects of all members stay in the arena until the tree is resolved.
      __arenaReset();
    }
    if (gather(position, promotion)) addToTree(position, effectsFirst, effectsStop);
    position++;
  }
  if (inCatalog) closeCatalog();
  const length = finishDecision();
  store<i32>(L.CONTROL + L.CONTROL_RUN, L.RUN_DONE);
  return length;
}

function endOfTree(tree: u32): i32 {
  let end = position + 1;
  while (end < count && load<u32>(candidateAt(end), L.PROMOTION_TREE) == tree) end++;
  return end;
}

/** What the catalog phase took becomes the price that everything behind it sees. */
function closeCatalog(): void {
  setCatalog(false);
  resetScope();
  const lines = load<i32>(L.CART + L.CART_LINE_COUNT);
  let line = lineAddress(0);
  let changed = false;
  for (let i = 0; i < lines; i++, line += L.LINE_STRIDE) {
    const taken = load<i64>(line, L.LINE_DISCOUNT);
    if (taken == 0) continue;
    changed = true;
    const price = load<i64>(line, L.LINE_UNIT_PRICE) - taken / (load<i32>(line, L.LINE_QUANTITY) as i64);
    store<i64>(line, price, L.LINE_UNIT_PRICE);
    store<i64>(line, taken, L.LINE_CATALOG);
    store<i64>(line, 0, L.LINE_DISCOUNT);
  }
  if (!changed) return;
  indexLines();
  resetOrders(true);
  setGoods(load<i64>(L.CART + L.CART_SUBTOTAL));
  sumRoom();
}
