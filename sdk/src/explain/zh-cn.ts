import type { Comparison, ConditionKind, MatchMode, Texts } from "./texts.ts";

const NOUNS: { readonly [Kind in ConditionKind]: string } = {
  goodsTotal: "商品总额",
  quantity: "商品件数",
  lines: "商品行数",
  lineQuantity: "单行最大件数",
  orderTotal: "订单总额",
  shippingTotal: "运费总额",
  cheapest: "最低单价",
  dearest: "最高单价",
  segments: "客户分群",
  tier: "会员等级",
  loggedIn: "登录",
  orders: "历史订单数",
  counter: "客户属性",
  customer: "客户属性",
  channel: "渠道",
  market: "市场",
  paymentMethod: "支付方式",
  shippingMethod: "配送方式",
  coupons: "优惠券",
  timeOfDay: "当地时间",
  weekday: "星期",
  period: "时间",
};

const COMPARISONS: { readonly [Name in Comparison]: string } = {
  atLeast: "至少",
  atMost: "至多",
  equal: "等于",
  notEqual: "不等于",
  moreThan: "超过",
  lessThan: "少于",
};

const MODES: { readonly [Mode in MatchMode]: string } = {
  any: "",
  every: "同时满足",
  none: "不含",
  notEvery: "不同时满足",
};

const FIELDS = { categories: "类目", products: "商品", skus: "SKU" };
const RANGES = { unitPrice: "单价 ", quantity: "件数 ", number: "" };

export const ZH_CN: Texts = {
  quoted: (name) => `「${name}」`,
  sentence: (name, parts) => `「${name}」${parts.join("；")}。`,
  applied: "已生效",
  priced: "已设定单价",
  goodsOff: (amount, lines) => `在 ${lines} 行商品上优惠 ${amount}`,
  shippingOff: (amount) => `运费优惠 ${amount}`,
  added: (quantity, sku) => `赠送 ${quantity} 件 ${sku}`,
  points: (amount) => `赠送 ${amount} 积分`,
  cashback: (amount) => `之后返还 ${amount}`,
  capped: (wanted, nothing) =>
    nothing ? `应优惠 ${wanted}，但已无可优惠的金额` : `应优惠 ${wanted}，但可优惠的金额不足`,
  marginHeld: "毛利底线限制了优惠",
  says: (reason, amount) => `提示 ${reason}（${amount}）`,
  unlock: (amount) => `还差 ${amount}`,
  lost: (winner) => (winner === undefined ? "让位于其他优惠" : `让位于${winner}`),
  stopped: (by) => `未执行：${by ?? "之前的优惠"}之后不再叠加其他优惠`,
  exhausted: (allowances) =>
    allowances === undefined ? "未生效：额度已用完" : `未生效：${allowances}的剩余额度不足`,
  notYet: (time) => `未执行：${time} 开始`,
  over: (time) => `未执行：已于 ${time} 结束`,
  needsCoupon: (code) => `未执行：需要优惠券 ${code}`,
  serverOnly: "未执行：仅在服务器上执行",
  inactive: "未执行：当前未启用",
  failed: (code) => `执行出错，未计入${code === undefined ? "" : `（${code}）`}`,
  givesNothing: "未生效：对此购物车没有优惠",
  notEligible: (condition) => `未生效：${condition}`,
  conditionNumber: (position) => `第 ${position} 个条件不满足`,
  off: "未执行：已被渠道关闭",
  unknownPromotion: "不在此版本中",
  refused: (code) => `无法说明：购物车无法计价（${code}）`,
  compared: (noun, actual, comparison, value, gap) => {
    const missing = comparison === "atLeast" || comparison === "moreThan" ? "还差" : "超出";
    return `${noun}${actual === undefined ? "" : `为 ${actual}`}，需要${COMPARISONS[comparison]} ${value}${gap === undefined ? "" : `（${missing} ${gap}）`}`;
  },
  matched: (noun, actual, needs) => `${noun}${actual === undefined ? "" : `为 ${actual}`}，需要 ${needs}`,
  match: (mode, values) => `${MODES[mode]}${mode === "any" ? "" : " "}${values}`,
  loggedIn: (wanted) => (wanted ? "客户未登录" : "客户已登录"),
  between: (noun, actual, from, until, inside) =>
    `${noun}${actual === undefined ? "" : `为 ${actual}`}，需要${inside ? "" : "不"}在 ${from} 至 ${until} 之间`,
  period: (from, until, inside) => {
    const span = [from === undefined ? "" : `自 ${from} 起`, until === undefined ? "" : `至 ${until} 止`];
    return `${inside ? "仅在" : "不在"}${span.filter((part) => part !== "").join("、")}的期间内有效`;
  },
  weekdays: (actual, days, wanted) =>
    `${actual === undefined ? "星期" : `今天是${actual}`}，需要${wanted ? "" : "不"}是${days}`,
  noun: (kind, key) => (key === "" ? NOUNS[kind] : `${NOUNS[kind]}「${key}」`),
  ofGoods: (noun, goods) => `${noun}（${goods}）`,
  field: (name, needs) => `${FIELDS[name]} ${needs}`,
  attribute: (key, needs) => `${key} ${needs}`,
  range: (name, min, max) =>
    RANGES[name] +
    (min === undefined ? `不超过 ${max}` : max === undefined ? `不低于 ${min}` : `${min} 至 ${max}`),
  subscription: (wanted) => (wanted ? "订阅商品" : "非订阅商品"),
  undiscounted: "尚未优惠",
  nothing: "无",
  headers: ["优惠", "状态", "应优惠", "已优惠", "说明"],
};
