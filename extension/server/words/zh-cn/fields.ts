// What the schemas say of data files and their fields, in English and Simplified Chinese: those of promotions, policy, bounds,
// strategies and cases.

import type { Sentence } from "../sentence.ts";

/** What the files are. Apart from the others: a single word may be a name in a finding, and names stay as they are. */
export const TITLES: readonly Sentence[] = [
  ["Promotions", "优惠"],
  ["Policy", "策略"],
  ["Bounds", "价格边界"],
  ["Pricing strategies", "定价策略"],
  ["Cases of promotion rules", "优惠规则的用例"],
];

export const FIELDS: readonly Sentence[] = [
  // Of several files.
  ['A percentage in quotes, such as "12.5"', '带引号的百分比，例如 "12.5"'],
  [
    "A moment such as 2026-11-27T00:00:00+01:00, or milliseconds since 1970",
    "时刻，例如 2026-11-27T00:00:00+01:00，或自 1970 年起的毫秒数",
  ],
  [
    "A moment with an offset, such as 2026-11-27T00:00:00+01:00",
    "带时区偏移的时刻，例如 2026-11-27T00:00:00+01:00",
  ],
  ["What differs from the rule's defaults", "与规则默认值不同的参数"],

  // Of promotions.
  ["One promotion of this shop, or a list of them", "此店铺的一个优惠，或优惠的列表"],
  [
    'Which lines: all that is stated must hold, or one of it with `match: "any"`',
    '哪些商品行：须满足写出的全部条件；写 `match: "any"` 时满足其一即可',
  ],
  ['A time of day in quotes, such as "09:30"', '带引号的时刻，例如 "09:30"'],
  ["Unique among all promotions of the shop", "在店铺的所有优惠中不得重复"],
  ["A rule of this project", "此项目的一条规则"],
  ["All effects that move money, or none", "改变金额的效果要么全部生效，要么都不生效"],
  ["The lines that a pricing rule prices", "定价规则为哪些商品行定价"],
  ["One of the policy's lanes", "策略中的一个通道"],
  ["Higher runs first; 0 when left out", "数值大的先运行；省略时为 0"],
  ["Promotions of one group meet as the policy says", "同一分组的优惠相遇时按策略取舍"],
  ["Applies alone", "单独生效，不与其他优惠叠加"],
  ["Nothing behind it applies", "排在它之后的优惠都不生效"],
  ["The campaign that a coupon has to be of", "优惠券所属的活动"],
  [
    "Units that it takes serve no other promotion that says so",
    "它占用的商品件不再用于其他同样写明此项的优惠",
  ],
  ["Only lines that nothing was taken off yet", "只用于尚未减价的商品行"],
  ["Tells what is missing when only a threshold fails", "仅差一个门槛时，提示还差多少"],
  ["Reads what only the server knows", "读取只有服务器知道的内容"],
  ["The key of an experiment: small letters, digits and hyphens", "实验的键：小写字母、数字和连字符"],
  ["The key of a variant: small letters, digits, _ and hyphens", "变体的键：小写字母、数字、_ 和连字符"],
  [
    "What differs in a variant, or false where it does not run at all",
    "在某个变体中有何不同；写 false 则在该变体中不运行",
  ],

  // Of the policy.
  [
    "The shop's own rules of order, rounding, splitting, floors and faults",
    "店铺自己的规定：次序、舍入、分摊、底线和故障处理",
  ],
  ["The preset that holds where this file says nothing", "此文件没有写明之处所用的预设"],
  ["Decisions name it", "写入计价结果中的名称"],
  ["Whether lines are sorted and merged", "商品行是否排序并合并"],
  ["Whether lines come before the order", "商品行的优惠是否先于订单的优惠"],

  // Of bounds.
  [
    "Within which strategies may set unit prices; the first that has a sku counts",
    "定价策略设定单价的允许范围；以第一个包含该 sku 的条目为准",
  ],
  [
    "One sku, or all that begin with what stands before a * at its end",
    "一个 sku；以 * 结尾时，指以 * 之前的文字开头的所有 sku",
  ],
  ["The least that a strategy may ask for, in minor units", "定价策略可定的最低单价，以最小货币单位表示"],
  ["The most, in minor units", "最高单价，以最小货币单位表示"],

  // Of strategies.
  [
    "Which pricing rule prices which skus; the first strategy that takes a sku prices it",
    "哪条定价规则为哪些 sku 定价；由第一个包含该 sku 的定价策略定价",
  ],
  [
    "Unique in the file: lower-case letters, digits, hyphens, underscores",
    "在文件中不得重复：小写字母、数字、连字符、下划线",
  ],
  ["A pricing rule of the live release", "当前发布版本中的一条定价规则"],
  ["A sku, or the beginning of skus with * at its end", "一个 sku，或以 * 结尾的 sku 开头部分"],
  ["Skus, or how they begin: lamp-*", "若干 sku，或其开头部分：lamp-*"],
  ["A sku of any of them", "属于其中任一类目的 sku"],
  [
    "The name of a release channel: lower-case letters, digits and hyphens",
    "发布渠道的名称：小写字母、数字和连字符",
  ],
  ["Release channels; all when left out", "发布渠道；省略时为全部"],
  [
    "Prices of their own for customers of a tier; for everybody when left out",
    "为某些等级的客户单独定价；省略时适用于所有人",
  ],
  ["Units in stock, both ends included", "库存件数，包含两端"],
  ["From the first moment until just before the second", "从第一个时刻起，到第二个时刻之前为止"],
  ["The key of an experiment of the unit sku", "以 sku 为单位的实验的键"],
  ["Lower-case letters, digits, hyphens and underscores", "小写字母、数字、连字符和下划线"],
  ["No price from this strategy", "此定价策略不定价"],
  [
    "Parameters merged over the strategy's own; a variant that is left out changes none",
    "覆盖定价策略自身参数的参数；省略的变体不改变任何参数",
  ],
  ["Prices that differ by variant", "随变体而不同的价格"],
  [
    "A version such as v2026.11.22-abc, another one for each change of the file",
    "版本号，例如 v2026.11.22-abc；文件每次改动都要换一个",
  ],
  [
    "The version again, in the last line: a file that lacks it is torn",
    "在最后一行重复版本号：缺少它说明文件不完整",
  ],

  // Of cases.
  ["Carts, and what they must come to", "购物车，以及各自应得的结果"],
  ["What the case shows", "此用例说明什么"],
  ["What is priced", "要计价的购物车"],
  [
    "A part of the decision: objects may leave fields out, arrays are compared whole",
    "计价结果的一部分：对象可省略字段，数组则整体比较",
  ],
  [
    "What runs, instead of the rules beside the file with their defaults",
    "运行哪些优惠，取代文件旁使用默认值的规则",
  ],
  [
    "What differs from the defaults of the one rule beside the file",
    "与文件旁唯一一条规则的默认值不同的参数",
  ],
  ["What differs from the project's policy", "与项目的策略不同之处"],
  ["The variants that the customer is in, by experiment", "客户在各个实验中所属的变体"],

  // Of their carts.
  ["Of the cart", "购物车的 id"],
  ['The currency\'s code, such as "EUR"', '币种代码，例如 "EUR"'],
  ["The moment, in milliseconds since 1970", "时刻，自 1970 年起的毫秒数"],
  ["Where it is bought", "购买的渠道"],
  ["The market that prices are for", "价格所属的市场"],
  [
    "By which times of day and weekdays are told; the policy knows it",
    "据以判断时刻和星期的时区；须在策略中写明",
  ],
  ["How it is paid", "支付方式"],
  ["What is in the cart", "购物车中的商品行"],
  ["Of this line", "商品行的 id"],
  ["What is bought", "所购商品"],
  ["The product that the sku is a variant of", "该 sku 所属的产品"],
  ["The categories that it is in", "所属的类目"],
  ["How many units", "件数"],
  ["What one unit costs, in minor units: 1250 is 12.50", "一件的价格，以最小货币单位表示：1250 即 12.50"],
  [
    "What one unit costs the shop; only servers know, in minor units: 1250 is 12.50",
    "一件的成本，只有服务器知道，以最小货币单位表示：1250 即 12.50",
  ],
  [
    "Below which no unit is sold; only servers know, in minor units: 1250 is 12.50",
    "一件的最低售价，只有服务器知道，以最小货币单位表示：1250 即 12.50",
  ],
  ['The rate in percent and in quotes, such as "19"', '带引号的百分比税率，例如 "19"'],
  ["Whether it is bought again and again", "是否为订阅购买"],
  ["Values of the shop's own: texts, whole numbers, flags", "店铺自定义的值：文本、整数、true 或 false"],
  ["Ways of sending, priced", "配送方式及其价格"],
  ["Of this entry", "配送条目的 id"],
  ["How it is sent", "配送方式"],
  ["What sending costs, in minor units: 1250 is 12.50", "配送费用，以最小货币单位表示：1250 即 12.50"],
  ["Who buys; left out for nobody known", "客户；未知时省略"],
  ["Of the customer", "客户的 id"],
  ["The segments that the customer is in", "客户所属的分群"],
  ["The customer's tier", "客户等级"],
  ["Whether the customer is known", "客户是否已登录"],
  ["Orders completed so far", "至今完成的订单数"],
  ["The codes that were given", "输入的优惠券码"],
  ["What is left of budgets and limits, by name", "各项预算和限额的剩余额度，按名称"],

  // Of what they must come to.
  ["Why there is no price", "没有价格的原因"],
  ["Goods before discounts", "优惠前的商品合计"],
  ["What is taken off goods and shipping", "商品和配送的优惠合计"],
  ["Shipping after discounts", "优惠后的配送费用"],
  ["The tax, where the policy computes one", "税额，仅当策略计税时"],
  ["To be paid without tax", "不含税的应付金额"],
  ["To be paid with tax, before rounding to coins", "含税的应付金额，现金取整之前"],
  ["What rounding to coins added, or took", "现金取整增加或减少的金额"],
  ["What is to be paid", "应付金额"],
  ["Each line with its discounts", "各商品行及其优惠"],
  ["Each entry of shipping with its discounts", "各配送条目及其优惠"],
  ["Goods that promotions put into the order", "优惠加入订单的商品"],
  ["What became of each promotion, in the order in which they ran", "各优惠的结果，按运行的次序"],
  ["What became of each code", "各优惠券码的结果"],
  ["What is drawn from allowances", "从各额度中支取的数量"],
  ["Points, and money that is given back later", "积分，以及之后返还的金额"],
  ["What promotions have to say", "优惠给出的消息"],
  ["The margin floor held something back", "毛利底线阻止了部分优惠"],
];
