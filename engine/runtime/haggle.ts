// What a rule can name without importing anything: the exports of this file are globals in rule files.

export { Cart, Context, Line, Lines, Shipping } from "./haggle/cart";
export { Customer } from "./haggle/customer";
export { Money, mulDiv, Percent, Rounding } from "./haggle/money";
export { Result } from "./haggle/result";
export { __sym, Sym, Tags } from "./haggle/symbol";
