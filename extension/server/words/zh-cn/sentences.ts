// What the toolchain says of sources and of the files beside them, in English and Simplified Chinese. `{0}` and its like are
// what a sentence is about; the more particular of two that could be meant stands first.

import type { Sentence } from "../sentence.ts";

/** Of rule sources. What asc says in its own words is not among them. */
export const RULES: readonly Sentence[] = [
  ["No rule in this file", "此文件中没有规则"],
  ["The rule {0} is in {1} too", "规则 {0} 也在 {1} 中"],
  ["the other rule of that name", "另一条同名规则"],
  ["{0} marks exported functions", "{0} 用于标记导出的函数"],
  ["A second {0} on one function", "同一函数上的第二个 {0}"],
  ["Unknown decorator {0}", "未知的装饰器 {0}"],
  ["Unknown {0} key {1}", "{0} 没有键 {1}"],
  ["{0} is given twice", "{0} 给出了两次"],
  ["{0} needs a name", "{0} 需要 name"],
  ["{0} takes named values", "{0} 只接受具名的值"],
  ["priority must be a 32-bit integer literal", "priority 须为 32 位整数字面量"],
  ["template must be `true` or `false`", "template 须为 `true` 或 `false`"],
  ["phase must be the name of a phase", "phase 须为阶段的名称"],
  [
    "{0} must be a text literal of 1 to {1} characters, without spaces at its ends",
    "{0} 须为 1 到 {1} 个字符的文本字面量，首尾不含空格",
  ],
  ["{0} must be a text literal", "{0} 须为文本字面量"],
  ["{0} cannot be called as a rule", "{0} 不能作为规则调用"],
  ["No class {0} in this file", "此文件中没有类 {0}"],
  ["{0} must be a plain class", "{0} 须为普通的类"],
  ["{0} may only hold fields", "{0} 只能有字段"],
  ["More than {0} parameters", "参数多于 {0} 个"],
  ["{0} has no parameter type", "{0} 的类型不能用作参数"],
  ["{0} needs a literal default", "{0} 需要字面量默认值"],
  ["A fraction in a rule", "规则中出现小数"],
  ["{0} is floating point", "{0} 是浮点数"],
  ["`declare` is not available to rules", "规则不能使用 `declare`"],
  ["{0} is not available to rules", "规则不能使用 {0}"],
  ["A statement outside any function", "语句在函数之外"],
  ["{0} would live between evaluations", "{0} 会在多次计价之间保留"],
  ["Import of {0} from outside rules/", "从 rules/ 之外导入 {0}"],
  ["Recursion: {0}", "递归：{0}"],
  ["Result.{0} without a reason", "Result.{0} 没有写明原因"],
  ["The reason is empty", "原因为空"],
  ["The reason is made at run time", "原因是运行时拼出的"],
  ["A text made at run time where a symbol is needed", "需要符号之处是运行时拼出的文本"],
  ["The rules are larger than {0} characters", "规则超过 {0} 个字符"],
  ["More than {0} different texts in the rules", "规则中不同的文本多于 {0} 个"],
  ["The bundle has {0} bytes, more than {1}", "规则包有 {0} 字节，超过 {1}"],
  ["Not a source of rules", "不是规则的源文件"],
  ["a function is too large", "函数过大"],
  ["No file under rules/ ends in {0}", "rules/ 下没有以 {0} 结尾的文件"],
  ["Nobody calls this function: a build leaves it out", "没有代码调用此函数：构建会略去它"],
];

/** Of sources too, under codes whose sentences are otherwise asc's. */
export const TYPES: readonly Sentence[] = [
  ["The source is nested too deeply to be read", "源代码嵌套过深，无法读取"],
  ["The compiler fell over: {0}", "编译器出错：{0}"],
  ["this is the other place", "这是另一处"],
];

