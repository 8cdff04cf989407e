// Only in debug builds: the last evaluation as text, in the managed runtime, for `@assemblyscript/loader`.

import * as L from "./layout";

/** One line per offer: position among the candidates, target and type, symbol of the reason, wanted, granted; then the total. */
export function trace(): string {
  let text = "";
  let offer: usize = load<u32>(L.DECISION + L.DECISION_OFFERS);
  for (let i = 0, n = load<i32>(L.DECISION + L.DECISION_OFFER_COUNT); i < n; i++) {
    text += "promotion " + load<i32>(offer, L.OFFER_PROMOTION).toString();
    text += " " + targetName(load<i32>(offer, L.OFFER_TARGET));
    text += " " + typeName(load<i32>(offer, L.OFFER_TYPE));
    text += " reason " + load<u32>(offer, L.OFFER_REASON).toString();
    text += " wanted " + load<i64>(offer, L.OFFER_WANTED).toString();
    text += " granted " + load<i64>(offer, L.OFFER_GRANTED).toString() + "\n";
    offer += L.OFFER_STRIDE;
  }
  return text + "total " + load<i64>(L.DECISION + L.DECISION_TOTAL).toString() + "\n";
}

function targetName(target: i32): string {
  switch (target) {
    case L.TARGET_UNIT:
      return "unit";
    case L.TARGET_LINE:
      return "line";
    case L.TARGET_LINES:
      return "lines";
    case L.TARGET_ORDER:
      return "order";
    case L.TARGET_SHIPPING:
      return "shipping";
    case L.TARGET_GIFT:
      return "gift";
    case L.TARGET_POINTS:
      return "points";
    case L.TARGET_CASHBACK:
      return "cashback";
    default:
      return "message";
  }
}

function typeName(type: i32): string {
  return type == L.TYPE_PERCENT ? "percent" : type == L.TYPE_PRICE ? "price" : "amount";
}
