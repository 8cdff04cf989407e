// What the language server says in words of its own, in English and Simplified Chinese.

import type { Sentence } from "../sentence.ts";

export const OWN = [
  // Hovers and completions of data files.
  ["An amount in minor units", "以最小货币单位表示的金额"],
  ["A percentage in quotes", "带引号的百分比"],
  ["A whole number", "整数"],
  ["True or false", "true 或 false"],
  ["A text", "文本"],
  ["A list of texts, or null for any", "文本列表，或以 null 表示任意"],
  ["{0}; default {1}", "{0}；默认为 {1}"],
  ["{0}; default {1} ({2})", "{0}；默认为 {1}（{2}）"],
  ["A pricing rule.", "定价规则。"],
  ["A rule of the phase {0}, at priority {1}.", "{0} 阶段的规则，优先级为 {1}。"],
  [
    "A rule of the phase {0}, at priority {1}, in the group {2}.",
    "{0} 阶段的规则，优先级为 {1}，属于分组 {2}。",
  ],
  ["One of {0}", "可选值：{0}"],
  ["pricing rule", "定价规则"],
  ["rule of the phase {0}", "{0} 阶段的规则"],

  // Quick fixes.
  ["Change to {0}", "改为 {0}"],
  ["Remove {0}", "删除 {0}"],
  ["Add {0}", "添加 {0}"],
  ["Make {0} a parameter", "将 {0} 改为参数"],
  ["Mend all that is plain", "修复所有明确的问题"],
  ["Stamp the version: {0}", "写入版本号：{0}"],

  // Completions of rules, and what is to be typed over in them.
  ["A promotion", "促销规则"],
  ["A promotion: what is taken off a cart", "促销规则：从购物车中减去多少"],
  ["A promotion that shops fit to their needs", "可由店铺调整参数的促销规则"],
  ["A pricing rule", "定价规则"],
  ["A pricing rule: what a unit costs", "定价规则：每件商品的价格"],
  ["Of AssemblyScript", "AssemblyScript 自带"],
  ["What it is for.", "用途。"],
  ["From which total on.", "从多少合计起生效。"],

  // Why something keeps its name.
  ["Names of decorators and of their keys are Haggle's", "装饰器及其键的名称由 Haggle 规定，不能重命名"],
  ["Nothing here has a name that can be changed", "此处没有可以重命名的名称"],
  ["{0} is a name of the library", "{0} 是库中的名称，不能重命名"],
  ["{0} is not a name", "{0} 不是有效的名称"],
  ["There is a rule {0} already", "已有名为 {0} 的规则"],
  ["{0} has a {1} already", "{0} 已有 {1}"],

  // Why there is no answer.
  [
    "Nothing of this workspace is compiled or run before you trust it",
    "在您信任此工作区之前，不会编译或运行其中的任何内容",
  ],
  ["This failed by a mistake of the extension: {0}", "由于扩展自身的错误而失败：{0}"],
  ["There is no file {0}", "没有文件 {0}"],

  // Lenses.
  ["Run", "运行"],
  ["Run on all cases ({0})", "用所有用例运行（{0}）"],
  ["Debug trace", "调试追踪"],
  ["priority {0}", "优先级 {0}"],
  ["group {0}", "分组 {0}"],
  ["phase {0}", "阶段 {0}"],
  ["template", "模板"],
  ["used once", "被 1 处引用"],
  ["used by {0}", "被 {0} 处引用"],
] as const satisfies readonly Sentence[];