/** Of promotions, policy, bounds, strategies and bundles. */
export const DATA: readonly Sentence[] = [
  ["No host takes this bundle: {0}", "没有宿主会接受此规则包：{0}"],
  ["byte {0} comes from here", "第 {0} 字节来自此处"],
  ["Cases are an array", "用例文件应为一个数组"],
  ["A case is an object", "用例应为一个对象"],
  ["A case has name, cart, expect, {0}", "用例的字段为 name、cart、expect、{0}"],
  ["A case needs a name", "用例需要名称"],
  ["A case needs a cart and what to expect", "用例需要 cart 和 expect"],
  ["A case states promotions or parameters", "用例只能写 promotions 和 parameters 之一"],
  ["A variant is text", "变体应为文本"],
  ["These are an object", "此处应为一个对象"],
  ["No rule stands beside these cases", "这些用例旁没有规则"],
  [
    "Parameters need a single rule beside the cases; state promotions",
    "只有用例旁恰有一条规则时才能写 parameters；请改写 promotions",
  ],
  ["There is no such case any more", "已没有这个用例"],
  ["The project has no such rule", "项目中没有这条规则"],
  ['A cart has no such field; did you mean "{0}"?', "购物车没有这个字段；是否想写“{0}”？"],
  ["A cart has no such field", "购物车没有这个字段"],
  ["This is not JSON", "这不是 JSON"],
  ["This is nested too deeply", "嵌套过深"],
  ["{0} is needed here", "此处需要{0}"],
  ["The id {0} is taken by {1}", "id {0} 已被 {1} 占用"],
  ["The policy does not name the group {0}: its promotions stack", "策略没有提到分组 {0}：其中的优惠会叠加"],
  ["The policy is in {0} already", "策略已在 {0} 中"],
  ["The bounds are in {0} already", "价格边界已在 {0} 中"],
  ["The rule has no parameter {0}", "规则没有参数 {0}"],
  ["There is no field {0}", "没有字段 {0}"],
  ["The policy has no lanes, so there is no {0}", "策略没有通道，因此没有 {0}"],
  ["This project has no rules, so there is no {0}", "项目没有规则，因此没有 {0}"],
  [
    "Promotions of pricing rules say `phase: pricing`, and no others do",
    "定价规则的优惠须写明 `phase: pricing`，其他优惠则不得写",
  ],
  [
    "The last line is not `end:` with the version that the file begins with",
    "最后一行不是带有文件开头版本的 `end:`",
  ],
  ["One document, not several", "只能有一个文档"],
  ["At most {0} levels inside one another", "嵌套最多 {0} 层"],
  ["At most {0} fields of one object", "一个对象最多 {0} 个字段"],
  ["{0} is a rule of promotions, and prices nothing", "{0} 是优惠规则，不定价"],
  ["The file begins as {0} and ends as another version", "文件以 {0} 开头，却以另一版本结尾"],
  ["There is a strategy {0} already", "已有定价策略 {0}"],
  ["There is no such day", "没有这一天"],
  ["The window ends before it begins", "时间窗的结束早于开始"],
  ["No stock is at least {0} and at most {1}", "没有库存能同时不少于 {0} 且不多于 {1}"],
  [
    "{0} stands before it and takes all of its skus, so it prices none",
    "{0} 排在它之前并占用其全部 sku，因此它不为任何 sku 定价",
  ],
  ["{0} is missing", "缺少 {0}"],
  ["{0} has no place here", "{0} 不应出现在此处"],
  ["{0} is none of those known here", "{0} 不在此处已知的值之中"],
  ["{0} is there twice", "{0} 出现了两次"],
  ["Needs exactly one of {0}", "须恰有其中之一：{0}"],
  ["Needs at least {0} and at most {1} characters, not {2}", "须为 {0} 到 {1} 个字符，而不是 {2}"],
  ["Needs at least {0} and at most {1} entries, not {2}", "须为 {0} 到 {1} 个条目，而不是 {2}"],
  ["Needs at least {0} and at most {1} fields, not {2}", "须为 {0} 到 {1} 个字段，而不是 {2}"],
  ["Needs at least {0} characters, not {1}", "至少 {0} 个字符，而不是 {1}"],
  ["Needs at least {0} entries, not {1}", "至少 {0} 个条目，而不是 {1}"],
  ["Needs at least {0} fields, not {1}", "至少 {0} 个字段，而不是 {1}"],
  ["Needs at most {0} characters, not {1}", "最多 {0} 个字符，而不是 {1}"],
  ["Needs at most {0} entries, not {1}", "最多 {0} 个条目，而不是 {1}"],
  ["Needs at most {0} fields, not {1}", "最多 {0} 个字段，而不是 {1}"],
  ["Needs at least {0} and at most {1}, not {2}", "须在 {0} 到 {1} 之间，而不是 {2}"],
  ["Needs at least {0}, not {1}", "至少为 {0}，而不是 {1}"],
  ["Needs at most {0}, not {1}", "最多为 {0}，而不是 {1}"],
  ["Needs {0}, not {1}", "需要{0}，而不是 {1}"],
];

