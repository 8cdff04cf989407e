// Ways out, in English and Simplified Chinese.

import type { Sentence } from "../sentence.ts";

export const HINTS: readonly Sentence[] = [
  ['did you mean "{0}"?', "是否想写 “{0}”？"],
  ["known here: {0}", "此处已知：{0}"],
  [
    'mark a function with `@promo(name="...")`, or name the file without `.rule`',
    '用 `@promo(name="...")` 标记一个函数，或在文件名中去掉 `.rule`',
  ],
  ["names are unique in a project", "名称在项目中不得重复"],
  [
    "write `export function name(ctx: Context): Result` or `(ctx: Context, p: Parameters)`",
    "写成 `export function name(ctx: Context): Result` 或 `(ctx: Context, p: Parameters)`",
  ],
  [
    "write `export function name(ctx: Context, line: Line): Money` or `(ctx: Context, line: Line, p: Parameters)`",
    "写成 `export function name(ctx: Context, line: Line): Money` 或 `(ctx: Context, line: Line, p: Parameters)`",
  ],
  ['write `name="..."`, `priority=10`, `group="..."`', '写成 `name="..."`、`priority=10`、`group="..."`'],
  ['write `{0}(name="...")`', '写成 `{0}(name="...")`'],
  ["phases: {0}", "阶段：{0}"],
  ["declare the parameter class in the same file", "在同一文件中声明参数类"],
  ["no extends, implements or type parameters", "不能有 extends、implements 或类型参数"],
  ["write a function beside the class", "在类之外写函数"],
  ["types of parameters: {0}", "参数的类型：{0}"],
  ["an amount in minor units, such as `300_00`", "以最小货币单位表示的金额，例如 `300_00`"],
  [
    "`Percent.of(5)`, `Percent.bp(250)` or `Percent.ppm(125_000)`, at most 100 %",
    "`Percent.of(5)`、`Percent.bp(250)` 或 `Percent.ppm(125_000)`，最多 100 %",
  ],
  ["a 32-bit integer literal", "32 位整数字面量"],
  ["`true` or `false`", "`true` 或 `false`"],
  ['a text literal, such as `"gold"`', '文本字面量，例如 `"gold"`'],
  ['`Tags.any()` or `Tags.of("a", "b")`', '`Tags.any()` 或 `Tags.of("a", "b")`'],
  ["move it into the rule function", "把它移到规则函数中"],
  [
    "only `const` with a literal may stand outside a function; make it a parameter or a local",
    "函数之外只能有带字面量的 `const`；把它改为参数或局部变量",
  ],
  ["a static field must be `readonly` with an integer literal", "静态字段须为 `readonly` 并带整数字面量"],
  ["a bundle imports nothing from its host", "规则包不从宿主导入任何东西"],
  ["it belongs to the runtime", "它属于运行时"],
  [
    "everything Haggle offers is there without an import; share code in a file under rules/",
    "Haggle 提供的一切无需导入；共用的代码放在 rules/ 下的文件中",
  ],
  ["write it as a loop", "改写为循环"],
  ["a function or method reaches itself; write it as a loop", "某个函数或方法会回到自身；改写为循环"],
  [
    "something in the rules works with fractions; use Percent and mulDiv",
    "规则中有小数运算；请用 Percent 和 mulDiv",
  ],
  [
    "something in the rules asks the host for a value; everything a rule needs is in its context",
    "规则中有代码向宿主取值；规则所需的一切都在其上下文中",
  ],
  [
    "something in the rules runs before the first evaluation; move it into a function",
    "规则中有代码在首次计价之前运行；把它移到函数中",
  ],
  ["split the project: one bundle per shop or catalogue", "拆分项目：每个店铺或商品目录一个规则包"],
  [
    'say why in a text literal: `Result.order(50_00, "FULL_300_OFF_50")`',
    '用文本字面量写明原因：`Result.order(50_00, "FULL_300_OFF_50")`',
  ],
  [
    "hosts know every reason before a cart comes; name amounts in the message of the shop",
    "宿主在购物车到来之前就知道所有原因；金额写在店铺的消息中",
  ],
  [
    "a rule is a pure function of its context; the time is `ctx.now`",
    "规则是其上下文的纯函数；时间为 `ctx.now`",
  ],
  ["a rule is a pure function of its context; there is no randomness", "规则是其上下文的纯函数；没有随机数"],
  ["rules have no access to raw memory", "规则不能访问原始内存"],
  ["rules have no access to raw memory, nor to the views behind it", "规则不能访问原始内存及其背后的视图"],
  [
    "a rule cannot write anywhere; give a reason or a message in its Result",
    "规则不能向任何地方输出；在 Result 中给出原因或消息",
  ],
  ["a rule knows nothing but its context", "规则只知道其上下文"],
  ["a rule is compiled before it is signed", "规则在签名之前就已编译"],
  ["names with two underscores belong to the runtime", "以两个下划线开头的名称属于运行时"],
  [
    "amounts are integers in minor units; use Percent, mulDiv, min(a, b) and max(a, b)",
    "金额是以最小货币单位表示的整数；请用 Percent、mulDiv、min(a, b) 和 max(a, b)",
  ],
  [
    "rules are AssemblyScript, which lacks parts of TypeScript; the mistake may stand just before this place",
    "规则是 AssemblyScript，缺少 TypeScript 的部分语法；错误可能就在此处之前",
  ],
  [
    "AssemblyScript is stricter than TypeScript: amounts are i64, counts are i32, and narrowing needs `as`",
    "AssemblyScript 比 TypeScript 严格：金额为 i64，数量为 i32，收窄类型需用 `as`",
  ],
  ["keep one of the two", "保留其中之一"],
  [
    'write the value out: `@promo(name="spend-and-save", priority=10, group="basket")`',
    '把值直接写出：`@promo(name="spend-and-save", priority=10, group="basket")`',
  ],
  [
    "write the text as a literal in its place: hosts intern it when they load the bundle",
    "在此处写成文本字面量：宿主在加载规则包时将其登记",
  ],
  [
    "an amount is meant here; the percentage forms are orderPercent, linePercent, ...",
    "此处需要金额；百分比的写法是 orderPercent、linePercent 等",
  ],
  ["a percentage is meant here: `Percent.of(10)` is 10 %", "此处需要百分比：`Percent.of(10)` 即 10 %"],
  [
    "whatever the cart is, a rule ends with a result: `return Result.none();`",
    "无论购物车如何，规则都以一个结果结束：`return Result.none();`",
  ],
  [
    "a nested function cannot use variables around it; use a plain loop",
    "嵌套函数不能使用外层变量；请用普通循环",
  ],
  ["write `for (let i = 0; i < lines.count; i++)`", "写成 `for (let i = 0; i < lines.count; i++)`"],
  [
    "amounts are i64; write `as i32` where the value is a count that surely fits",
    "金额为 i64；若该值是肯定放得下的数量，写 `as i32`",
  ],
  ["carts, results and parameters are read-only; use a local", "购物车、结果和参数是只读的；请用局部变量"],
  [
    "fields of one object begin in the same column; a text that has a colon and a blank needs quotes",
    "同一对象的各字段从同一列开始；含冒号加空格的文本需加引号",
  ],
  ["what rules can name stands in RULES.md of haggle-cli", "规则可用的名称见 haggle-cli 的 RULES.md"],
  [
    "rules see the Haggle globals and what they import from files under rules/",
    "规则能看到 Haggle 的全局名称，以及从 rules/ 下的文件导入的内容",
  ],
  [
    "something in the rules refers to itself, or uses what AssemblyScript does not have",
    "规则中有内容引用了自身，或用了 AssemblyScript 没有的东西",
  ],
  [
    "a project is the .ts files below rules/; building runs none of its code",
    "项目是 rules/ 下的 .ts 文件；构建不运行其中的代码",
  ],
  [
    "write one into rules/, such as rules/spend-and-save.rule.ts",
    "在 rules/ 中写一个，例如 rules/spend-and-save.rule.ts",
  ],
  ['write it in quotes: "{0}"', '加上引号："{0}"'],
  ["an empty value is null", "空值即 null"],
  ["write it without quotes and underscores: {0}", "去掉引号和下划线：{0}"],
  ["amounts are in minor units: 1250 is 12.50", "金额以最小货币单位表示：1250 即 12.50"],
  ["write it without quotes", "去掉引号"],
];
