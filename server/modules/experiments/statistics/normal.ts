const ROOT_PI = Math.sqrt(Math.PI);
/** Where the continued fraction converges faster than the series. */
const FAR = 2;
const EPSILON = 1e-16;
const FRACTION_STEPS = 200;

/** 1 - erf(x), to the last digits also where it is tiny: p-values are told from there. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  return x < FAR ? 1 - erfSeries(x) : erfcFraction(x);
}

export function normalCdf(z: number): number {
  return erfc(-z / Math.SQRT2) / 2;
}

export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** 2 / sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!, of which no term is negative (Abramowitz and Stegun 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / ROOT_PI) * Math.exp(-x * x) * sum;
}

/** e^(-x^2) / sqrt(pi) 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))), from its far end (Abramowitz and Stegun 7.1.14). */
function erfcFraction(x: number): number {
  let rest = x;
  for (let n = FRACTION_STEPS; n > 0; n--) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / ROOT_PI / rest;
}