/** What a decision has not that its case expects. What stands under a code is said by that. */
export const PROBLEMS: readonly Sentence[] = [
  ["{0}: expected an object, got {1}", "{0}：应为一个对象，实际为 {1}"],
  [
    '{0}: expected {1}, and there is no such field; did you mean "{2}"?',
    "{0}：应为 {1}，但没有这个字段；是否想写“{2}”？",
  ],
  ["{0}: expected {1}, and there is no such field", "{0}：应为 {1}，但没有这个字段"],
  ["{0}: expected {1}, got {2}", "{0}：应为 {1}，实际为 {2}"],
];

/** Of keys that sign, by what opens them and by commands that have them. */
export const KEYS: readonly Sentence[] = [
  ["A public key file, which signs nothing", "这是公钥文件，不能用来签名"],
  ["the public half does not belong to the seed", "其中的公钥与种子不符"],
  ["a {0} key file has {1} bytes", "{0} 密钥文件应有 {1} 字节"],
  ["a {0} key file begins with byte {1}", "{0} 密钥文件应以字节 {1} 开头"],
  ["Not an encrypted key file that can be read here", "不是可在此读取的加密密钥文件"],
  ["Not a key in PEM", "不是 PEM 格式的密钥"],
  ["A key of another algorithm than Ed25519", "不是 Ed25519 算法的密钥"],
  ["A PEM file of another kind ({0})", "另一种 PEM 文件（{0}）"],
  [
    "An encrypted private key in PEM; `openssl pkey` opens it and `haggle keys import --encrypt` makes a key file of it, or a command signs with it",
    "这是 PEM 格式的加密私钥；用 `openssl pkey` 解密后由 `haggle keys import --encrypt` 生成密钥文件，或由命令用它签名",
  ],
  [
    "A private key of OpenSSH, which cannot be taken over; make one with `haggle keys new`",
    "这是 OpenSSH 的私钥，无法沿用；请用 `haggle keys new` 新建",
  ],
  ["The key is encrypted, and there is no passphrase", "密钥已加密，但没有口令"],
  ["The passphrase is wrong, or the file was changed", "口令不对，或文件已被改动"],
  ["No such file", "没有这个文件"],
  ["Not a regular file", "不是普通文件"],
  ["Cannot be read", "无法读取"],
  ["A file of at most {0} bytes", "文件最多 {0} 字节"],
  ["The signer's answer is no signature", "签名命令的输出不是签名"],
  ["The signer signed with another key, or something else", "签名命令用了另一把密钥，或签了别的内容"],
  ["The signer did not answer within {0} ms", "签名命令在 {0} 毫秒内没有输出"],
  ["The signer cannot be started", "无法启动签名命令"],
  ["The signer answers at too great length", "签名命令的输出过长"],
  ["The signer failed with {0}", "签名命令失败：{0}"],
];

/** Of the compiler's worker, when it ended before it had answered. */
export const ENDS: readonly Sentence[] = [
  ["The compiler ended: it needed more than {0} MB of memory", "编译器意外终止：所需内存超过 {0} MB"],
  ["The compiler ended: {0}", "编译器意外终止：{0}"],
  [
    "The compiler did not answer for {0} s and was ended; the next change starts it anew",
    "编译器 {0} 秒没有响应，已被终止；下一次修改会重新启动它",
  ],
  ["The compiler was ended", "编译器已被终止"],
];

/** What may stand behind the meaning of a code. */
export const PLACES: readonly Sentence[] = [
  [" at {0}, got {1}", "（位置 {0}，值为 {1}）"],
  [" at {0}, others at {1} and {2} more", "（位置 {0}；此外还有 {1} 等，另有 {2} 处）"],
  [" at {0}, others at {1}", "（位置 {0}；此外还有 {1}）"],
  [" at {0}", "（位置 {0}）"],
  [", got {0}", "（值为 {0}）"],
  [", not {0}", "，而不是 {0}"],
];
