// What the last evaluation did, as text; only debug builds export it.

import * as L from "./layout";

/**
 * One line per effect: promotion, kind, target, wanted and granted in minor units, then the promotions that got
 * nothing with their status and fault. Names are the host's: promotions are numbered in the order of the table.
 */
export function trace(): string {
  let text = "";
  const offers = load<i32>(L.DECISION + L.DECISION_OFFER_COUNT);
  let offer: usize = load<u32>(L.DECISION + L.DECISION_OFFERS);
  for (let i = 0; i < offers; i++, offer += L.OFFER_STRIDE) {
    text += "promotion " + load<i32>(offer, L.OFFER_PROMOTION).toString();
    text += " " + kindName(load<i32>(offer, L.OFFER_KIND));
    const target = load<i32>(offer, L.OFFER_TARGET);
    if (target != L.NONE) text += " " + target.toString();
    text += " wanted " + load<i64>(offer, L.OFFER_WANTED).toString();
    text += " granted " + load<i64>(offer, L.OFFER_GRANTED).toString();
    text += "\n";
  }
  const promotions = load<i32>(L.DECISION + L.DECISION_PROMOTION_COUNT);
  let outcome: usize = load<u32>(L.DECISION + L.DECISION_PROMOTIONS);
  for (let i = 0; i < promotions; i++, outcome += L.OUTCOME_STRIDE) {
    const status = load<i32>(outcome, L.OUTCOME_STATUS);
    if (status == L.STATUS_APPLIED || status == L.STATUS_CAPPED) continue;
    text += "promotion " + i.toString() + " " + statusName(status);
    const fault = load<i32>(outcome, L.OUTCOME_FAULT);
    if (fault != L.FAULT_NONE) text += " fault " + fault.toString();
    text += "\n";
  }
  return text;
}

function kindName(kind: i32): string {
  switch (kind) {
    case L.KIND_ORDER_AMOUNT:
      return "order amount";
    case L.KIND_ORDER_PERCENT:
      return "order percent";
    case L.KIND_LINE_AMOUNT:
      return "line amount";
    case L.KIND_LINE_PERCENT:
      return "line percent";
    case L.KIND_LINES_PERCENT:
      return "lines percent";
    case L.KIND_SHIPPING_AMOUNT:
      return "shipping amount";
    case L.KIND_SHIPPING_PERCENT:
      return "shipping percent";
    default:
      return "message";
  }
}

function statusName(status: i32): string {
  switch (status) {
    case L.STATUS_NOT_ELIGIBLE:
      return "not eligible";
    case L.STATUS_LOST:
      return "lost to its group";
    case L.STATUS_FAILED:
      return "failed";
    default:
      return "inactive";
  }
}
