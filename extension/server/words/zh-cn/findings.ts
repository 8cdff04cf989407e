// What a check of the whole table says, in English and Simplified Chinese; and the parts that its sentences are made of.

import type { Sentence } from "../sentence.ts";

export const FINDINGS: readonly Sentence[] = [
  ["no order was found that draws more than {0} from '{1}'", "未找到从 “{1}” 中支取超过 {0} 的订单"],
  [
    "One order can use up '{0}': '{1}' has no cap of its own.",
    "一个订单就能用尽 “{0}”：“{1}” 自身没有上限。",
  ],
  [
    "One order can use up '{0}': '{1}' may draw more than the {2} that it holds.",
    "一个订单就能用尽 “{0}”：“{1}” 可支取超过其中的 {2}。",
  ],
  [
    "'{0}' takes an amount off but asks for no goods of that worth: this cart's goods cost nothing.",
    "“{0}” 减去一笔金额，却不要求商品达到该价值：此购物车的商品价格变为零。",
  ],
  ["{0} wants to take more than the margin floor lets.", "{0} 想减去的多于毛利底线所允许的。"],
  ["{0} wants to take more than there is.", "{0} 想减去的多于剩余的金额。"],
  ["{0} together want to take more than the margin floor lets.", "{0} 合起来想减去的多于毛利底线所允许的。"],
  ["{0} together want to take more than there is.", "{0} 合起来想减去的多于剩余的金额。"],
  ["the order of promotions cannot be changed here", "此处无法改变优惠的次序"],
  ["only {0} pairs of promotions were looked at", "只检查了 {0} 对优惠"],
  [
    "The price depends on the order of {0}, which only their names decide: their priorities are equal.",
    "价格取决于 {0} 的次序，而次序只由名称决定：它们的优先级相同。",
  ],
  [
    "The price depends on the order of {0}: '{1}' comes first by its priority.",
    "价格取决于 {0} 的次序：“{1}” 因其优先级排在前面。",
  ],
  [
    "'{0}' and '{1}' overlap in time and both apply to the same goods.",
    "“{0}” 与 “{1}” 的时间重叠，且都作用于同样的商品。",
  ],
  [
    "'{0}' and '{1}' overlap in time; one of them gives way to the other.",
    "“{0}” 与 “{1}” 的时间重叠，其中一个让位于另一个。",
  ],
  ["too many promotions stand in its way", "妨碍它的优惠过多"],
  ["'{0}' stands in its way, not for certain always", "“{0}” 妨碍它，但不确定是否总是如此"],
  ["no cart was found to which '{0}' gives anything", "未找到能从 “{0}” 得到优惠的购物车"],
  ["'{0}' fails in the carts that were tried: {1}", "“{0}” 在试过的购物车中出错：{1}"],
  [
    "'{0}' shall tell what is missing, but has no threshold that a shopper could reach.",
    "“{0}” 应提示还差多少，却没有顾客能达到的门槛。",
  ],
  [
    "'{0}' tells what is missing, but gives nothing when a shopper adds it.",
    "“{0}” 提示还差多少，但顾客补足后什么也不给。",
  ],
  [
    "'{0}' speaks of a threshold at which nothing begins to apply.",
    "“{0}” 提到一个门槛，但达到后没有任何优惠开始生效。",
  ],
  ["it contradicts itself, but no cart was found that shows it", "它自相矛盾，但未找到能说明这一点的购物车"],
  [
    "{0} never applies: it asks for {1} too, which no promotion is the coupon of.",
    "{0} 永不生效：它还要求 {1}，而没有任何优惠使用该优惠券。",
  ],
  [
    "{0} never applies: {1} always comes first when it could.",
    "{0} 永不生效：在它可以生效时，总是 {1} 先生效。",
  ],
  [
    "{0} never applies: {1} together always come first when it could.",
    "{0} 永不生效：在它可以生效时，总是由 {1} 共同抢先。",
  ],
  ["{0} never applies: its time is over.", "{0} 永不生效：其时间已过。"],
  [
    "{0} never applies: its figures or filters let it give nothing.",
    "{0} 永不生效：其数值或筛选条件使它什么也给不出。",
  ],
  ["{0} never applies: what it asks of {1} contradicts itself.", "{0} 永不生效：它对{1}的要求自相矛盾。"],
];

/** What stands in the place of a `{0}`, in whatever sentence. */
export const PARTS: readonly Sentence[] = [
  ["exit code {0}", "退出码 {0}"],
  ["the rule of that name, which is a promotion by itself", "同名规则（它自身就是一个优惠）"],
  ["the goods total", "商品合计"],
  ["the order total", "订单合计"],
  ["the shipping total", "配送合计"],
  ["the number of units", "件数"],
  ["the number of lines", "商品行数"],
  ["the units of one line", "单个商品行的件数"],
  ["the cheapest price", "最低单价"],
  ["the dearest price", "最高单价"],
  ["the customer's tier", "客户等级"],
  ["the channel", "渠道"],
  ["the market", "市场"],
  ["the payment method", "支付方式"],
  ["the shipping method", "配送方式"],
  ["earlier orders", "历史订单数"],
  ["whether the customer is logged in", "客户是否登录"],
  ["segments", "分群"],
  ["coupons", "优惠券"],
  ["time", "时间"],
  ["an object", "对象"],
  ["a list", "列表"],
  ["text", "文本"],
  ["a whole number", "整数"],
  ["true or false", "true 或 false"],
  ["something else", "其他内容"],
  ["A value", "一个值"],
  ["A name in quotes", "带引号的名称"],
  ["The end of the text", "文本的结尾"],
  ["another spelling", "另一种写法"],
  ["'{0}' of coupon '{1}'", "“{0}”（优惠券 “{1}”）"],
  ["allowance '{0}'", "额度 “{0}”"],
  ["customer '{0}'", "客户属性 “{0}”"],
  ["counter '{0}'", "计数器 “{0}”"],
  ["number '{0}'", "数值属性 “{0}”"],
  ["text '{0}'", "文本属性 “{0}”"],
];
