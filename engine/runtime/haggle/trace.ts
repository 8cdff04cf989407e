// Only in debug builds: the last evaluation as text, in the managed runtime, for `@assemblyscript/loader`.

import * as L from "./layout";

/** One line per offer: promotion index, kind, symbol of the reason, wanted, granted; then the total. */
export function trace(): string {
  let text = "";
  let offer: usize = load<u32>(L.DECISION + L.DECISION_OFFERS);
  for (let i = 0, n = load<i32>(L.DECISION + L.DECISION_OFFER_COUNT); i < n; i++) {
    text += "promotion " + load<i32>(offer, L.OFFER_PROMOTION).toString();
    text += " " + kindName(load<i32>(offer, L.OFFER_KIND));
    text += " reason " + load<u32>(offer, L.OFFER_REASON).toString();
    text += " wanted " + load<i64>(offer, L.OFFER_WANTED).toString();
    text += " granted " + load<i64>(offer, L.OFFER_GRANTED).toString() + "\n";
    offer += L.OFFER_STRIDE;
  }
  return text + "total " + load<i64>(L.DECISION + L.DECISION_TOTAL).toString() + "\n";
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
