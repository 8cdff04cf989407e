// What is said of decorators and their keys (`language/decorators.ts`), in English and Simplified Chinese.

import type { Sentence } from "../sentence.ts";

export const DOCS: readonly Sentence[] = [
  ["What `@promo(...)` says of a promotion.", "`@promo(...)` 对优惠的说明。"],
  [
    "The rule's name: unique in a project, and the id of its promotion where no promotion names it. It is a metrics label and a column of tables too: 1 to 128 characters.",
    "规则的名称：在项目中不得重复；没有优惠使用该规则时，它就是其优惠的 id。它也是指标的标签和表格的列：1 到 128 个字符。",
  ],
  [
    "Promotions of one phase and lane run by priority, the highest first; equal ones by id. 0 when left out.",
    "同一阶段、同一通道的优惠按优先级运行，数值大的在先；相等时按 id。省略时为 0。",
  ],
  [
    "The group that the promotion is a member of. The policy says what its members do to each other: all apply, the first that grants something wins, or the one that takes most (or least) off.",
    "优惠所属的分组。策略规定其成员之间如何取舍：全部生效，或以第一个给出优惠的为准，或以减得最多（或最少）的为准。",
  ],
  [
    "When it runs: `catalog` changes prices before all else, then come `line`, `order` and `shipping`. When left out, the phase of its widest effect.",
    "何时运行：`catalog` 最先改变价格，随后是 `line`、`order` 和 `shipping`。省略时为其最大范围的效果所在的阶段。",
  ],
  [
    "True for a rule that runs only in promotions that name it, with parameters of theirs.",
    "为 true 时，规则只在使用它的优惠中运行，参数由优惠给出。",
  ],
  ["What `@pricing(...)` says of a pricing rule.", "`@pricing(...)` 对定价规则的说明。"],
  [
    "The rule's name, unique in a project: strategies name it. 1 to 128 characters.",
    "规则的名称，在项目中不得重复：定价策略以此引用它。1 到 128 个字符。",
  ],
  [
    "Pricing rules run by priority, the highest first; each sees the prices that the one before left. 0 when left out.",
    "定价规则按优先级运行，数值大的在先；每条规则看到的是前一条得出的价格。省略时为 0。",
  ],
  [
    "True for a rule that runs only in strategies and promotions that name it, with parameters of theirs.",
    "为 true 时，规则只在使用它的定价策略和优惠中运行，参数由它们给出。",
  ],
  [
    "Makes a function a promotion: it looks at a cart and returns what is taken off, and why.\nThe function is `export function name(ctx: Context): Result`, or `(ctx: Context, p: Parameters): Result` with a class of parameters, whose fields have defaults.",
    "使函数成为优惠：它查看购物车，返回减去多少以及原因。\n函数写成 `export function name(ctx: Context): Result`，或带参数类的 `(ctx: Context, p: Parameters): Result`，参数类的字段都有默认值。",
  ],
  [
    "Makes a function a pricing rule: it says what one unit of a line shall cost, before any promotion.\nThe function is `export function name(ctx: Context, line: Line): Money`, or `(ctx: Context, line: Line, p: Parameters)` with a class of parameters.",
    "使函数成为定价规则：它给出商品行中一件商品的价格，先于所有优惠。\n函数写成 `export function name(ctx: Context, line: Line): Money`，或带参数类的 `(ctx: Context, line: Line, p: Parameters)`。",
  ],
];
