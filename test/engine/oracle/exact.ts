import type { Rounding } from "@haggle/abi";

// Exact arithmetic: amounts are bigint, percentages and tax rates are parts per million.

export const PPM = 1_000_000n;

/** A quotient, rounded by the mode. Halves are judged by magnitude, `down` is toward zero. `divisor` is positive. */
export function divide(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  if (dividend < 0n) return -divide(-dividend, divisor, rounding);
  const quotient = dividend / divisor;
  const rest = dividend % divisor;
  const isUp = {
    down: false,
    up: rest > 0n,
    halfUp: 2n * rest >= divisor,
    halfDown: 2n * rest > divisor,
    halfEven: 2n * rest > divisor || (2n * rest === divisor && quotient % 2n === 1n),
  }[rounding];
  return isUp ? quotient + 1n : quotient;
}

/** "7.7" is 77,000 parts per million; more than all is all. */
export function parsePpm(percent: string): bigint {
  const [whole = "0", decimals = ""] = percent.split(".");
  return least(BigInt(whole) * 10_000n + BigInt(decimals.padEnd(4, "0")), PPM);
}

/** The quotient by the ceiling: what a margin needs. */
export function divideUp(dividend: bigint, divisor: bigint): bigint {
  return divide(dividend, divisor, "up");
}

export function least(...amounts: bigint[]): bigint {
  return amounts.reduce((low, amount) => (amount < low ? amount : low));
}

export function most(...amounts: bigint[]): bigint {
  return amounts.reduce((high, amount) => (amount > high ? amount : high));
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}

export function count(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
