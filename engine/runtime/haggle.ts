// What a rule can name without importing anything: the exports of this file are globals in rule files.

export { Cart, Context, Customer, Line, Lines, Shipping } from "./haggle/cart";
export { Money, mulDiv, Percent, Rounding } from "./haggle/money";
export { Result } from "./haggle/result";
export { __sym, Sym, Tags } from "./haggle/symbol";
