// Everything that the conflict view says, in both languages. Findings come in the toolchain's own words.

import { locale } from "../page/locale.ts";

/** Everything that the page says. */
export type ConflictTexts = {
  title: string;
  label: string;
  run: string;
  stop: string;
  checking(done: number, of: number): string;
  ended: string;
  broken: string;
  none(promotions: number): string;
  summary(errors: number, warnings: number, notes: number, undecided: number, carts: string): string;
  severity: Readonly<Record<"error" | "warning" | "note", string>>;
  columns: { what: string; promotions: string; cart: string };
  goTo(promotion: string): string;
  openCart: string;
  openCartOf(promotions: string): string;
  undecided(count: number): string;
  shipping(method: string): string;
  coupon(code: string): string;
  customer(parts: string): string;
  loggedIn: string;
  guest: string;
  tier(name: string): string;
  segment(name: string): string;
  orders(count: string): string;
  channel(name: string): string;
  nothing: string;
  meaning: Readonly<Record<string, string>>;
};

export const EN: ConflictTexts = {
  title: "Conflicts",
  label: "Conflict view",
  run: "Check again",
  stop: "Stop",
  checking: (done, of) => (of === 0 ? "Building the project…" : `Check ${Math.min(done + 1, of)} of ${of}…`),
  ended: "The check was stopped.",
  broken: "The project does not build",
  none: (promotions) => `Nothing found: ${promotions} promotions do what they say.`,
  summary: (errors, warnings, notes, undecided, carts) =>
    `${errors} ${errors === 1 ? "error" : "errors"}, ${warnings} ${warnings === 1 ? "warning" : "warnings"}, ${notes} ${notes === 1 ? "note" : "notes"}, ${undecided} undecided; ${carts} carts priced`,
  severity: { error: "Errors", warning: "Warnings", note: "Notes" },
  columns: { what: "Finding", promotions: "Promotions", cart: "Cart that shows it" },
  goTo: (promotion) => `Go to ${promotion}`,
  openCart: "Open in cart view",
  openCartOf: (promotions) => `Open in cart view: the cart of ${promotions}`,
  undecided: (count) => `Undecided (${count})`,
  shipping: (method) => `shipping ${method}`,
  coupon: (code) => `coupon ${code}`,
  customer: (parts) => `customer: ${parts}`,
  loggedIn: "logged in",
  guest: "guest",
  tier: (name) => `tier ${name}`,
  segment: (name) => `segment ${name}`,
  orders: (count) => `${count} orders`,
  channel: (name) => `channel ${name}`,
  nothing: "an empty cart",
  meaning: {
    CHECK_UNREACHABLE: "Never reached",
    CHECK_SHADOWED: "Always shadowed",
    CHECK_COUPON: "Coupon",
    CHECK_ORDER: "Depends on order",
    CHECK_FLOOR: "Below floor or zero",
    CHECK_MARGIN: "Below margin",
    CHECK_BUDGET: "Budget",
    CHECK_OVERLAP: "Overlap",
    CHECK_UNLOCK: "Empty promise",
  },
};

export const ZH_CN: ConflictTexts = {
  title: "冲突",
  label: "冲突视图",
  run: "重新检查",
  stop: "停止",
  checking: (done, of) => (of === 0 ? "正在构建项目…" : `正在检查 ${Math.min(done + 1, of)} / ${of}…`),
  ended: "检查已停止。",
  broken: "项目无法构建",
  none: (promotions) => `未发现问题：${promotions} 个优惠均按其声明生效。`,
  summary: (errors, warnings, notes, undecided, carts) =>
    `${errors} 个错误，${warnings} 个警告，${notes} 个提示，${undecided} 个未定；已为 ${carts} 个购物车计价`,
  severity: { error: "错误", warning: "警告", note: "提示" },
  columns: { what: "发现", promotions: "优惠", cart: "反例购物车" },
  goTo: (promotion) => `转到 ${promotion}`,
  openCart: "在购物车视图中打开",
  openCartOf: (promotions) => `在购物车视图中打开：${promotions} 的反例`,
  undecided: (count) => `未定（${count}）`,
  shipping: (method) => `配送 ${method}`,
  coupon: (code) => `优惠券 ${code}`,
  customer: (parts) => `客户：${parts}`,
  loggedIn: "已登录",
  guest: "访客",
  tier: (name) => `等级 ${name}`,
  segment: (name) => `分群 ${name}`,
  orders: (count) => `${count} 个订单`,
  channel: (name) => `渠道 ${name}`,
  nothing: "空购物车",
  meaning: {
    CHECK_UNREACHABLE: "永不生效",
    CHECK_SHADOWED: "总被遮蔽",
    CHECK_COUPON: "优惠券",
    CHECK_ORDER: "依赖顺序",
    CHECK_FLOOR: "低于底价或零",
    CHECK_MARGIN: "低于毛利底线",
    CHECK_BUDGET: "额度",
    CHECK_OVERLAP: "重叠",
    CHECK_UNLOCK: "空头承诺",
  },
};

export function texts(): ConflictTexts {
  return locale() === "zh-CN" ? ZH_CN : EN;
}
