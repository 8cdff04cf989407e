// Exact money. Amounts are i64 in minor units and stay within +-2^53, so that every host can hold them.

import { CONTROL, CONTROL_FAULT, FAULT_MONEY, PPM } from "./layout";

/** An amount in minor units of the cart's currency: 300_00 is three hundred. */
export type Money = i64;

export const MAX_MONEY: i64 = 9007199254740991; // 2^53 - 1

/** How a division that does not come out even is rounded; halves are judged by magnitude. */
export enum Rounding {
  HalfUp,
  HalfEven,
  HalfDown,
  Down,
  Up,
}

/** Stops the rule with a reason that the host reports. */
export function fault(code: i32): void {
  store<i32>(CONTROL + CONTROL_FAULT, code);
  unreachable();
}

/** The amount itself; faults outside +-2^53. */
@inline
export function checkMoney(amount: i64): i64 {
  if (amount > MAX_MONEY || amount < -MAX_MONEY) fault(FAULT_MONEY);
  return amount;
}

/** What `+` on amounts becomes in rules: the sum, or a fault where it leaves +-2^53. */
export function checkedAdd(a: i64, b: i64): i64 {
  const sum = a + b;
  if (((a ^ sum) & (b ^ sum)) < 0) fault(FAULT_MONEY);
  return checkMoney(sum);
}

/** What `-` on amounts becomes in rules. */
export function checkedSub(a: i64, b: i64): i64 {
  const difference = a - b;
  if (((a ^ b) & (a ^ difference)) < 0) fault(FAULT_MONEY);
  return checkMoney(difference);
}

/** What `*` on amounts becomes in rules. */
export function checkedMul(a: i64, b: i64): i64 {
  const small: i64 = 0x7fffffff;
  if (a <= small && a >= -small && b <= small && b >= -small) return checkMoney(a * b);
  return mulDiv(a, b, 1, Rounding.Down);
}

/**
 * a x b / c, exact through 128 bits, rounded once. Faults when the result leaves +-2^53 or c is 0.
 *
 * @example mulDiv(total, 15, 100, Rounding.HalfUp) // fifteen percent of a total
 */
export function mulDiv(a: i64, b: i64, c: i64, rounding: Rounding): i64 {
  if (c == 0) fault(FAULT_MONEY);
  const negative = ((a ^ b) ^ c) < 0;
  const x: u64 = magnitude(a);
  const y: u64 = magnitude(b);
  const z: u64 = magnitude(c);
  let quotient: u64;
  let rest: u64;
  if ((x | y) >> 32 == 0) {
    const product = x * y;
    quotient = product / z;
    rest = product - quotient * z;
  } else {
    const high = mulHigh(x, y);
    if (high >= z) fault(FAULT_MONEY);
    quotient = high == 0 ? (x * y) / z : divWide(high, x * y, z);
    rest = x * y - quotient * z;
  }
  // Before rounding too, since a quotient of 2^64 - 1 would round up to 0.
  if (quotient > (MAX_MONEY as u64)) fault(FAULT_MONEY);
  if (rest != 0 && roundsAway(quotient, rest, z, rounding)) quotient++;
  if (quotient > (MAX_MONEY as u64)) fault(FAULT_MONEY);
  return negative ? -(quotient as i64) : (quotient as i64);
}

/** Percentages are a type of their own, so that 50_00 can never be read as one. Parts per million inside. */
@unmanaged
export class Percent {
  /** Whole percent. */
  @inline
  static of(percent: i32): Percent {
    return Percent.ppm(saturate((percent as i64) * 10_000));
  }

  /** Basis points: 12_50 is 12.5 %. */
  @inline
  static bp(basisPoints: i32): Percent {
    return Percent.ppm(saturate((basisPoints as i64) * 100));
  }

  /** Parts per million. */
  @inline
  static ppm(partsPerMillion: i32): Percent {
    return changetype<Percent>(partsPerMillion as usize);
  }

  @inline
  get partsPerMillion(): i32 {
    return changetype<usize>(this) as i32;
  }

  /** This part of an amount, rounded half up unless said otherwise. */
  @inline
  times(amount: Money, rounding: Rounding = Rounding.HalfUp): Money {
    return percentOf(amount, changetype<usize>(this) as i32, rounding);
  }
}

/** The nearest i32: a percentage that large means all of it, and must not wrap into one that means nothing. */
@inline
function saturate(parts: i64): i32 {
  return (parts > i32.MAX_VALUE ? i32.MAX_VALUE : parts < i32.MIN_VALUE ? i32.MIN_VALUE : parts) as i32;
}

/** ppm parts of an amount. Up to a hundred percent of amounts below 2^43 need no wide product. */
@inline
export function percentOf(amount: i64, ppm: i32, rounding: Rounding): i64 {
  if (rounding == Rounding.HalfUp && (ppm as u32) <= (PPM as u32) && (amount as u64) < 0x80000000000) {
    return ((amount as u64) * (ppm as u64) + PPM / 2) / PPM;
  }
  return mulDiv(amount, ppm as i64, PPM, rounding);
}

@inline
function magnitude(value: i64): u64 {
  return value < 0 ? (0 - value) as u64 : value as u64;
}

/** Whether a quotient whose division left a rest is rounded away from zero. */
export function roundsAway(quotient: u64, rest: u64, divisor: u64, rounding: Rounding): bool {
  if (rounding == Rounding.Down) return false;
  if (rounding == Rounding.Up) return true;
  const other = divisor - rest; // compares rest with one half without leaving 64 bits
  if (rest != other) return rest > other;
  if (rounding == Rounding.HalfEven) return (quotient & 1) == 1;
  return rounding == Rounding.HalfUp;
}

/** The upper 64 bits of a product, schoolbook in 32-bit halves. */
function mulHigh(a: u64, b: u64): u64 {
  const a0 = a & 0xffffffff;
  const a1 = a >> 32;
  const b0 = b & 0xffffffff;
  const b1 = b >> 32;
  const t = a1 * b0 + ((a0 * b0) >> 32);
  const u = a0 * b1 + (t & 0xffffffff);
  return a1 * b1 + (t >> 32) + (u >> 32);
}

/**
 * high:low / divisor with high < divisor: Knuth's algorithm D (TAOCP 2, 4.3.1) for two 32-bit digits, after
 * `divlu` in Warren, Hacker's Delight, 9-4.
 */
function divWide(high: u64, low: u64, divisor: u64): u64 {
  const shift = clz(divisor);
  const d = divisor << shift;
  const d1 = d >> 32;
  const d0 = d & 0xffffffff;
  let n = high << shift;
  if (shift != 0) n |= low >> (64 - shift);
  const l = low << shift;
  let q1 = n / d1;
  let r = n - q1 * d1;
  while (q1 >> 32 != 0 || q1 * d0 > ((r << 32) | (l >> 32))) {
    q1--;
    r += d1;
    if (r >> 32 != 0) break;
  }
  const m = ((n << 32) | (l >> 32)) - q1 * d;
  let q0 = m / d1;
  r = m - q0 * d1;
  while (q0 >> 32 != 0 || q0 * d0 > ((r << 32) | (l & 0xffffffff))) {
    q0--;
    r += d1;
    if (r >> 32 != 0) break;
  }
  return (q1 << 32) + q0;
}
